/**
 * The server's time. The clock of this computer is never asked: a heartbeat says what time it is,
 * and the browser's monotonic clock carries it on until the next one.
 */
import { onScopeDispose, ref, type Ref } from 'vue'

const KEPT = 12
const JUMP_MS = 2000
const TICK_MS = 250
const FACTOR_MS = 3000

/** A clock that follows the server's, `factor` times as fast as real time. */
export interface ServerClock {
  now(): number
  observe(now: number | string, factor?: number): void
  /** The next observation stands alone. */
  forget(): void
  readonly factor: number
}

/**
 * Make a clock.
 *
 * An answer is always a little old when it comes, never too new: of the last observations the
 * farthest ahead is the truest. One that is off by seconds is a jump (a sleep, a new server): the
 * ones before it are forgotten.
 *
 * @param monotonic - Milliseconds that only run on, as `performance.now`.
 * @param guess - What to show before the server has spoken.
 */
export function makeClock(monotonic: () => number, guess: number): ServerClock {
  let factor = 1
  let offsets: number[] = []
  let offset = guess - monotonic()
  return {
    now: () => offset + monotonic() * factor,
    observe(now, newFactor) {
      const at = typeof now === 'string' ? Date.parse(now) : now
      if (Number.isNaN(at)) return
      if (newFactor !== undefined && newFactor > 0 && newFactor !== factor) {
        factor = newFactor
        offsets = []
      }
      const seen = at - monotonic() * factor
      if (offsets.length > 0 && Math.abs(seen - offset) > JUMP_MS * factor) offsets = []
      offsets = [...offsets, seen].slice(-KEPT)
      offset = Math.max(...offsets)
    },
    forget() {
      offsets = []
    },
    get factor() {
      return factor
    },
  }
}

const KEPT_AS = 'd115.clock'
const KEEP_MS = 10_000
interface Kept {
  server: number
  wall: number
  factor: number
}

const clock = makeClock(() => performance.now(), Date.now())
let keptAt = -Infinity
remember()

/** Begin where the last page left off: a phone that starts offline knows the time well enough. */
function remember(): void {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null') as Kept | null
    if (kept === null || !(kept.factor > 0)) return
    clock.observe(kept.server + (Date.now() - kept.wall) * kept.factor, kept.factor)
  } catch {
    // nothing was kept, or storage is closed to us, as in a service worker
  }
}

function keep(): void {
  if (performance.now() - keptAt < KEEP_MS) return
  keptAt = performance.now()
  try {
    const kept: Kept = { server: clock.now(), wall: Date.now(), factor: clock.factor }
    localStorage.setItem(KEPT_AS, JSON.stringify(kept))
  } catch {
    // without storage the next start begins with the computer's own clock
  }
}

/** The server's time in milliseconds. */
export function serverNow(): number {
  return clock.now()
}

/** Take a time that the server said just now, in milliseconds or ISO, and its factor if known. */
export function observe(now: number | string, factor?: number): void {
  if (!heard) clock.forget() // what was there before was a guess
  heard = true
  clock.observe(now, factor)
  keep()
  shared.value = clock.now()
}

let beat: { now: number; real: number } | undefined

/** Take a heartbeat: the server's time and real time, which together say how fast its clock runs. */
export function observeBeat({ now, real }: { now: string; real: string | null }): void {
  const [at, truly] = [Date.parse(now), real === null ? Number.NaN : Date.parse(real)]
  let factor: number | undefined
  if (beat !== undefined && truly - beat.real >= FACTOR_MS) {
    const seen = (at - beat.now) / (truly - beat.real)
    if (seen > 0 && Math.abs(seen - clock.factor) > 0.02 * clock.factor) factor = seen
  }
  if (!Number.isNaN(truly)) beat = { now: at, real: truly }
  observe(at, factor)
}

/** How many times as fast as real time the server's clock runs. */
export function clockFactor(): number {
  return clock.factor
}

let heard = false
const shared = ref(clock.now())
let watchers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The server's time, four times a second; all who use it share one timer. */
export function useNow(): Readonly<Ref<number>> {
  watchers += 1
  timer ??= setInterval(() => {
    shared.value = clock.now()
  }, TICK_MS)
  shared.value = clock.now()
  onScopeDispose(() => {
    watchers -= 1
    if (watchers === 0) {
      clearInterval(timer)
      timer = undefined
    }
  })
  return shared
}

/** How a moment is written: 14:03:21 · 14:03 · 2026-11-23 · 2026-11-23 14:03:21 · 周一. */
export type TimeStyle = 'time' | 'minute' | 'date' | 'full' | 'weekday'

const PARTS = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const WEEKDAYS = new Map<string, Intl.DateTimeFormat>()

/** Write a moment in Beijing time; empty for what is no time. */
export function beijing(at: number | string | null | undefined, style: TimeStyle, language = 'zh-CN'): string {
  const ms = typeof at === 'string' ? Date.parse(at) : at
  if (ms === null || ms === undefined || Number.isNaN(ms)) return ''
  if (style === 'weekday') {
    let format = WEEKDAYS.get(language)
    if (format === undefined) {
      format = new Intl.DateTimeFormat(language, { timeZone: 'Asia/Shanghai', weekday: 'short' })
      WEEKDAYS.set(language, format)
    }
    return format.format(ms)
  }
  const parts = Object.fromEntries(PARTS.formatToParts(ms).map(({ type, value }) => [type, value]))
  const date = `${parts['year']}-${parts['month']}-${parts['day']}`
  const minute = `${parts['hour']}:${parts['minute']}`
  const time = `${minute}:${parts['second']}`
  return { date, minute, time, full: `${date} ${time}` }[style]
}

/** A length as 00:34, 04:02 or 1:02:03; a negative one is written without its sign. */
export function span(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}
