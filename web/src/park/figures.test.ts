import { describe, expect, it } from 'vitest'
import { counted, dayBefore, percent, seconds, weekOf, type LegFigures } from './figures'

const leg: LegFigures = {
  leg: 'push', n: 6, met: 5, amended: 1, breached: 2, no_end: 1, pending: 3, void: 4, not_measured: 0,
  target_seconds: 60, p50_seconds: 1, p90_seconds: 2, compliance: null,
}

describe('figures', () => {
  it('count what was amended as kept, and leave out what is pending or void', () => {
    expect(counted(leg)).toEqual({ k: 6, n: 8 })
  })
  it.each([[0, '0.0 %'], [0.7142857, '71.4 %'], [1, '100.0 %']])('say %s as %s', (share, words) => {
    expect(percent(share)).toBe(words)
  })
  it.each([[null, '—'], [4.94, '4.9 s'], [139.1, '2:19'], [60, '1:00']])('say %s seconds as %s', (value, words) => {
    expect(seconds(value)).toBe(words)
  })
})

describe('days and weeks', () => {
  it('are those of the park, not of the computer', () => {
    expect(dayBefore(Date.parse('2026-03-02T16:30:00Z'), 0)).toBe('2026-03-03')
    expect(dayBefore(Date.parse('2026-03-02T16:30:00Z'), 7)).toBe('2026-02-24')
  })
  it.each([['2026-11-24', '2026-W48'], ['2026-01-01', '2026-W01'], ['2027-01-03', '2026-W53'], ['2024-12-30', '2025-W01']])('put %s into %s', (day, week) => {
    expect(weekOf(day)).toBe(week)
  })
})
