/** What this phone has pressed: kept by the outbox, and shown at once as if it had been sent. */
import { computed, ref, toRaw, watch } from 'vue'
import { begin, dismiss, enqueue, flush, refused, waiting as stored, type Item } from '@/lib/outbox'
import type { Waiting } from './step'

const ECHO_MS = 30_000
const PATH = /^\/v1\/incidents\/([0-9a-f-]{36})\/([a-z-]+)$/

/** Recorded here, and not yet seen in what the server told. */
const echoes = ref<readonly (Waiting & { until: number })[]>([])

/** An item as the state machine reads it; null for what is no act on an incident. */
export function waitingOf(item: Pick<Item, 'path' | 'occurred_at' | 'event_id' | 'body'>): Waiting | null {
  const [, incident, verb] = PATH.exec(item.path) ?? []
  if (incident === undefined || verb === undefined) return null
  const { number } = item.body as { number?: unknown }
  const act: Waiting = { event_id: item.event_id, incident, verb, at: item.occurred_at }
  return typeof number === 'number' ? { ...act, number } : act
}

/** The acts that the state does not show yet: what waits, and what was just sent. */
export const acts = computed<Waiting[]>(() => {
  const queued = stored.value.map(waitingOf).filter((act) => act !== null)
  const known = new Set(queued.map((act) => act.event_id))
  return [...queued, ...echoes.value.filter((act) => !known.has(act.event_id))]
})

/** Record an act now, with its time, and send it as soon as it can be sent. */
export async function record(incident: string, verb: string, body: object = {}): Promise<void> {
  const item = await enqueue({ path: `/v1/incidents/${incident}/${verb}`, body })
  const act = waitingOf(item)
  if (act !== null) echoes.value = [...echoes.value, { ...act, until: Date.now() + ECHO_MS }]
}

/** Send an act again that was refused, as a new one. What was refused stays until the new one is kept. */
export async function again(item: Item): Promise<void> {
  await enqueue({ path: item.path, body: toRaw(item).body })
  await dismiss(item.seq)
}

/** The server told of an incident: what it shows is not echoed any more. */
export function heard(incident: string): void {
  const queued = new Set(stored.value.map((item) => item.event_id))
  const sent = (act: Waiting): boolean => act.incident === incident && !queued.has(act.event_id)
  echoes.value = echoes.value.filter((act) => !sent(act))
}

function forgetRefused(): void {
  const gone = new Set(refused.value.map((item) => item.event_id))
  echoes.value = echoes.value.filter((act) => act.until > Date.now() && !gone.has(act.event_id))
}

/** Begin: take up what was left from before. Tells `sent` when something has gone out. Returns the end. */
export async function beginQueue(sent: () => void): Promise<() => void> {
  const ends = [
    watch(stored, (now, before) => now.length < before.length && sent()),
    watch(refused, forgetRefused),
    await begin(),
  ]
  const worker = (event: MessageEvent): void => void (event.data === 'd115-outbox' && flush())
  navigator.serviceWorker?.addEventListener('message', worker)
  return () => {
    navigator.serviceWorker?.removeEventListener('message', worker)
    ends.forEach((end) => end())
  }
}
