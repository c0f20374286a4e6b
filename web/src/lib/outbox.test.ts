import 'fake-indexeddb/auto'
import { Blob as NodeBlob } from 'node:buffer'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, it, vi } from 'vitest'

type Outbox = typeof import('./outbox')

let answers: ((path: string) => Response | Error)[] = []
let sent: { path: string; key: string | null; body: Record<string, unknown> }[] = []

const ok = (): Response => new Response('{}', { status: 200, headers: { 'Content-Type': 'application/json' } })
const no = (status: number, type = 'x'): Response =>
  new Response(JSON.stringify({ type: `/problems/${type}`, title: 'T', detail: 'D', status }), { status })

/** The page is opened: its modules begin anew, what the browser keeps does not. */
async function opened(): Promise<Outbox> {
  vi.resetModules()
  return await import('./outbox')
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('setTimeout', (go: () => void) => queueMicrotask(go))
  answers = []
  sent = []
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const answer = (answers.shift() ?? ok)(path)
    if (answer instanceof Error) return Promise.reject(answer)
    if (answer.ok) {
      const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : {}
      sent.push({ path, key: new Headers(init.headers).get('Idempotency-Key'), body: body as Record<string, unknown> })
    }
    return Promise.resolve(answer)
  })
})
const offline = (times: number): void => {
  answers.push(...Array.from({ length: times }, () => () => new TypeError('offline')))
}

describe('the outbox of a phone', () => {
  it('sends what it keeps, in the order it was kept in', async () => {
    const box = await opened()
    offline(3)

    await box.enqueue({ path: '/a', body: {} })
    await box.flush()
    await box.enqueue({ path: '/b', body: {} })
    await box.flush()

    expect(sent.map(({ path }) => path)).toEqual(['/a', '/b'])
    expect(box.pending.value).toBe(0)
  })

  it('survives the closing of the browser, and keeps the time at which things happened', async () => {
    const before = await opened()
    offline(3)
    const kept = await before.enqueue({ path: '/arrive', body: { proof: 'tap' } })
    await before.flush()
    expect(before.pending.value).toBe(1)

    const after = await opened()
    const end = await after.begin()
    await after.flush()
    end()

    expect(sent).toEqual([{ path: '/arrive', key: kept.event_id, body: { proof: 'tap', occurred_at: kept.occurred_at } }])
    expect(after.pending.value).toBe(0)
  })

  it('keeps an act once, however often it is pressed', async () => {
    const box = await opened()
    offline(3)

    const [first, second] = [
      await box.enqueue({ path: '/a', body: {}, event_id: 'same' }),
      await box.enqueue({ path: '/a', body: {}, event_id: 'same' }),
    ]
    await box.flush()
    await box.flush()

    expect(second.seq).toBe(first.seq)
    expect(sent.filter(({ key }) => key === 'same')).toHaveLength(1)
  })

  it('drops nothing while the server is away, busy, or wants a sign-in', async () => {
    const box = await opened()

    for (const status of [503, 429, 401, 500]) {
      answers.push(...Array.from({ length: 3 }, () => () => no(status)))
      await box.enqueue({ path: '/a', body: {}, event_id: 'one' })
      await box.flush()
      expect(box.pending.value).toBe(1)
      answers = []
      answers.push(() => no(status), () => no(status), () => no(status))
      await box.flush()
      answers = []
    }
    await box.flush()

    expect(sent).toHaveLength(1)
  })

  it('keeps what was refused until a person has seen it, and sends the rest', async () => {
    const box = await opened()
    answers.push(() => no(409, 'already-done'))

    await box.enqueue({ path: '/a', body: {} })
    await box.flush()
    await box.enqueue({ path: '/b', body: {} })
    await box.flush()

    expect(box.refused.value.map(({ path, refused }) => [path, refused?.type])).toEqual([['/a', 'already-done']])
    expect(sent.map(({ path }) => path)).toEqual(['/b'])
    await box.dismiss(box.refused.value[0]?.seq ?? -1)
    expect(box.refused.value).toEqual([])
  })

  it('holds back only the acts of the incident that the server stumbles over', async () => {
    const box = await opened()
    offline(9)
    for (const path of ['/v1/incidents/a/arrive', '/v1/incidents/a/resolve', '/v1/incidents/b/accept']) {
      await box.enqueue({ path, body: {} })
    }
    await box.flush()
    answers = [() => no(500)]

    await box.flush()

    expect(sent.map(({ path }) => path)).toEqual(['/v1/incidents/b/accept'])
    expect(box.waiting.value.map(({ path }) => path)).toEqual(['/v1/incidents/a/arrive', '/v1/incidents/a/resolve'])
  })

  it('does not let what still waits be dismissed', async () => {
    const box = await opened()
    offline(9)
    const { seq } = await box.enqueue({ path: '/a', body: {} })
    await box.flush()

    await box.dismiss(seq)

    expect(box.pending.value).toBe(1)
  })

  it('sends a photo as it is, its time in a header', async () => {
    const box = await opened()
    vi.stubGlobal('Blob', NodeBlob) // the database of this test clones no other
    const headers: (string | null)[] = []
    vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
      headers.push(new Headers(init.headers).get('X-D115-Occurred-At'))
      return Promise.resolve(ok())
    })

    const { occurred_at } = await box.enqueue({ path: '/photos', body: new NodeBlob(['x'], { type: 'image/jpeg' }) })
    await box.flush()

    expect(headers).toEqual([occurred_at])
  })
})
