/** Which one button a team has now: pure, from the incident's public state and what still waits. */
import type { components } from '@/api/dispatcher'

export type Incident = components['schemas']['Incident']
export type Assignment = Incident['assignments'][number]
type MomentName = Incident['moments'][number]['name']

/** The acts that the big button does, in the order of a life. */
export type Verb = 'accept' | 'depart' | 'arrive' | 'resolve'
/** What the card asks of the team; the last two ask nothing. */
export type Step = Verb | 'resolved' | 'ended'

/** An act that this phone has recorded and the state does not show yet. */
export interface Waiting {
  event_id: string
  incident: string
  verb: string
  at: string
  /** The update that is noted. */
  number?: number
}

const STAMPS: Readonly<Record<Exclude<Verb, 'resolve'>, MomentName>> = {
  accept: 'accepted',
  depart: 'en_route',
  arrive: 'on_scene',
}
const ORDER = ['accept', 'depart', 'arrive'] as const

/** The team's last assignment: the one that its acts belong to. */
export function assignmentOf(incident: Incident, team: string): Assignment | undefined {
  return incident.assignments.findLast((entry) => entry.team === team)
}

/**
 * Say what the team is asked for.
 *
 * A later act says the earlier ones too: a team that is on scene is not asked whether it set off.
 */
export function stepOf(incident: Incident, team: string): Step {
  const entry = assignmentOf(incident, team)
  if (entry === undefined || entry.ended_at !== null || incident.ended_at !== null) return 'ended'
  const last = ORDER.findLastIndex((verb) => entry.acts.includes(STAMPS[verb]))
  const next = ORDER[last + 1]
  if (incident.state === 'resolved') return 'resolved'
  return next ?? 'resolve'
}

/** The state as it will be when what waits has been sent, so that the page goes on with no signal. */
export function foreseen(incident: Incident, team: string, waiting: readonly Waiting[]): Incident {
  return waiting.filter((act) => act.incident === incident.id).reduce((seen, act) => withAct(seen, team, act), incident)
}

function withAct(incident: Incident, team: string, act: Waiting): Incident {
  switch (act.verb) {
    case 'accept':
    case 'depart':
    case 'arrive':
      return stamped(incident, team, STAMPS[act.verb], act.at)
    case 'resolve':
      return { ...incident, state: incident.ended_at === null ? 'resolved' : incident.state }
    case 'decline':
    case 'release':
      return ended(incident, team, act)
    case 'noted':
      return noted(incident, team, act.number ?? 0)
    default:
      return incident
  }
}

function stamped(incident: Incident, team: string, name: MomentName, at: string): Incident {
  const entry = assignmentOf(incident, team)
  if (entry === undefined || entry.acts.includes(name)) return incident
  const marked = { ...entry, acts: [...entry.acts, name] }
  const assignments = incident.assignments.map((each) => (each === entry ? marked : each))
  const round = incident.rounds.at(-1)?.number ?? 1
  const known = incident.moments.some((moment) => moment.name === name && moment.round === round)
  const moment = {
    name, round, occurred_at: at, recorded_at: at, judged_at: at, disbelieved: false, team,
    via: 'phone', proof: null, actor: { kind: 'person', id: '', role: 'team', organisation: entry.organisation, person: null },
  } as Incident['moments'][number]
  return { ...incident, assignments, moments: known ? incident.moments : [...incident.moments, moment] }
}

function ended(incident: Incident, team: string, act: Waiting): Incident {
  const entry = assignmentOf(incident, team)
  const marked = { ended_at: act.at, end_reason: act.verb === 'decline' ? 'declined' : 'released' } as const
  const assignments = incident.assignments.map((each) => (each === entry ? { ...each, ...marked } : each))
  return { ...incident, assignments }
}

function noted(incident: Incident, team: string, number: number): Incident {
  if (number > incident.updates.length) return { ...incident, end_noted_by: [...incident.end_noted_by, team] }
  const updates = incident.updates.map((each) =>
    each.number === number ? { ...each, noted_by: [...each.noted_by, team] } : each,
  )
  return { ...incident, updates }
}

/** Something the team must say 知悉 to. */
export interface Notice {
  incident: string
  kind: 'update' | 'withdrawn'
  number: number
  at: string
}

/** What the team has not noted yet; a withdrawal before anything else. */
export function noticesOf(incident: Incident, team: string): Notice[] {
  const entry = assignmentOf(incident, team)
  if (entry === undefined) return []
  if (incident.state === 'cancelled') {
    if (entry.end_reason !== 'cancelled' || incident.end_noted_by.includes(team)) return []
    const at = entry.ended_at ?? incident.updated_at
    return [{ incident: incident.id, kind: 'withdrawn', number: incident.updates.length + 1, at }]
  }
  if (entry.ended_at !== null) return []
  return incident.updates
    .filter((update) => !update.noted_by.includes(team) && Date.parse(update.recorded_at) >= Date.parse(entry.assigned_at))
    .map(({ number, recorded_at }) => ({ incident: incident.id, kind: 'update' as const, number, at: recorded_at }))
}

/** Whether the phone shows it: the team is on it, or was and must note that it is over. */
export function isOurs(incident: Incident, team: string): boolean {
  return stepOf(incident, team) !== 'ended' || noticesOf(incident, team).length > 0
}

const LEVELS = ['red', 'orange', 'yellow', 'blue']
const STEPS: readonly Step[] = ['accept', 'arrive', 'depart', 'resolve', 'resolved', 'ended']

/** Sort what the phone shows: what asks for an act first, then by level, then the older one. */
export function inOrder(incidents: readonly Incident[], team: string): Incident[] {
  const rank = (each: Incident): number[] => [
    STEPS.indexOf(stepOf(each, team)) >= 4 ? 1 : 0,
    LEVELS.indexOf(each.severity),
    Date.parse(assignmentOf(each, team)?.assigned_at ?? each.opened_at),
  ]
  return [...incidents].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    return left.map((value, at) => value - (right[at] ?? 0)).find((difference) => difference !== 0) ?? 0
  })
}

/** The leg that the big ring shows. */
export function legOf(step: Step): string {
  return step === 'resolve' || step === 'resolved' ? 'feedback' : 'on_scene'
}

/** The circumstances that are present, as codes: what the kind's `police_required` is compared with. */
export function present(incident: Incident): string[] {
  const { weapons, injured, hazards } = incident.circumstances
  const codes = [...hazards]
  if (weapons) codes.unshift('weapons')
  if ((injured ?? 0) > 0) codes.push('injured')
  const { category } = incident.alert
  if (category !== null && category !== undefined) codes.push(category)
  return [...new Set(codes)]
}
