import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

const ID = '0b0f5a52-6f0e-5c5c-9d8a-000000000115'
interface Sent { path: string; key: string | null; body: Record<string, unknown> }
let answers: (() => Promise<Response>)[] = []
let sent: Sent[] = []

function answer(status: number, body: object = {}): () => Promise<Response> {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }))
}
const away = (): Promise<Response> => Promise.reject(new TypeError('no signal'))

beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.resetModules()
  sent = []
  answers = []
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    sent.push({ path, key: new Headers(init.headers).get('Idempotency-Key'), body })
    return (answers.shift() ?? away)()
  })
  await nextTick()
})
async function settled(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 4000, interval: 20 })
}

describe('a press on the phone', () => {
  it('is known at once with no signal, and stays', async () => {
    const queue = await import('./queue')
    await queue.record(ID, 'accept')

    expect(queue.acts.value.map(({ verb, incident }) => [verb, incident])).toEqual([['accept', ID]])
    await (await import('@/lib/outbox')).flush() // its tries are over before the next test answers
  })

  it('goes out with its key and the time it was made, and is echoed until the server tells', async () => {
    answers = [answer(200)]
    const queue = await import('./queue')
    const outbox = await import('@/lib/outbox')
    await queue.record(ID, 'arrive', { proof: 'tap' })
    const [act] = queue.acts.value
    await settled(() => expect(outbox.pending.value).toBe(0))

    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ path: `/v1/incidents/${ID}/arrive`, key: act?.event_id })
    expect(sent[0]?.body).toEqual({ proof: 'tap', occurred_at: act?.at })
    expect(queue.acts.value).toHaveLength(1)
    queue.heard(ID)
    expect(queue.acts.value).toEqual([])
  })

  it('that is refused is kept to be seen, and is not foreseen any more', async () => {
    answers = [answer(409, { type: '/problems/assignment-ended', detail: 'the assignment ended' })]
    const queue = await import('./queue')
    const outbox = await import('@/lib/outbox')
    const end = await queue.beginQueue(() => undefined)
    await queue.record(ID, 'depart')
    await settled(() => expect(outbox.refused.value).toHaveLength(1))
    await nextTick()

    expect(queue.acts.value).toEqual([])
    expect(outbox.refused.value[0]?.refused?.type).toBe('assignment-ended')
    end()
  })

  it('that was refused goes out again as a new act when somebody says so', async () => {
    answers = [answer(409, { type: '/problems/bad-disposition' }), answer(200)]
    const queue = await import('./queue')
    const outbox = await import('@/lib/outbox')
    await queue.record(ID, 'resolve', { disposition: 'medical' })
    await settled(() => expect(outbox.refused.value).toHaveLength(1))
    const [item] = outbox.refused.value
    if (item !== undefined) await queue.again(item)
    await settled(() => expect(sent).toHaveLength(2))

    expect(sent[1]?.key).not.toBe(sent[0]?.key)
    expect(outbox.refused.value).toEqual([])
  })
})

it('an update that is noted says which', async () => {
  const { waitingOf } = await import('./queue')
  const item = { path: `/v1/incidents/${ID}/noted`, occurred_at: '2026-11-23T06:00:00Z', event_id: 'e', body: { number: 3 } }
  expect(waitingOf(item)).toEqual({ event_id: 'e', incident: ID, verb: 'noted', at: item.occurred_at, number: 3 })
  expect(waitingOf({ ...item, path: '/v1/messages/test' })).toBeNull()
})
