/**
 * Who is signed in.
 *
 * A call that is not let in first tries to renew its pass: after a sleep that is all it takes. Only if the
 * session itself is over, the page asks for the password, over what it shows; nothing on it is lost,
 * and the calls that waited go on.
 */
import { reactive } from 'vue'
import { observe } from './clock'
import { http, onLapse, Refusal } from './http'
import { prefer } from './i18n'

export interface User {
  name: string
  display: string
  role: string
  organisation: string
  organisation_name: string
  team: string | null
  person: string | null
  language: string | null
  device?: 'wall' | 'kiosk' | null
}
interface Opened {
  user: User
  expires_at: string
  clock: { now: string; factor: number }
}

const RENEW_MS = 120_000

/** The signed-in user, and whether the session has lapsed under the page. */
export const session = reactive<{ user: User | null; lapsed: boolean; expires: number }>({
  user: null,
  lapsed: false,
  expires: 0,
})

let timer: ReturnType<typeof setInterval> | undefined
let waiting: (() => void)[] = []
let renewing: Promise<boolean> | undefined

onLapse(async () => {
  if (await renew()) return
  session.lapsed = true
  await new Promise<void>((go) => waiting.push(go))
})

/** Ask who is signed in; null if nobody is. */
export async function load(): Promise<User | null> {
  try {
    return opened(await http.get<Opened>('/v1/session', { lapse: false }))
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return null
    throw error
  }
}

/** Sign in; calls that waited for it go on. Throws a `Refusal` if the server says no. */
export async function signIn(name: string, password: string): Promise<User> {
  return opened(await http.post<Opened>('/v1/session', { body: { name, password }, lapse: false }))
}

/** Sign in a wall or kiosk by its device token. */
export async function signInDevice(token: string): Promise<User> {
  return opened(await http.post<Opened>('/v1/session/device', { body: { token }, lapse: false }))
}

/** End the session here and on the server. */
export async function signOut(): Promise<void> {
  await http.del<unknown>('/v1/session', { lapse: false })
  session.user = null
  clearInterval(timer)
  timer = undefined
  document.removeEventListener('visibilitychange', returned)
}

function opened(answer: Opened): User {
  session.user = answer.user
  session.lapsed = false
  session.expires = Date.parse(answer.expires_at)
  observe(answer.clock.now, answer.clock.factor)
  prefer(answer.user.language)
  if (timer === undefined) {
    timer = setInterval(() => void renew(), RENEW_MS)
    document.addEventListener('visibilitychange', returned)
  }
  const go = waiting
  waiting = []
  go.forEach((each) => each())
  return answer.user
}

/** Come back to: another tab may have signed in, or the computer slept. */
function returned(): void {
  if (document.visibilityState === 'visible') void renew()
}

/** Stay signed in; false if the session is over. An unreached server changes nothing. */
function renew(): Promise<boolean> {
  renewing ??= renewed().finally(() => {
    renewing = undefined
  })
  return renewing
}

async function renewed(): Promise<boolean> {
  try {
    opened(await http.post<Opened>('/v1/session/renew', { lapse: false }))
    return true
  } catch (error) {
    const over = error instanceof Refusal && error.status === 401
    if (over && session.user !== null) session.lapsed = true
    return false
  }
}
