import { describe, expect, it } from 'vitest'
import { next, quiet, tone, type Alarm, type Happening, type Severity } from './alarm'

const wants = (id: string, severity: Severity = 'orange', cause: 'new' | 'near' | 'over' | 'result' = 'new'): Happening => ({ type: 'wants', id, cause, severity })

/** The alarm after what happened, each at its second. */
function after(...happened: [number, Happening][]): Alarm {
  return happened.reduce((state, [seconds, each]) => next(state, each, seconds * 1000), quiet)
}
const heard = (state: Alarm, seconds: number): string => tone(state, seconds * 1000).tone

describe('the alarm of a console', () => {
  it('is silent while nothing wants an act', () => {
    expect(heard(quiet, 0)).toBe('none')
  })

  it('sounds for a new alert until it is signed for, however long that takes', () => {
    const came = after([0, wants('a')])

    expect(heard(came, 0)).toBe('new')
    expect(heard(came, 3600)).toBe('new')
    expect(heard(next(came, { type: 'done', id: 'a' }, 5000), 5)).toBe('none')
  })

  it('goes on for the second alert when the first is signed for', () => {
    expect(heard(after([0, wants('a')], [1, wants('b')], [2, { type: 'done', id: 'a' }]), 3)).toBe('new')
  })

  it('is urgent for red, and for a leg that is overdue', () => {
    expect(heard(after([0, wants('a', 'red')]), 1)).toBe('urgent')
    expect(heard(after([0, wants('a/on_scene', 'blue', 'over')]), 99)).toBe('urgent')
  })

  it('sounds ten seconds for what is near and for an outcome that waits', () => {
    for (const cause of ['near', 'result'] as const) {
      const state = after([0, wants('a/close', 'blue', cause)])

      expect(heard(state, 9)).toBe('new')
      expect(heard(state, 10)).toBe('none')
    }
  })

  it('is overdue instead of near, not both', () => {
    expect(after([0, wants('a/push', 'blue', 'near')], [1, wants('a/push', 'blue', 'over')]).wanting).toHaveLength(1)
  })

  it('is louder after 15 seconds without a signature', () => {
    const state = after([0, wants('a')])

    expect(tone(state, 14_999).loud).toBe(false)
    expect(tone(state, 15_000).loud).toBe(true)
  })

  it('is told once of the same thing', () => {
    expect(after([0, wants('a')], [9, wants('a')]).wanting).toEqual([{ id: 'a', cause: 'new', severity: 'orange', since: 0 }])
  })
})

describe('a mute', () => {
  it('silences everything for 60 seconds and settles nothing', () => {
    const state = after([0, wants('a')], [1, { type: 'mute' }])

    expect(heard(state, 60)).toBe('none')
    expect(heard(state, 61)).toBe('new')
    expect(state.wanting).toHaveLength(1)
  })

  it.each<[string, Happening, boolean]>([
    ['a new alert', wants('b'), true],
    ['a leg that is overdue', wants('a/push', 'orange', 'over'), true],
    ['a level that rises', { type: 'rose', id: 'a', severity: 'red' }, true],
    ['a level that falls', { type: 'rose', id: 'a', severity: 'blue' }, false],
    ['a leg that is near', wants('a/push', 'orange', 'near'), false],
    ['an outcome that waits', wants('a', 'orange', 'result'), false],
    ['a lost link', { type: 'link', lost: true }, false],
    ['time', { type: 'tick' }, false],
    ['the operator', { type: 'unmute' }, true],
  ])('is ended by %s: %#', (_, happening, ended) => {
    const state = after([0, wants('a')], [1, { type: 'mute' }], [2, happening])

    expect(heard(state, 3) !== 'none').toBe(ended)
  })
})

describe('a lost link', () => {
  it('has a tone of its own until it is back', () => {
    const lost = after([0, { type: 'link', lost: true }])

    expect(heard(lost, 100)).toBe('link')
    expect(heard(next(lost, { type: 'link', lost: false }, 0), 100)).toBe('none')
  })

  it('does not drown a red alert', () => {
    expect(heard(after([0, { type: 'link', lost: true }], [1, wants('a', 'red')]), 2)).toBe('urgent')
  })
})

describe('a flood', () => {
  const flood = (count: number): Alarm => after(...Array.from({ length: count }, (_, n): [number, Happening] => [n, wants(`a${n}`, 'yellow')]))

  it('begins with the eleventh alert in ten minutes', () => {
    expect([flood(10).flood, flood(11).flood]).toEqual([false, true])
  })

  it('has one calm call, urgent for red alone', () => {
    expect(tone(flood(11), 400_000)).toEqual({ tone: 'new', loud: false })
    expect(tone(next(flood(11), wants('r', 'red'), 20_000), 21_000)).toEqual({ tone: 'urgent', loud: false })
  })

  it('ends when fewer than five came in ten minutes', () => {
    expect(next(flood(11), { type: 'tick' }, 606_000 - 1).flood).toBe(true)
    expect(next(flood(11), { type: 'tick' }, 607_000).flood).toBe(false)
  })
})

describe('a shelved alert', () => {
  it('is silent until it comes back by itself', () => {
    const state = after([0, wants('a', 'yellow')], [1, { type: 'shelve', id: 'a', until: 60_000 }])

    expect(heard(state, 59)).toBe('none')
    expect(heard(next(state, { type: 'tick' }, 60_000), 60)).toBe('new')
  })

  it('is never red', () => {
    const shelved = (severity: Severity): Alarm => after([0, wants('a', severity)], [1, { type: 'shelve', id: 'a', until: 60_000 }])

    expect(shelved('red').shelved).toEqual([])
    expect(next(shelved('yellow'), { type: 'rose', id: 'a', severity: 'red' }, 2000).shelved).toEqual([])
  })
})
