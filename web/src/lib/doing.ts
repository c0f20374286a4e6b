/**
 * Doing an act once. Its key is kept until the server answered, so that a reload in the middle, or a
 * second click, sends the same act again and not another one.
 */
import { http, newKey, Refusal } from '@/lib/http'

const PREFIX = 'd115.act.'
const doing = new Map<string, Promise<unknown>>()

interface Kept {
  key: string
  incident: string
  verb: string
  body: Record<string, unknown>
}

/** Do an act. A second call while the first is on its way is the same act. */
export async function act(incident: string, verb: string, body: Record<string, unknown> = {}): Promise<void> {
  const name = `${incident}/${verb}`
  const running = doing.get(name)
  if (running !== undefined) return void (await running)
  const kept: Kept = { key: newKey(), incident, verb, body }
  sessionStorage.setItem(PREFIX + name, JSON.stringify(kept))
  const sending = send(kept)
  doing.set(name, sending)
  try {
    await sending
  } finally {
    doing.delete(name)
  }
}

async function send({ key, incident, verb, body }: Kept): Promise<void> {
  const name = `${PREFIX}${incident}/${verb}`
  try {
    await http.post<unknown>(`/v1/incidents/${incident}/${verb}`, { key, body })
    sessionStorage.removeItem(name)
  } catch (error) {
    if (!(error instanceof Refusal) || !error.unreached) sessionStorage.removeItem(name)
    throw error
  }
}

/** Send again what a reload cut off; the server knows what it did already. Gives how many went. */
export async function resume(): Promise<number> {
  const names = Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))
  const sent = names.map(async (name) => {
    const kept = JSON.parse(sessionStorage.getItem(name) ?? 'null') as Kept | null
    if (kept !== null) await send(kept)
  })
  const outcomes = await Promise.allSettled(sent)
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}
