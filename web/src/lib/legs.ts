/**
 * What the clocks of an incident say: the rules of `incident/timing` in the browser, so that a ring
 * shows what the notifier will judge.
 */
import type { components } from '@/api/dispatcher'

type Whole = components['schemas']['Incident']
/** The parts of an incident's public state that its clocks depend on. */
export type Timed = Pick<Whole, 'moments' | 'rounds'> & {
  alert: Pick<Whole['alert'], 'source'>
  legs?: readonly Leg[]
}
type Moment = Whole['moments'][number]
type Round = Whole['rounds'][number]
export type Leg = components['schemas']['Leg']

export type ClockState = 'waiting' | 'running' | 'near' | 'over' | 'met' | 'missed' | 'void'

/** One leg's clock; lengths in milliseconds of the server's clock. */
export interface Clock {
  leg: string
  round: number
  organisation: string
  state: ClockState
  /** Allowed; null for a leg without a target. */
  target: number | null
  start: number | null
  due: number | null
  end: number | null
  /** What is left while it runs, negative when over; null when it is not running. */
  left: number | null
  /** How long it took, or has taken so far; null before its start. */
  took: number | null
  /** The used share of the target, from 0 to 1 and beyond; 0 without a target. */
  ratio: number
  /** A breach that stood on record was disproved later. */
  amended: boolean
  /** Without a start it could not be measured. */
  measured: boolean
}

interface Span {
  rounds: Round[]
  moments: Moment[]
  ended: number | null
}

/** The moment that a round's start stands in for. */
const ROUND_STARTS: Readonly<Record<Round['cause'], Moment['name']>> = {
  opened: 'received',
  transferred: 'received',
  returned: 'on_scene',
  reopened: 'pushed',
  split: 'pushed',
}
/** Moments that are known at the opening, or never. */
const FROM_OPENING = new Set<Moment['name']>(['reported', 'received'])
const SECOND_MS = 1000

/** The legs of profile `115`, for a state that came without its own. */
const STANDARD: readonly Leg[] = [
  leg('push', 'received', 'pushed', 60),
  leg('acknowledge', 'pushed', 'acknowledged', 60),
  leg('assign', 'pushed', 'assigned', 60),
  leg('accept', 'assigned', 'accepted', 30),
  leg('depart', 'accepted', 'en_route', 60),
  leg('on_scene', 'assigned', 'on_scene', 300),
  leg('feedback', 'on_scene', 'resolved', 1800),
  leg('close', 'on_scene', 'closed', 7200),
]

function leg(code: string, start: Moment['name'], end: Moment['name'], seconds: number): Leg {
  const target = { amount: seconds, unit: 'seconds' as const }
  return { code, start, end, scope: 'round', target, warn_at_percent: [75], fallback_start: null, sources: [] }
}

/**
 * The clocks to be shown now: of each leg the one of the latest round, in the profile's order. A leg
 * of the whole incident has one. A clock that has stopped, or not begun, is the same object each time.
 */
export function clocks(incident: Timed, now: number): Clock[] {
  return ofLegs(incident).flatMap((judged) => judged.slice(-1).map((each) => read(each, now)))
}

/** The clocks of every leg in every round. */
export function allClocks(incident: Timed, now: number): Clock[] {
  return ofLegs(incident).flatMap((judged) => judged.map((each) => read(each, now)))
}

/** What the moments decide; a clock that runs on is read against the time. */
interface Judged {
  clock: Clock
  runs: boolean
  warnAt: number
}

const known = new WeakMap<object, { rounds: object; judged: Judged[][] }>()

/** Judge each leg in each of its spans, once for each state of an incident. */
function ofLegs({ legs = STANDARD, alert, moments, rounds }: Timed): Judged[][] {
  const found = known.get(moments)
  if (found?.rounds === rounds) return found.judged
  const spans = rounds.map((round) => spanOf(round, moments))
  const judged = legs
    .filter(({ sources = [] }) => sources.length === 0 || sources.includes(alert.source))
    .map((leg) => (leg.scope === 'round' ? spans.map((span) => judge(leg, span)) : judgeOnce(leg, lives(spans))))
  known.set(moments, { rounds, judged })
  return judged
}

/** A leg of the whole incident: the first of its lives that says anything. */
function judgeOnce(leg: Leg, spans: readonly Span[]): Judged[] {
  const judged = spans.map((span) => judge(leg, span))
  return judged.filter(({ clock, runs }) => runs || clock.state !== 'waiting').slice(0, 1).concat(judged).slice(0, 1)
}

function read({ clock, runs, warnAt }: Judged, now: number): Clock {
  if (!runs || clock.start === null) return clock
  const took = now - clock.start
  if (clock.due === null || clock.target === null) return { ...clock, took }
  const left = clock.due - now
  const ratio = clock.target === 0 ? 1 : took / clock.target
  const state = left < 0 ? 'over' : ratio * 100 >= warnAt ? 'near' : 'running'
  return { ...clock, took, left, ratio, state }
}

function spanOf(round: Round, moments: Moment[]): Span {
  return {
    rounds: [round],
    moments: moments.filter((moment) => moment.round === round.number),
    ended: round.ended_at === null || round.ended_at === undefined ? null : Date.parse(round.ended_at),
  }
}

function lives(rounds: Span[]): Span[] {
  const joined: Span[] = []
  for (const span of rounds) {
    const last = joined.at(-1)
    const cause = span.rounds[0]?.cause
    if (last !== undefined && cause !== 'reopened' && cause !== 'split') {
      joined[joined.length - 1] = {
        rounds: [...last.rounds, ...span.rounds],
        moments: [...last.moments, ...span.moments],
        ended: span.ended,
      }
    } else joined.push(span)
  }
  return joined
}

function judge(leg: Leg, span: Span): Judged {
  const start = began(span, leg.start) ?? (leg.fallback_start ? began(span, leg.fallback_start) : null)
  const target = leg.target ? leg.target.amount * SECOND_MS : null
  const ends = span.moments.filter(({ name }) => name === leg.end)
  const end = earliestOf(ends, 'judged_at')
  const first = span.rounds[0]
  const stopped = end ?? span.ended
  const took = start === null || stopped === null ? null : stopped - start
  const clock: Clock = {
    leg: leg.code,
    round: first?.number ?? 1,
    organisation: first?.organisation ?? '',
    state: 'waiting',
    target,
    start,
    due: start === null || target === null ? null : start + target,
    end,
    left: null,
    took,
    ratio: took === null || target === null || target === 0 ? 0 : took / target,
    amended: false,
    measured: start !== null,
  }
  const warnAt = Math.min(100, ...(leg.warn_at_percent ?? []))
  const runs = start !== null && stopped === null
  if (runs) return { clock: { ...clock, state: 'running' }, runs, warnAt }
  return { clock: settled(clock, leg, span, ends), runs, warnAt }
}

function settled(clock: Clock, leg: Leg, span: Span, ends: readonly Moment[]): Clock {
  if (clock.start === null) {
    const never = leg.scope === 'incident' && FROM_OPENING.has(leg.start)
    const over = clock.end !== null || span.ended !== null
    return { ...clock, state: never || over ? 'void' : 'waiting' }
  }
  if (clock.due === null) return { ...clock, state: clock.end === null ? 'void' : 'met' }
  return decided(clock, clock.due, span, ends)
}

function decided(clock: Clock, due: number, span: Span, ends: readonly Moment[]): Clock {
  const closing = span.moments.filter(({ name }) => name === 'ended')
  const record = [...ends, ...closing]
  if (clock.end !== null && clock.end <= due) {
    const told = earliestOf(ends.filter((each) => Date.parse(each.judged_at) <= due), 'recorded_at')
    return { ...clock, state: 'met', amended: wasBreached(due, told ?? due, record) }
  }
  if (span.ended !== null && span.ended <= due) {
    const told = earliestOf(closing, 'recorded_at') ?? span.ended
    return { ...clock, end: null, state: 'void', amended: wasBreached(due, told, record) }
  }
  return { ...clock, state: 'missed' }
}

function began(span: Span, name: Moment['name']): number | null {
  const first = span.rounds[0]
  const stamped = earliestOf(span.moments.filter((moment) => moment.name === name), 'judged_at')
  const standsIn = first !== undefined && name === ROUND_STARTS[first.cause]
  if (standsIn && !(stamped !== null && first.cause === 'opened')) return Date.parse(first.started_at)
  return stamped
}

function earliestOf(moments: readonly Moment[], field: 'judged_at' | 'recorded_at'): number | null {
  return moments.length === 0 ? null : Math.min(...moments.map((each) => Date.parse(each[field])))
}

/** Whether a breach stood on record until it was known, at `known`, that there was none. */
function wasBreached(due: number, known: number, record: readonly Moment[]): boolean {
  return (
    known > due ||
    record.some((each) => Date.parse(each.judged_at) > due && Date.parse(each.recorded_at) < known)
  )
}
