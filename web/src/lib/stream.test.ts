import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LeadOptions } from './leading'
import { makeParser, type Told } from './reading'
import { follow, type Following, type Frame, type Surroundings } from './stream'

let monotonic = 0
let wall = 0
let leader: LeadOptions | undefined
let renewed = 0
let following: Following | undefined

/** Let time pass as it does while the computer is awake. */
function pass(seconds: number): void {
  for (let n = 0; n < seconds * 4; n += 1) {
    monotonic += 250
    wall += 250
    vi.advanceTimersByTime(250)
  }
}
function sleep(seconds: number): void {
  wall += seconds * 1000
  pass(0.25)
}
const beat = (): Told => ({ kind: 'beat', now: '2026-03-02T04:00:00Z', real: null })
const frame = (id: number): Told => ({ kind: 'frame', frame: { id, type: 'incident.opened.v1', data: {} } })

const around: Surroundings = {
  monotonic: () => monotonic,
  wall: () => wall,
  visible: () => true,
  lead: (_path, options) => {
    leader = options
    return { renew: () => (renewed += 1), stop: () => undefined }
  },
  reading: () => Promise.resolve(),
}

function followed(after?: number): { frames: (number | null)[]; gaps: number[]; of: Following } {
  const frames: (number | null)[] = []
  const gaps: number[] = []
  following = follow('/v1/centers/a/stream', { after, onFrame: ({ id }: Frame) => frames.push(id), onGap: (n) => gaps.push(n) }, around)
  return { frames, gaps, of: following }
}

beforeEach(() => {
  vi.useFakeTimers()
  monotonic = 0
  wall = 1_000_000
  renewed = 0
})
afterEach(() => {
  following?.stop()
  vi.useRealTimers()
})

describe('a stream', () => {
  it('is live while heartbeats come, amber after 10 s of silence, red after 30 s, and says for how long', () => {
    const { of } = followed()

    pass(9.75)
    expect(of.link.value).toBe('live')
    pass(0.25)
    expect([of.link.value, of.silence.value]).toEqual(['slow', 10])
    pass(20)
    expect([of.link.value, of.silence.value]).toEqual(['lost', 30])
    leader?.take(beat())
    expect([of.link.value, of.silence.value]).toEqual(['live', 0])
  })

  it('shows as of when it is: the last time anything was heard', () => {
    const { of } = followed()
    leader?.take(beat())
    const heard = of.asOf.value

    pass(12)

    expect(of.asOf.value).toBe(heard)
  })

  it('is not amber for a moment after a reload', () => {
    expect(followed().of.link.value).toBe('live')
  })

  it('gives each frame once, also when it is told again', () => {
    const { frames, gaps } = followed(16)

    for (const id of [17, 18, 18, 17, 19]) leader?.take(frame(id))

    expect([frames, gaps]).toEqual([[17, 18, 19], []])
  })

  it('asks for the board anew when a number is missing, and goes on', () => {
    const { frames, gaps } = followed(16)

    leader?.take(frame(20))
    leader?.take(frame(21))

    expect([frames, gaps]).toEqual([[20, 21], [19]])
  })

  it('asks for the board anew when the server no longer keeps what it lacks', () => {
    const { gaps } = followed(3)

    leader?.take({ kind: 'resync', id: 900 })
    leader?.take(frame(901))

    expect(gaps).toEqual([900])
  })

  it('asks for the board anew when the tab that reads is farther already', () => {
    const { gaps } = followed(3)

    leader?.behind(7)
    leader?.behind(7)

    expect(gaps).toEqual([7])
  })

  it('goes on behind the last number it has', () => {
    followed(16)

    leader?.take(frame(17))

    expect(leader?.position()).toBe(17)
  })

  it('counts what came at once after an interruption, and not what comes later', () => {
    const { of } = followed(1)

    pass(12)
    leader?.take(beat())
    leader?.take(frame(2))
    leader?.take(frame(3))
    pass(5)
    leader?.take(frame(4))

    expect(of.missed.value).toBe(2)
  })

  it('connects anew when nothing is heard for 15 s', () => {
    followed()

    pass(14)
    expect(renewed).toBe(0)
    pass(1)
    expect(renewed).toBeGreaterThan(0)
  })

  it('knows that it slept, and says that its data are old', () => {
    const { of } = followed()

    sleep(3600)

    expect(of.link.value).toBe('lost')
    expect(renewed).toBeGreaterThan(0)
  })
})

describe('the reading of a stream', () => {
  function told(...pieces: string[]): Told[] {
    const found: Told[] = []
    const parse = makeParser((each) => found.push(each))
    pieces.forEach(parse)
    return found
  }

  it('takes events that come in pieces of any size', () => {
    const text = 'retry: 1000\n\nid: 7\nevent: incident.opened.v1\ndata: {"a":"警情"}\n\n'
    const whole = [{ kind: 'frame', frame: { id: 7, type: 'incident.opened.v1', data: { a: '警情' } } }]

    expect(told(text)).toEqual(whole)
    expect(told(...text)).toEqual(whole)
  })

  it('tells a heartbeat by the time of the server and real time', () => {
    const text = 'event: heartbeat\ndata: {"now":"2026-03-02T04:00:00Z","real":"2026-03-02T04:00:01Z"}\n\n'

    expect(told(text)).toEqual([{ kind: 'beat', now: '2026-03-02T04:00:00Z', real: '2026-03-02T04:00:01Z' }])
  })

  it('tells a resync with its number', () => {
    expect(told('id: 9\nevent: resync\ndata: {"sequence":9}\n\n')).toEqual([{ kind: 'resync', id: 9 }])
  })
})
