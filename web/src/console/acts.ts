/**
 * The acts an operator has, and what each asks for. A form is data: the dialog draws it, so that a new
 * act needs no new screen.
 */
import { isUnsigned, type Incident } from '@/lib/incident'

export type Source = 'reasons' | 'centers' | 'stations' | 'teams' | 'open' | 'dispositions' | 'severities' | 'reported' | 'questions' | 'shelving'

export interface Asked {
  name: string
  kind: 'text' | 'choice' | 'teams' | 'number' | 'flag' | 'time'
  required?: boolean
  from?: Source
  /** For a choice: which codes, where they are always the same. */
  codes?: readonly string[]
}
export interface Act {
  verb: string
  /** The key that opens it. */
  key?: string
  asks: readonly Asked[]
  /** It cannot be taken back: the button says what it does, in the colour of danger. */
  grave?: boolean
  /** On the card beside the main act; the others are in its menu. */
  near?: boolean
}

const TEXT: Asked = { name: 'text', kind: 'text' }
const reason = (...codes: string[]): Asked => ({ name: 'reason', kind: 'choice', required: true, codes })

export const ACTS: readonly Act[] = [
  { verb: 'acknowledge', key: 'F2', asks: [], near: true },
  { verb: 'assign', key: 'F4', near: true, asks: [
    { name: 'teams', kind: 'teams', required: true, from: 'teams' },
    { name: 'divert', kind: 'flag' },
  ] },
  { verb: 'close', near: true, grave: true, asks: [
    { name: 'disposition', kind: 'choice', required: true, from: 'dispositions' }, TEXT,
  ] },
  { verb: 'return', near: true, asks: [reason('incomplete', 'mistake', 'other'), TEXT] },
  { verb: 'note', near: true, asks: [{ ...TEXT, required: true }] },
  { verb: 'report', near: true, asks: [
    { name: 'team', kind: 'choice', required: true, from: 'teams' },
    { name: 'act', kind: 'choice', required: true, from: 'reported' },
    { name: 'via', kind: 'choice', required: true, codes: ['radio', 'telephone'] },
    { name: 'occurred_at', kind: 'time' },
    { name: 'disposition', kind: 'choice', from: 'dispositions' }, TEXT,
  ] },
  { verb: 'request-police', near: true, asks: [reason('no_team', 'other'), TEXT] },
  { verb: 'update', asks: [
    { name: 'severity', kind: 'choice', from: 'severities' },
    { name: 'people', kind: 'number' },
    { name: 'injured', kind: 'number' },
    { name: 'weapons', kind: 'flag' }, TEXT,
  ] },
  { verb: 'answer', asks: [
    { name: 'number', kind: 'choice', required: true, from: 'questions' }, { ...TEXT, required: true },
  ] },
  { verb: 'request-help', asks: [TEXT] },
  { verb: 'release', asks: [{ name: 'team', kind: 'choice', required: true, from: 'teams' }] },
  { verb: 'transfer', asks: [
    { name: 'center', kind: 'choice', required: true, from: 'centers' },
    reason('wrong_center', 'not_ours', 'no_team', 'other'), TEXT,
  ] },
  { verb: 'hand-over', asks: [
    { name: 'to', kind: 'choice', required: true, from: 'stations' },
    reason('not_ours', 'no_team', 'other'), TEXT,
  ] },
  { verb: 'police-arrive', asks: [] },
  { verb: 'merge', asks: [{ name: 'into', kind: 'choice', required: true, from: 'open' }] },
  { verb: 'split', asks: [reason('mistake', 'other')] },
  { verb: 'shelve', asks: [
    { name: 'reason', kind: 'choice', required: true, codes: ['duplicate', 'test-source'] },
    { name: 'minutes', kind: 'choice', required: true, codes: ['5', '10', '15', '30'] },
  ] },
  { verb: 'resolve', asks: [{ name: 'disposition', kind: 'choice', required: true, from: 'dispositions' }, TEXT] },
  { verb: 'reopen', asks: [reason('mistake', 'incomplete', 'other'), TEXT] },
  { verb: 'refuse', grave: true, asks: [reason('wrong_center', 'not_ours', 'duplicate', 'other'), TEXT] },
]

/** The acts that an incident's state takes now, in their order. */
export function offered(incident: Incident): Act[] {
  const allowed = new Set<string>(incident.allowed)
  return ACTS.filter((act) => (act.verb === 'report' ? true : allowed.has(act.verb)) && makesSense(act.verb, incident))
}

/** The one act the operator has to do next; null when others have the next move. */
export function mainAct(incident: Incident): Act | null {
  const verb = mainVerb(incident)
  return offered(incident).find((act) => act.verb === verb) ?? null
}

function mainVerb(incident: Incident): string | null {
  switch (incident.state) {
    case 'open':
    case 'pushed':
      return 'acknowledge'
    case 'acknowledged':
      return 'assign'
    case 'resolved':
      return 'close'
    default:
      return hasTeam(incident) ? null : 'assign'
  }
}

function hasTeam(incident: Incident): boolean {
  return incident.assignments.some(({ ended_at }) => ended_at === null)
}

function makesSense(verb: string, incident: Incident): boolean {
  const ended = incident.ended_at !== null
  switch (verb) {
    case 'acknowledge':
      return isUnsigned(incident)
    case 'return':
      return incident.state === 'resolved'
    case 'report':
      return !ended && incident.assignments.length > 0
    case 'release':
      return hasTeam(incident)
    case 'answer':
      return incident.questions.some(({ answered }) => answered === null)
    case 'police-arrive':
      return incident.moments.some(({ name }) => name === 'police_requested')
    case 'shelve':
      return incident.severity !== 'red'
    case 'reopen':
      return ended
    case 'resolve':
      return hasTeam(incident) || incident.state === 'acknowledged'
    default:
      return true
  }
}

/** What is sent: what was filled in, in the shapes the interface takes. */
export function bodyOf(act: Act, filled: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const { name, kind } of act.asks) {
    const value = filled[name]
    if (value === undefined || value === null || value === '' || value === false) continue
    if (Array.isArray(value) && value.length === 0) continue
    body[name] = kind === 'number' || NUMBERS.has(name) ? Number(value) : value
  }
  return body
}

const NUMBERS = new Set(['minutes', 'number'])

/** What is still to be filled in. */
export function missing(act: Act, filled: Readonly<Record<string, unknown>>): string[] {
  const body = bodyOf(act, filled)
  return act.asks.filter(({ name, required }) => required === true && !(name in body)).map(({ name }) => name)
}
