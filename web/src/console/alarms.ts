/** What of the board wants to be heard, told to the alarm once each. */
import { ref, shallowRef } from 'vue'
import { next, quiet, tone, type Alarm, type Cause, type Happening } from '@/lib/alarm'
import { play } from '@/lib/sound'
import { isUnsigned, shownClocks, type Incident, type Severity } from '@/lib/incident'

interface Wish {
  id: string
  cause: Cause
  severity: Severity
}

/** What of these incidents wants an act now. */
export function wishes(incidents: Iterable<Incident>, now: number): Map<string, Wish> {
  const found = new Map<string, Wish>()
  const wish = (id: string, cause: Cause, severity: Severity): void => void found.set(`${cause} ${id}`, { id, cause, severity })
  for (const incident of incidents) {
    const { id, severity } = incident
    if (isUnsigned(incident)) wish(id, 'new', severity)
    if (incident.state === 'resolved') wish(id, 'result', severity)
    for (const { leg, state } of shownClocks(incident, now)) {
      if (state === 'near' || state === 'over') wish(`${id}/${leg}`, state, severity)
    }
  }
  return found
}

/** The console's alarm: fed with the board, sounding by itself. */
export function useAlarm() {
  const alarm = shallowRef<Alarm>(quiet)
  const muted = ref(0)
  const known = new Map<string, Wish>()
  const noted = new Set<string>()

  function happen(happening: Happening, now: number): void {
    alarm.value = next(alarm.value, happening, now)
  }

  /** Take the board as it stands; call it with each change and each second. */
  function hear(incidents: Iterable<Incident>, lost: boolean, now: number): void {
    const wanted = wishes(incidents, now)
    for (const [name, wish] of wanted) {
      const before = known.get(name)
      if (before === undefined && !noted.has(name)) happen({ type: 'wants', ...wish }, now)
      else if (before !== undefined && before.severity !== wish.severity) happen({ type: 'rose', id: wish.id, severity: wish.severity }, now)
      known.set(name, wish)
    }
    for (const [name, { id, cause }] of [...known]) {
      if (wanted.has(name)) continue
      known.delete(name)
      noted.delete(name)
      happen({ type: 'done', id, cause }, now)
    }
    for (const incident of incidents) {
      const until = Date.parse(incident.shelved_until ?? '')
      if (until > now && !alarm.value.shelved.some((each) => each.id === incident.id)) happen({ type: 'shelve', id: incident.id, until }, now)
    }
    if (alarm.value.linkLost !== lost) happen({ type: 'link', lost }, now)
    sound(now)
  }

  function sound(now: number): void {
    happen({ type: 'tick' }, now)
    muted.value = Math.max(0, Math.ceil(((alarm.value.mutedUntil ?? 0) - now) / 1000))
    const { tone: wanted, loud } = tone(alarm.value, now)
    play(wanted, loud)
  }

  /** Silence everything for a minute; nothing is settled by it. */
  function mute(now: number): void {
    happen({ type: 'mute' }, now)
    sound(now)
  }

  /** Take note of an incident's overdue legs: they sound no more. */
  function note(incident: string, now: number): void {
    for (const [name, { id, cause }] of known) {
      if (cause !== 'new' && (id === incident || id.startsWith(`${incident}/`))) noted.add(name)
    }
    happen({ type: 'done', id: incident, cause: 'over' }, now)
    happen({ type: 'done', id: incident, cause: 'result' }, now)
    sound(now)
  }

  return { alarm, muted, hear, mute, note }
}
