/** Reads a stream of server-sent events by `fetch`, so that every type comes and a refusal is seen. */
import { signedInAgain } from './http'
import type { Frame } from './stream'

/** What a stream says, and what one tab tells another. */
export type Told =
  | { kind: 'frame'; frame: Frame }
  /** The server's time, and real time beside it. */
  | { kind: 'beat'; now: string; real: string | null }
  | { kind: 'resync'; id: number }

export interface Reading {
  path: string
  /** The last number it has; asked at each connection. */
  after: () => number | undefined
  signal: AbortSignal
  tell: (told: Told) => void
}

const FIRST_MS = 1000
const MOST_MS = 5000

/** Read until aborted, coming back whenever the connection ends. */
export async function reading({ path, after, signal, tell }: Reading): Promise<void> {
  for (let wait = FIRST_MS; !signal.aborted; wait = Math.min(MOST_MS, wait * 2)) {
    const begun = performance.now()
    await once(path, after(), signal, tell).catch(() => undefined)
    if (performance.now() - begun > MOST_MS) wait = FIRST_MS / 2
    await pause(wait * (0.75 + Math.random() / 2), signal)
  }
}

async function once(
  path: string,
  after: number | undefined,
  signal: AbortSignal,
  tell: (told: Told) => void,
): Promise<void> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' }
  if (after !== undefined) headers['Last-Event-ID'] = String(after)
  const answer = await fetch(path, { headers, signal, cache: 'no-store', credentials: 'same-origin' })
  if (answer.status === 401) return await signedInAgain()
  if (!answer.ok || answer.body === null) return await answer.body?.cancel()
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  const parse = makeParser(tell)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    parse(value)
  }
}

/** Take text as it comes, in pieces of any size, and tell each event that is whole. */
export function makeParser(tell: (told: Told) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const told = parsed(block)
      if (told !== null) tell(told)
    }
  }
}

function parsed(block: string): Told | null {
  let id: number | null = null
  let type = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (line.startsWith('id:')) id = Number(value)
    else if (line.startsWith('event:')) type = value
    else if (line.startsWith('data:')) data.push(value)
  }
  if (data.length === 0) return null
  const body: unknown = JSON.parse(data.join('\n'))
  if (type === 'heartbeat') {
    const { now, real } = body as { now: string; real?: string }
    return { kind: 'beat', now, real: real ?? null }
  }
  if (type === 'resync') return { kind: 'resync', id: id ?? 0 }
  return { kind: 'frame', frame: { id, type, data: body } }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((go) => {
    const timer = setTimeout(go, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      go()
    }, { once: true })
  })
}
