/** Figures as they are shown: never a share alone, always of how many, and how sure that is. */

export interface Share {
  share: number
  low: number
  high: number
}
export interface LegFigures {
  leg: string
  n: number
  met: number
  amended: number
  breached: number
  no_end: number
  pending: number
  void: number
  not_measured: number
  target_seconds: number | null
  p50_seconds: number | null
  p90_seconds: number | null
  compliance: Share | null
}

/** Below so many a share says little. */
export const FEW = 10

/** How many kept to it, of how many that were judged. */
export function counted(leg: LegFigures): { k: number; n: number } {
  const k = leg.met + leg.amended
  return { k, n: k + leg.breached }
}

/** A share as `71.4 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** Seconds as `4.9 s` or `2:19`. */
export function seconds(value: number | null): string {
  if (value === null) return '—'
  if (value < 60) return `${value.toFixed(1)} s`
  const whole = Math.round(value)
  return `${String(Math.floor(whole / 60))}:${String(whole % 60).padStart(2, '0')}`
}

/** A day of the park, so many days before one. */
export function dayBefore(now: number, days: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date(now - days * 86_400_000))
}

/** The ISO week of a day, as `2026-W48`. */
export function weekOf(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  const thursday = new Date(at.getTime() + (3 - ((at.getUTCDay() + 6) % 7)) * 86_400_000)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 4)
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * 86_400_000
  const week = 1 + Math.floor((thursday.getTime() - monday) / (7 * 86_400_000))
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}
