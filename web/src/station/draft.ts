/**
 * The alert that is being written. It is kept in this browser with the number it will have, so that a
 * reload loses nothing and sending it again is the same alert and never a second one.
 */
import { newKey } from '@/lib/http'

export interface Draft {
  number: string
  center: string
  place: string
  category: string
  severity: 'red' | 'orange' | 'yellow' | 'blue'
  text: string
  callerName: string
  callerPhone: string
  people: string
  weapons: boolean
  injured: string
  drill: boolean
}

const KEY = 'd115.station.draft'

/** A draft with nothing in it but its number. */
export function blank(center = ''): Draft {
  return {
    number: `J${newKey().replaceAll('-', '').slice(0, 12)}`,
    center,
    place: '',
    category: '',
    severity: 'orange',
    text: '',
    callerName: '',
    callerPhone: '',
    people: '',
    weapons: false,
    injured: '',
    drill: false,
  }
}

/** What was being written when the page was left. */
export function recall(): Draft {
  const kept = localStorage.getItem(KEY)
  if (kept === null) return blank()
  try {
    return { ...blank(), ...(JSON.parse(kept) as Partial<Draft>) }
  } catch {
    return blank()
  }
}

/** Keep what is being written. */
export function keep(draft: Draft): void {
  localStorage.setItem(KEY, JSON.stringify(draft))
}

/** The alert as intake takes it. */
export function alertOf(draft: Draft, now: number): Record<string, unknown> {
  const alert: Record<string, unknown> = {
    reference: { number: draft.number, order: '1' },
    revision: 1,
    kind: 'police-alert',
    category: draft.category.trim(),
    severity: draft.severity,
    status: draft.drill ? 'exercise' : 'actual',
    reported_at: new Date(now).toISOString(),
    text: draft.text.trim(),
    place: draft.place === '' ? { center: draft.center } : { place: draft.place },
    weapons: draft.weapons,
  }
  if (draft.callerName.trim() !== '' || draft.callerPhone.trim() !== '') {
    alert['caller'] = { name: draft.callerName.trim() || null, phone: draft.callerPhone.trim() || null }
  }
  for (const field of ['people', 'injured'] as const) if (draft[field] !== '') alert[field] = Number(draft[field])
  return alert
}

/** What is still to be filled in before it can be sent. */
export function lacks(draft: Draft): (keyof Draft)[] {
  return (['center', 'category', 'text'] as const).filter((field) => draft[field].trim() === '')
}
