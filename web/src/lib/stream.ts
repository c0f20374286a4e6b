/**
 * A live stream of the services, and how fresh the screen is.
 *
 * One tab of a browser reads (see `leading.ts`), all take what it tells. A frame is taken once and in
 * order: a tab that finds a number missing is told to read the board anew. The stream resumes in place
 * behind the last number it has; nothing reloads.
 */
import { onScopeDispose, getCurrentScope, ref, type Ref } from 'vue'
import { observeBeat, serverNow } from './clock'
import { lead, type Leading } from './leading'
import { reading, type Told } from './reading'

export type Link = 'live' | 'slow' | 'lost'

/** One thing told: `id` counts without gaps, `type` as `incident.opened.v1`, `data` its JSON. */
export interface Frame<T = unknown> {
  id: number | null
  type: string
  data: T
}
export interface FollowOptions<T> {
  onFrame: (frame: Frame<T>) => void
  /** Frames up to `n` were missed and do not come any more: read the board anew. */
  onGap?: (n: number) => void
  /** The number the board was read at: the stream goes on behind it. */
  after?: number
}
export interface Following {
  link: Ref<Link>
  /** Whole seconds since anything was heard. */
  silence: Ref<number>
  /** The server's time of what is on the screen. */
  asOf: Ref<number>
  /** How many frames came after the last interruption: 断线期间新增. */
  missed: Ref<number>
  stop: () => void
}

/** What a follower needs of the browser; tests give their own. */
export interface Surroundings {
  /** Runs on while the computer is awake. */
  monotonic: () => number
  /** The computer's own clock: right or wrong, it runs on while the computer sleeps. */
  wall: () => number
  visible: () => boolean
  lead: typeof lead
  reading: typeof reading
}

export const SLOW_S = 10
export const LOST_S = 30
const TICK_MS = 250
const DEAD_S = 15
const CATCH_UP_MS = 3000
const ASLEEP_MS = 3000

const browser: Surroundings = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  visible: () => document.visibilityState === 'visible',
  lead,
  reading,
}

/** Follow a stream until stopped, or until the component that asked is gone. */
export function follow<T = unknown>(
  path: string,
  options: FollowOptions<T>,
  around: Surroundings = browser,
): Following {
  const link = ref<Link>('live')
  const silence = ref(0)
  const asOf = ref(serverNow())
  const missed = ref(0)
  let heard = around.monotonic()
  let last = options.after
  let caughtUp = -Infinity // until when frames count as missed ones
  let apart = around.wall() - heard

  function take(told: Told): void {
    heard = around.monotonic()
    if (link.value !== 'live') {
      caughtUp = heard + CATCH_UP_MS
      missed.value = 0
    }
    measure()
    if (told.kind === 'beat') observeBeat(told)
    else if (told.kind === 'resync') {
      last = told.id
      options.onGap?.(told.id)
    } else takeFrame(told.frame)
    asOf.value = serverNow()
  }

  function takeFrame(frame: Frame): void {
    const { id } = frame
    if (id !== null && last !== undefined) {
      if (id <= last) return
      if (id > last + 1) options.onGap?.(id - 1)
    }
    last = id ?? last
    if (around.monotonic() < caughtUp) missed.value += 1
    options.onFrame(frame as Frame<T>)
  }

  function measure(): void {
    const seconds = (around.monotonic() - heard) / 1000
    silence.value = Math.floor(seconds)
    link.value = seconds >= LOST_S ? 'lost' : seconds >= SLOW_S ? 'slow' : 'live'
  }

  const leading: Leading = around.lead(path, {
    read: (signal, tell) => around.reading({ path, after: () => last, signal, tell }),
    take,
    position: () => last,
    behind: (n) => {
      if (last === undefined || n <= last) return
      last = n
      options.onGap?.(n)
    },
  })

  function tick(): void {
    const drift = around.wall() - around.monotonic() - apart
    apart += drift
    if (drift > ASLEEP_MS) {
      heard -= drift // it slept, or its clock was set: either way nothing was heard
      leading.renew()
    }
    measure()
    if (silence.value >= DEAD_S && around.visible()) leading.renew()
  }
  const timer = setInterval(tick, TICK_MS)
  const back = (): void => {
    measure()
    if (silence.value > 6) leading.renew()
  }
  window.addEventListener('online', back)
  document.addEventListener('visibilitychange', back)

  function stop(): void {
    clearInterval(timer)
    window.removeEventListener('online', back)
    document.removeEventListener('visibilitychange', back)
    leading.stop()
  }
  if (getCurrentScope() !== undefined) onScopeDispose(stop)
  return { link, silence, asOf, missed, stop }
}
