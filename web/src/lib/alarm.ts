/**
 * When a console sounds, as a pure machine.
 *
 * Rule 1. Only what needs an operator's act sounds: a new alert, a leg near its end, one overdue, an
 * outcome that waits, a lost link.
 * Rule 2. A new alert sounds until it is signed for, and an overdue leg until somebody took note of it;
 * having been looked at is nothing. What is near, and an outcome that waits, sound for ten seconds.
 * Rule 3. A mute silences the whole console for 60 s and settles nothing. A new alert, a level that rises
 * and a leg that is overdue end it.
 * Rule 4. After 15 s without a signature it is louder. In a flood (more than 10 in 10 minutes, until fewer
 * than 5) there is one calm call, urgent only for red, and never a louder one.
 * Rule 5. What was shelved is silent until it comes back by itself; nothing red is ever shelved.
 */

export type Cause = 'new' | 'near' | 'over' | 'result'
/** What is heard: a calm call, an urgent one, the tone of a lost link, or nothing. */
export type Tone = 'none' | 'new' | 'urgent' | 'link'
export type Severity = 'red' | 'orange' | 'yellow' | 'blue'

export interface Wanting {
  /** What wants an act: an incident's id, or `id/leg` for one of its clocks. */
  id: string
  cause: Cause
  severity: Severity
  since: number
}
export interface Alarm {
  wanting: readonly Wanting[]
  /** Until when all is silent; null when not muted. */
  mutedUntil: number | null
  shelved: readonly { id: string; until: number }[]
  linkLost: boolean
  flood: boolean
  /** When alerts came, of the last 10 minutes. */
  arrivals: readonly number[]
}
export type Happening =
  | { type: 'wants'; id: string; cause: Cause; severity: Severity }
  /** Its level is another now. */
  | { type: 'rose'; id: string; severity: Severity }
  /** It was acted on: all of it, or one cause. */
  | { type: 'done'; id: string; cause?: Cause }
  | { type: 'shelve'; id: string; until: number }
  | { type: 'mute' }
  | { type: 'unmute' }
  | { type: 'link'; lost: boolean }
  | { type: 'tick' }

export const MUTE_MS = 60_000
export const LOUDER_MS = 15_000
export const BRIEF_MS = 10_000
export const FLOOD_MS = 600_000
export const FLOOD_BEGINS = 10
export const FLOOD_ENDS = 5
const RANK: readonly Severity[] = ['blue', 'yellow', 'orange', 'red']

/** Nothing wants an act. */
export const quiet: Alarm = {
  wanting: [],
  mutedUntil: null,
  shelved: [],
  linkLost: false,
  flood: false,
  arrivals: [],
}

/** The alarm after something happened. */
export function next(state: Alarm, happening: Happening, now: number): Alarm {
  const aged = age(state, now)
  switch (happening.type) {
    case 'wants':
      return wants(aged, { ...happening, since: now })
    case 'rose':
      return rose(aged, happening.id, happening.severity)
    case 'done':
      return { ...aged, wanting: aged.wanting.filter((each) => !isDone(each, happening)) }
    case 'shelve':
      return shelve(aged, happening.id, happening.until)
    case 'mute':
      return { ...aged, mutedUntil: now + MUTE_MS }
    case 'unmute':
      return { ...aged, mutedUntil: null }
    case 'link':
      return { ...aged, linkLost: happening.lost }
    case 'tick':
      return aged
  }
}

/** What is to be heard now. */
export function tone(state: Alarm, now: number): { tone: Tone; loud: boolean } {
  const silent = { tone: 'none', loud: false } as const
  if (state.mutedUntil !== null && now < state.mutedUntil) return silent
  const heard = state.wanting.filter((each) => sounds(each, state, now))
  const red = heard.some(({ severity }) => severity === 'red')
  const late = heard.some(({ cause }) => cause === 'over')
  if (state.flood && heard.length > 0) return { tone: red ? 'urgent' : 'new', loud: false }
  const loud = heard.some(({ cause, since }) => cause === 'new' && now - since >= LOUDER_MS)
  if (red || late) return { tone: 'urgent', loud }
  if (state.linkLost) return { tone: 'link', loud: false }
  return heard.length > 0 ? { tone: 'new', loud } : silent
}

function sounds({ id, cause, since }: Wanting, { shelved }: Alarm, now: number): boolean {
  const incident = id.split('/')[0]
  if (shelved.some((each) => each.id === incident && now < each.until)) return false
  return cause === 'new' || cause === 'over' || now - since < BRIEF_MS
}

function wants(state: Alarm, entry: Wanting): Alarm {
  const { id, cause, severity, since } = entry
  if (state.wanting.some((each) => each.id === id && each.cause === cause)) return state
  const rest = cause === 'over' ? state.wanting.filter((each) => !(each.id === id && each.cause === 'near')) : state.wanting
  return flooded({
    ...state,
    arrivals: cause === 'new' ? [...state.arrivals, since] : state.arrivals,
    wanting: [...rest, { id, cause, severity, since }],
    mutedUntil: cause === 'new' || cause === 'over' ? null : state.mutedUntil,
  })
}

function rose(state: Alarm, id: string, severity: Severity): Alarm {
  const mine = (each: Wanting): boolean => each.id === id || each.id.startsWith(`${id}/`)
  const risen = state.wanting.some((each) => mine(each) && RANK.indexOf(severity) > RANK.indexOf(each.severity))
  return {
    ...state,
    mutedUntil: risen ? null : state.mutedUntil,
    shelved: severity === 'red' ? state.shelved.filter((each) => each.id !== id) : state.shelved,
    wanting: state.wanting.map((each) => (mine(each) ? { ...each, severity } : each)),
  }
}

function isDone(each: Wanting, { id, cause }: { id: string; cause?: Cause }): boolean {
  const mine = each.id === id || each.id.startsWith(`${id}/`)
  return mine && (cause === undefined || cause === each.cause)
}

function shelve(state: Alarm, id: string, until: number): Alarm {
  if (state.wanting.some((each) => each.id === id && each.severity === 'red')) return state
  return { ...state, shelved: [...state.shelved.filter((each) => each.id !== id), { id, until }] }
}

function age(state: Alarm, now: number): Alarm {
  const arrivals = state.arrivals.filter((at) => now - at < FLOOD_MS)
  const shelved = state.shelved.filter(({ until }) => now < until)
  const muted = state.mutedUntil !== null && now < state.mutedUntil
  const same = arrivals.length === state.arrivals.length && shelved.length === state.shelved.length
  if (same && muted === (state.mutedUntil !== null)) return state
  return flooded({ ...state, arrivals, shelved, mutedUntil: muted ? state.mutedUntil : null })
}

function flooded(state: Alarm): Alarm {
  const count = state.arrivals.length
  const flood = count > FLOOD_BEGINS || (state.flood && count >= FLOOD_ENDS)
  return flood === state.flood ? state : { ...state, flood }
}
