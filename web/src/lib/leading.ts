/**
 * One stream a browser: the tab that holds the lock reads, and tells the others. A browser has few
 * connections to one server, and ten tabs need no ten streams.
 *
 * The lock goes to the next tab when the leader closes or crashes. A leader that was put to sleep by
 * the browser answers nobody: then a tab that is looked at steals the lock. Where there are no locks
 * (a plain-HTTP address), each tab reads for itself.
 */
import type { Told } from './reading'

type Message =
  | { say: 'told'; told: Told }
  /** A follower asks whether there is a leader, and where it stands. */
  | { say: 'where' }
  | { say: 'here'; position: number | null }

export interface LeadOptions {
  /** Read from the server until aborted. */
  read: (signal: AbortSignal, tell: (told: Told) => void) => Promise<void>
  /** Take what was told, by the server or by the leader. */
  take: (told: Told) => void
  position: () => number | undefined
  /** The leader stands at `n` already: what lies before it comes no more. */
  behind: (n: number) => void
}
export interface Leading {
  /** Nothing is heard: read anew, or see whether the leader is still there. */
  renew: () => void
  stop: () => void
}

const ANSWER_MS = 2000
const AGAIN_MS = 10_000

/** Take part in reading a path; `locks` and `channel` are the browser's unless given. */
export function lead(
  path: string,
  { read, take, position, behind }: LeadOptions,
  locks: LockManager | null | undefined = navigator.locks as LockManager | undefined,
  channel = new BroadcastChannel(`d115:${path}`),
): Leading {
  const ending = new AbortController()
  let connection: AbortController | undefined
  let current: symbol | undefined // of the run that holds the lock; none while another tab leads
  let asked: ReturnType<typeof setTimeout> | undefined
  let renewed = -Infinity

  const say = (message: Message): void => channel.postMessage(message)
  const tell = (told: Told): void => {
    take(told)
    say({ say: 'told', told })
  }

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (current !== undefined) {
      if (data.say === 'where') say({ say: 'here', position: position() ?? null })
      return
    }
    clearTimeout(asked)
    asked = undefined
    if (data.say === 'told') take(data.told)
    else if (data.say === 'here' && data.position !== null) behind(data.position)
  }

  async function run(): Promise<void> {
    const mine = Symbol('run')
    current = mine
    while (!ending.signal.aborted && current === mine) {
      connection = new AbortController()
      await read(AbortSignal.any([ending.signal, connection.signal]), tell)
    }
  }

  function queue(steal: boolean): void {
    if (!locks) {
      void run()
      return
    }
    const options: LockOptions = steal ? { steal } : { signal: ending.signal }
    locks.request(`d115:${path}`, options, run).catch(() => {
      if (ending.signal.aborted) return
      current = undefined // another tab took it: this one follows, and stands in line again
      connection?.abort()
      queue(false)
    })
  }

  queue(false)
  say({ say: 'where' })

  return {
    renew() {
      const now = performance.now()
      if (now - renewed < AGAIN_MS) return
      renewed = now
      if (current !== undefined) {
        connection?.abort()
        return
      }
      asked ??= setTimeout(() => {
        asked = undefined
        if (current === undefined && !ending.signal.aborted) queue(true)
      }, ANSWER_MS)
      say({ say: 'where' })
    },
    stop() {
      clearTimeout(asked)
      current = undefined
      ending.abort()
      channel.close()
    },
  }
}
