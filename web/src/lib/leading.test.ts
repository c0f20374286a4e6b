import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lead, type Leading } from './leading'
import type { Told } from './reading'

/** Locks and channels of one browser, for tabs in one process. */
class Locks {
  private readonly line: { run: () => Promise<void>; fail: (e: Error) => void }[] = []
  private holder: { fail: (e: Error) => void } | undefined

  request(_name: string, options: LockOptions, run: () => Promise<void>): Promise<void> {
    return new Promise<void>((done, fail) => {
      const entry = { run: () => run().then(done, fail), fail }
      options.signal?.addEventListener('abort', () => fail(new Error('aborted')))
      if (options.steal === true) {
        this.holder?.fail(new Error('stolen'))
        this.hold(entry)
      } else if (this.holder === undefined) this.hold(entry)
      else this.line.push(entry)
    })
  }

  private hold(entry: { run: () => Promise<void>; fail: (e: Error) => void }): void {
    this.holder = entry
    void entry.run().finally(() => {
      if (this.holder !== entry) return
      this.holder = undefined
      const following = this.line.shift()
      if (following !== undefined) this.hold(following)
    })
  }
}
class Channel {
  onmessage: ((event: MessageEvent) => void) | null = null
  deaf = false
  constructor(private readonly tabs: Channel[]) {
    tabs.push(this)
  }
  postMessage(data: unknown): void {
    if (this.deaf) return
    for (const tab of this.tabs) if (tab !== this && !tab.deaf) tab.onmessage?.({ data } as MessageEvent)
  }
  close(): void {
    this.tabs.splice(this.tabs.indexOf(this), 1)
  }
}

interface Tab {
  leading: Leading
  channel: Channel
  told: Told[]
  behind: number[]
  connections: ((told: Told) => void)[]
}
let locks: Locks
let channels: Channel[]
const tabs: Tab[] = []

function tab(position = 5): Tab {
  const channel = new Channel(channels)
  const made: Omit<Tab, 'leading'> = { channel, told: [], behind: [], connections: [] }
  const leading = lead(
    '/v1/x',
    {
      read: (signal, tell) => {
        made.connections.push(tell)
        return new Promise((done) => signal.addEventListener('abort', () => done()))
      },
      take: (each) => made.told.push(each),
      position: () => position,
      behind: (n) => made.behind.push(n),
    },
    locks as unknown as LockManager,
    channel as unknown as BroadcastChannel,
  )
  const whole = { ...made, leading }
  tabs.push(whole)
  return whole
}
const beat: Told = { kind: 'beat', now: '2026-03-02T04:00:00Z', real: null }

beforeEach(() => {
  vi.useFakeTimers()
  locks = new Locks()
  channels = []
})
afterEach(() => {
  tabs.splice(0).forEach(({ leading }) => leading.stop())
  vi.useRealTimers()
})

describe('the tabs of one browser', () => {
  it('read through one connection, and all take what it tells', () => {
    const [first, second] = [tab(), tab()]

    first.connections[0]?.(beat)

    expect([first.connections.length, second.connections.length]).toEqual([1, 0])
    expect([first.told, second.told]).toEqual([[beat], [beat]])
  })

  it('tell a new one where the stream stands', () => {
    tab(9)

    expect(tab(5).behind).toEqual([9])
  })

  it('go on when the one that reads is closed', async () => {
    const [first, second] = [tab(), tab()]

    first.leading.stop()
    await vi.advanceTimersByTimeAsync(0)

    expect(second.connections).toHaveLength(1)
  })

  it('leave a leader that answers alone, though the server is silent', async () => {
    const [first, second] = [tab(), tab()]

    second.leading.renew()
    await vi.advanceTimersByTimeAsync(3000)

    expect([first.connections.length, second.connections.length]).toEqual([1, 0])
  })

  it('steal the stream from one that was put to sleep, which follows when it wakes', async () => {
    const [first, second] = [tab(), tab()]
    first.channel.deaf = true

    second.leading.renew()
    await vi.advanceTimersByTimeAsync(3000)
    first.channel.deaf = false
    second.connections[0]?.(beat)

    expect([second.connections.length, first.told]).toEqual([1, [beat]])
  })

  it('connect anew when the one that reads hears nothing', async () => {
    const first = tab()

    await vi.advanceTimersByTimeAsync(20_000)
    first.leading.renew()
    await vi.advanceTimersByTimeAsync(0)

    expect(first.connections).toHaveLength(2)
  })
})
