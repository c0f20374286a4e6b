/** An incident's chained events as lines of a timeline. */
import { has, t } from '@/lib/i18n'
import type { Entry } from '@/ui/Timeline.vue'
import type { Incident } from './incident'

/** An event as the log gives it: its text is what is hashed. */
export interface Logged {
  version: number
  text: string
}
interface Told {
  type: string
  occurred_at: string
  recorded_at: string
  actor: { id: string; kind: string; organisation: string; person: string | null; role: string }
  via: string
  body: Record<string, unknown>
}

const LATE_MS = 60_000

/** The line of an event; none for one that says nothing to a person. */
export function entryOf({ version, text }: Logged, incident: Incident): Entry[] {
  const told = JSON.parse(text) as Told
  const type = told.type.replace(/\.v\d+$/, '')
  const late = Date.parse(told.recorded_at) - Date.parse(told.occurred_at) > LATE_MS
  const machine = told.actor.kind === 'machine'
  return [
    {
      id: String(version),
      at: told.occurred_at,
      text: has(`event.${type}`) ? t(`event.${type}`) : type,
      by: machine ? '' : [t(`role.${told.actor.role}`), told.actor.person ?? ''].filter(Boolean).join(' '),
      mark: late ? 'late' : machine ? 'machine' : 'normal',
      detail: detailOf(told, incident),
    },
  ]
}

/** What of an event's body a person wants to read; codes as words, nothing personal. */
export function detailOf({ body, via }: Pick<Told, 'body' | 'via'>, incident: Incident): string {
  const parts: string[] = []
  const number = body['assignment']
  const assigned = typeof number === 'number' ? incident.assignments.find((each) => each.number === number) : undefined
  const team = typeof body['team'] === 'string' ? body['team'] : assigned?.team
  if (team !== undefined) parts.push(team)
  for (const [field, prefix] of [['reason', 'reason'], ['disposition', 'disposition'], ['to', ''], ['center', ''], ['severity', 'severity']] as const) {
    const value = body[field]
    if (typeof value === 'string') parts.push(prefix !== '' && has(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : value)
  }
  if (via === 'radio' || via === 'telephone') parts.push(t(`via.${via}`))
  return parts.join(' · ')
}
