import { describe, expect, it } from 'vitest'
import { beijing, makeClock, span } from './clock'

function awake(): { now: () => number; pass: (ms: number) => void } {
  let ms = 5000
  return { now: () => ms, pass: (more) => (ms += more) }
}
const NOON = Date.UTC(2026, 2, 2, 4)

describe('the server clock in a page', () => {
  it('runs on from what the server said, whatever the clock of the computer says', () => {
    const time = awake()
    const clock = makeClock(time.now, NOON + 300_000)

    clock.forget()
    clock.observe(new Date(NOON).toISOString())
    time.pass(1500)

    expect(clock.now()).toBe(NOON + 1500)
  })

  it('runs as many times as fast as the server says', () => {
    const time = awake()
    const clock = makeClock(time.now, 0)

    clock.observe(NOON, 10)
    time.pass(2000)

    expect(clock.now()).toBe(NOON + 20_000)
  })

  it('takes the answer that was least late, and is not pulled back by a slow one', () => {
    const time = awake()
    const clock = makeClock(time.now, 0)

    clock.observe(NOON)
    time.pass(5000)
    clock.observe(NOON + 5000 - 900)

    expect(clock.now()).toBe(NOON + 5000)
  })

  it('jumps at once to the right time after a sleep that its own clock did not count', () => {
    const time = awake()
    const clock = makeClock(time.now, 0)

    clock.observe(NOON)
    time.pass(100)
    clock.observe(NOON + 3_600_000)

    expect(clock.now()).toBe(NOON + 3_600_000)
  })

  it('jumps back too, as after a move to another server', () => {
    const time = awake()
    const clock = makeClock(time.now, 0)

    clock.observe(NOON)
    clock.observe(NOON - 60_000)

    expect(clock.now()).toBe(NOON - 60_000)
  })

  it('forgets what it saw at another speed', () => {
    const time = awake()
    const clock = makeClock(time.now, 0)

    clock.observe(NOON, 10)
    clock.observe(NOON + 50, 1)
    time.pass(1000)

    expect(clock.now()).toBe(NOON + 1050)
  })

  it('takes no notice of what is no time', () => {
    const time = awake()
    const clock = makeClock(time.now, 7)

    clock.observe('soon')

    expect(clock.now()).toBe(7)
  })
})

describe('written times', () => {
  it('are Beijing time wherever the page is read', () => {
    expect(beijing('2026-11-23T06:03:21Z', 'full')).toBe('2026-11-23 14:03:21')
    expect(beijing('2026-11-23T16:00:00Z', 'date')).toBe('2026-11-24')
    expect(beijing('2026-11-23T16:00:00Z', 'time')).toBe('00:00:00')
    expect(beijing('2026-11-23T06:03:21Z', 'weekday')).toBe('周一')
    expect(beijing(null, 'time')).toBe('')
  })

  it('show a length in minutes and seconds, and hours where there are any', () => {
    expect([span(34_000), span(242_999), span(-12_000), span(3_723_000)]).toEqual(['00:34', '04:02', '00:12', '1:02:03'])
  })
})
