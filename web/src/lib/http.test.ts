import { beforeEach, describe, expect, it, vi } from 'vitest'
import { http, onLapse, Refusal } from './http'

let answers: (Response | Error)[] = []
let asked: { address: string; init: RequestInit }[] = []
const header = (n: number, name: string): string | null => new Headers(asked[n]?.init.headers).get(name)
const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

beforeEach(() => {
  answers = []
  asked = []
  vi.stubGlobal('setTimeout', (go: () => void) => queueMicrotask(go))
  vi.stubGlobal('fetch', (address: string, init: RequestInit) => {
    asked.push({ address, init })
    const answer = answers.shift() ?? json({})
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  })
})

describe('a call', () => {
  it('fills the path and the query, and escapes both', async () => {
    await http.get('/v1/x/{id}', { path: { id: 'a/b' }, query: { state: ['open', 'closed'], text: '警 情', none: null } })

    expect(asked[0]?.address).toBe(`/v1/x/a%2Fb?state=open&state=closed&text=${encodeURIComponent('警')}+${encodeURIComponent('情')}`)
  })

  it('never goes out with a part of its path missing', async () => {
    await expect(http.get('/v1/x/{id}')).rejects.toThrow('needs id')
    expect(asked).toEqual([])
  })

  it('says that a page makes it, and reading says nothing', async () => {
    await http.post('/v1/x', { body: {} })
    await http.get('/v1/x')

    expect([header(0, 'X-D115-Page'), header(1, 'X-D115-Page'), header(1, 'Idempotency-Key')]).toEqual(['1', null, null])
  })

  it('keeps its idempotency key over its tries, so that nothing is done twice', async () => {
    answers = [new TypeError('cut'), json({}, 503), json({ done: true })]

    await expect(http.post('/v1/x', { body: {} })).resolves.toEqual({ done: true })

    expect(new Set([0, 1, 2].map((n) => header(n, 'Idempotency-Key'))).size).toBe(1)
  })

  it('gives up after three tries, and says that nobody knows whether it was done', async () => {
    answers = [new TypeError('cut'), new TypeError('cut'), new TypeError('cut')]

    await expect(http.post('/v1/x', { body: {}, key: 'mine' })).rejects.toMatchObject({ status: 0, unreached: true })
    expect([asked.length, header(2, 'Idempotency-Key')]).toEqual([3, 'mine'])
  })

  it('tells a refusal by its type, with every field at fault', async () => {
    answers = [json({ type: '/problems/invalid', title: 'Invalid', detail: 'Two fields.', status: 422, errors: [{ field: 'a', message: 'b' }] }, 422)]

    const refusal = await http.post('/v1/x', { body: {} }).catch((error: unknown) => error)

    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({ status: 422, type: 'invalid', message: 'Two fields.', fields: [{ field: 'a', message: 'b' }] })
    expect(asked).toHaveLength(1)
  })

  it('waits for the password when the session has lapsed, and then goes on with the same key', async () => {
    let signIn = (): void => undefined
    onLapse(() => new Promise((go) => (signIn = go)))
    answers = [json({}, 401), json({ done: true })]

    const call = http.post('/v1/x', { body: {} })
    for (let n = 0; n < 20; n += 1) await Promise.resolve()
    expect(asked).toHaveLength(1)
    signIn()

    await expect(call).resolves.toEqual({ done: true })
    expect(header(0, 'Idempotency-Key')).toBe(header(1, 'Idempotency-Key'))
  })
})
