/** Where whoever signed in is led to. */
import type { User } from '@/lib/session'

const HOMES: Record<string, string> = {
  station: '/station',
  operator: '/console',
  chief: '/console',
  team: '/team',
}

/** The page of a role; a wall display shows the console's wall view. */
export function homeOf(user: Pick<User, 'role' | 'device'>): string {
  const home = HOMES[user.role] ?? '/park'
  return user.device === 'wall' && home === '/console' ? '/console?wall=1' : home
}

/** Where to go on: what was asked for if it is a page of ours, else the role's own. */
export function leadTo(user: Pick<User, 'role' | 'device'>, next: string | null): string {
  const own = next !== null && /^\/(console|station|team|park)(\?[\w=&-]*)?$/.test(next)
  return own && user.device !== 'wall' ? next : homeOf(user)
}
