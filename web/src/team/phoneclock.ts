/**
 * The server's time on a phone that sleeps, is closed and has no signal. What the phone's own clock
 * was off by is kept, so that a press without signal gets the true time though the phone's is wrong.
 */
import { clockFactor, observe, serverNow } from '@/lib/clock'

const KEY = 'd115.team.offset'
const LOOK_MS = 5000
const SLEPT_MS = 1500

/** Set the clock by what was known of the phone's, before the server has spoken. */
export function recall(): void {
  const kept = Number(localStorage.getItem(KEY) ?? Number.NaN)
  if (!Number.isNaN(kept)) observe(Date.now() + kept)
}

/** Keep what the phone's clock is off by: called when the server was heard. Not on scaled time. */
export function remember(): void {
  if (clockFactor() !== 1) return
  localStorage.setItem(KEY, String(Math.round(serverNow() - Date.now())))
}

/** Tell the clock of sleep, in which a browser's monotonic clock may stand still. Returns the end. */
export function minded(): () => void {
  let [wall, steady] = [Date.now(), performance.now()]
  function look(): void {
    const [nextWall, nextSteady] = [Date.now(), performance.now()]
    const slept = nextWall - wall - (nextSteady - steady)
    if (slept > SLEPT_MS && slept < 86_400_000 && clockFactor() === 1) observe(serverNow() + slept)
    ;[wall, steady] = [nextWall, nextSteady]
  }
  const timer = setInterval(look, LOOK_MS)
  document.addEventListener('visibilitychange', look)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  }
}
