/** What the phone keeps for a start without signal: the last state it was told, with its time. */
import type { User } from '@/lib/session'
import type { Directory, Kind } from './directory'
import type { Incident } from './step'

const KEY = 'd115.team.kept'

/** The last state, stamped: it is shown as of `at`, never as fresh. */
export interface Kept {
  at: number
  user: User
  incidents: Incident[]
  /** What was told of each incident in free text, while the team is on it. */
  texts: Record<string, string[]>
  directory: Directory | null
  kinds: Kind[]
}

/** Keep the state; a full store is not worth an error on the screen. */
export function keep(state: Kept): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(state))
  } catch {
    localStorage.removeItem(KEY)
  }
}

/** What was kept, if it can be read. */
export function recallKept(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

/** Forget it: at signing out. */
export function forget(): void {
  localStorage.removeItem(KEY)
}
