import { beforeEach, describe, expect, it, vi } from 'vitest'

type Session = typeof import('./session')
type Http = typeof import('./http')

let over = true
let passed = false
let asked: string[] = []
const user = { name: 'operator-a', display: '张甲', role: 'operator', organisation: 'a', organisation_name: 'A', team: null, person: null, language: null }
const answer = (status: number, body: unknown = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const opened = (): Response => {
  passed = true
  return answer(201, { user, expires_at: '2026-03-02T18:00:00Z', clock: { now: '2026-03-02T04:00:00Z', factor: 1 } })
}

async function modules(): Promise<[Session, Http]> {
  vi.resetModules()
  return [await import('./session'), await import('./http')]
}

beforeEach(() => {
  over = true
  passed = false
  asked = []
  vi.stubGlobal('fetch', (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`)
    if (method === 'POST' && path === '/v1/session') return Promise.resolve(opened())
    if (path.startsWith('/v1/session')) return Promise.resolve(over ? answer(401, { type: '/problems/session-lapsed' }) : opened())
    return Promise.resolve(passed ? answer(200, { done: true }) : answer(401))
  })
})

describe('a session', () => {
  it('belongs to nobody before somebody signs in', async () => {
    const [session] = await modules()

    expect(await session.load()).toBeNull()
    expect(session.session.lapsed).toBe(false)
  })

  it('renews its pass after a sleep, and nobody notices', async () => {
    const [session, { http }] = await modules()
    over = false

    await expect(http.get('/v1/x')).resolves.toEqual({ done: true })

    expect(session.session.lapsed).toBe(false)
    expect(asked).toEqual(['GET /v1/x', 'POST /v1/session/renew', 'GET /v1/x'])
  })

  it('asks for the password when it is over, and the calls that waited go on', async () => {
    const [session, { http }] = await modules()
    const calls = Promise.all([http.get('/v1/x'), http.post('/v1/y')])
    await vi.waitFor(() => expect(session.session.lapsed).toBe(true))

    await session.signIn('operator-a', 'demo')

    await expect(calls).resolves.toEqual([{ done: true }, { done: true }])
    expect(session.session).toMatchObject({ lapsed: false, user: { display: '张甲' } })
  })

  it('does not ask for ever when a pass is not taken', async () => {
    const [, { http }] = await modules()
    over = false
    vi.stubGlobal('fetch', (path: string) => Promise.resolve(path.startsWith('/v1/session') ? opened() : answer(401, { type: '/problems/unknown-key' })))

    await expect(http.get('/v1/x')).rejects.toMatchObject({ status: 401, type: 'unknown-key' })
  })
})
