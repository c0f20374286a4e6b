/** An incident as the console reads it. */
import type { components } from '@/api/dispatcher'
import { clocks, type Clock } from '@/lib/legs'

export type Incident = components['schemas']['Incident']
export type Severity = Incident['severity']

const RANK: Readonly<Record<Severity, number>> = { red: 0, orange: 1, yellow: 2, blue: 3 }

/** Whether the center has still to sign for it, in this round. */
export function isUnsigned(incident: Incident): boolean {
  return incident.state === 'open' || incident.state === 'pushed'
}

/** A drill or a test: framed, behind everything real, in no official figure. */
export function isDrill(incident: Incident): boolean {
  return incident.alert.status !== 'actual'
}

/** Silent for a while, as a duplicate or a test source. */
export function isShelved(incident: Incident, now: number): boolean {
  const until = incident.shelved_until
  return until !== null && until !== undefined && now < Date.parse(until)
}

/** The clocks a row and a card show: those with a target, the total last. */
export function shownClocks(incident: Incident, now: number): Clock[] {
  return clocks(incident, now).filter(({ target, state }) => target !== null && state !== 'void')
}

/** The clock that matters most now: one overdue, else the one with the least left. */
export function pressing(incident: Incident, now: number): Clock | null {
  const running = shownClocks(incident, now).filter(({ left }) => left !== null)
  return running.sort((one, other) => (one.left ?? 0) - (other.left ?? 0))[0] ?? null
}

/** What F2 signs for: the newest, a real one before any drill. */
export function newestUnsigned(incidents: readonly Incident[]): Incident | undefined {
  const unsigned = incidents.filter(isUnsigned)
  const real = unsigned.filter((each) => !isDrill(each))
  return (real.length > 0 ? real : unsigned).reduce<Incident | undefined>(
    (newest, each) => (newest === undefined || newest.alert.received_at < each.alert.received_at ? each : newest),
    undefined,
  )
}

/** Sort for the queue: unsigned, then overdue, then by level and age; drills and shelved ones last. */
export function inQueue(incidents: readonly Incident[], now: number): Incident[] {
  const keyed = incidents.map((incident) => ({ incident, key: keyOf(incident, now) }))
  keyed.sort((one, other) => compare(one.key, other.key))
  return keyed.map(({ incident }) => incident)
}

function keyOf(incident: Incident, now: number): number[] {
  const over = pressing(incident, now)?.state === 'over'
  return [
    isShelved(incident, now) ? 1 : 0,
    isDrill(incident) ? 1 : 0,
    isUnsigned(incident) ? 0 : 1,
    over ? 0 : 1,
    RANK[incident.severity],
    Date.parse(incident.alert.received_at),
  ]
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [n, value] of one.entries()) {
    const difference = value - (other[n] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
