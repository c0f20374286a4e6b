/** Calls to the services, typed by their OpenAPI documents. */
import type { paths as DispatcherPaths } from '@/api/dispatcher'
import type { paths as IntakePaths } from '@/api/intake'
import type { paths as NotifierPaths } from '@/api/notifier'

type Paths = DispatcherPaths & IntakePaths & NotifierPaths
type Method = 'get' | 'post' | 'put' | 'delete'

type Operation<P, M extends Method> = P extends keyof Paths
  ? M extends keyof Paths[P]
    ? NonNullable<Paths[P][M]>
    : never
  : never
type JsonOf<T> = T extends { content: { 'application/json': infer J } } ? J : undefined
type Success<R> = R extends object ? JsonOf<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : unknown

/** The paths that take a method. */
export type PathOf<M extends Method> = {
  [P in keyof Paths]: M extends keyof Paths[P] ? (Paths[P][M] extends object ? P : never) : never
}[keyof Paths]
/** What a call answers when all is well. */
export type Answer<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Success<R> : unknown
/** The body that a call takes. */
export type BodyOf<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { requestBody?: infer B } ? JsonOf<NonNullable<B>> : never
type QueryOf<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never
type PathParams<P extends keyof Paths, M extends Method> =
  Operation<P, M> extends { parameters: { path: infer Q } } ? { path: Q } : { path?: undefined }

type Scalar = string | number | boolean
interface Common {
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
  /** False: a 401 is thrown at once, the page is not asked for the password. */
  lapse?: boolean
  /** For how long one try may take; a photo on a bad line takes longer than the usual 15 s. */
  timeoutMs?: number
}
interface Writing extends Common {
  /** The idempotency key: the same over all tries of one act. Made if not given. */
  key?: string
}
export interface FreeOptions extends Writing {
  path?: Readonly<Record<string, Scalar>>
  query?: Readonly<Record<string, Scalar | readonly Scalar[] | null | undefined>>
  /** JSON for an object, sent as it is for a Blob. */
  body?: object
}
export type ReadOptions<P extends keyof Paths> = Common & { query?: QueryOf<P, 'get'> } & PathParams<P, 'get'>
export type WriteOptions<P extends keyof Paths, M extends Method> = Writing & {
  query?: QueryOf<P, M>
  body?: BodyOf<P, M>
} & PathParams<P, M>

/** One field at fault. */
export interface Fault {
  field: string
  message: string
}

/** What the server would not do (RFC 9457), or status 0 where it was not reached. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** The last part of the problem's address, as `not-found`. */
  readonly type: string
  constructor(
    readonly status: number,
    type: string,
    readonly title: string,
    readonly detail: string,
    readonly fields: readonly Fault[] = [],
    readonly body: Readonly<Record<string, unknown>> = {},
    /** After how many seconds the server wants to be asked again, if it said. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail === '' ? title : detail)
    this.type = type.replace(/^.*\/problems\//, '')
  }
  /** Nobody answered: it may have been done. The same key may be sent again. */
  get unreached(): boolean {
    return this.status === 0
  }
}

let lapsed: () => Promise<void> = () => Promise.reject(new Error('no session'))

/** Say what is done when the session has lapsed: resolves when somebody signed in again. */
export function onLapse(wait: () => Promise<void>): void {
  lapsed = wait
}

/** Resolves when somebody signed in again; the page is asked to. */
export function signedInAgain(): Promise<void> {
  return lapsed()
}

const TIMEOUT_MS = 15_000
const RETRIES = 2
const LAPSES = 3
const RETRY_MS = 600
const SAFE = new Set(['GET', 'HEAD'])

async function call(method: string, path: string, options: FreeOptions = {}): Promise<unknown> {
  const address = `${filled(path, options.path)}${asked(options.query)}`
  const headers = new Headers({ Accept: 'application/json', ...options.headers })
  if (!SAFE.has(method)) {
    headers.set('X-D115-Page', '1')
    if (!headers.has('Idempotency-Key')) headers.set('Idempotency-Key', options.key ?? newKey())
  }
  let body: BodyInit | undefined
  if (options.body instanceof Blob) body = options.body
  else if (options.body !== undefined) {
    body = JSON.stringify(options.body)
    headers.set('Content-Type', 'application/json')
  }
  let lapses = 0
  for (let attempt = 0; ; attempt += 1) {
    const answer = await tried(address, { method, headers, body, signal: options.signal, timeoutMs: options.timeoutMs })
    if (answer instanceof Refusal) {
      if (attempt >= RETRIES || options.signal?.aborted === true) throw answer
      await new Promise((go) => setTimeout(go, RETRY_MS * 2 ** attempt))
      continue
    }
    if (answer.status === 401 && options.lapse !== false && lapses < LAPSES) {
      lapses += 1
      await lapsed()
      continue
    }
    if (!answer.ok) throw await refusal(answer)
    return await content(answer)
  }
}

interface Request {
  method: string
  headers: Headers
  body: BodyInit | undefined
  signal?: AbortSignal
  timeoutMs?: number
}

async function tried(address: string, request: Request): Promise<Response | Refusal> {
  const late = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS)
  const signal = request.signal === undefined ? late : AbortSignal.any([late, request.signal])
  try {
    const answer = await fetch(address, {
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    })
    return answer.status === 502 || answer.status === 503 || answer.status === 504
      ? await refusal(answer)
      : answer
  } catch (error) {
    return new Refusal(0, 'unreached', 'Not reached', error instanceof Error ? error.message : '')
  }
}

async function content(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined
  const type = answer.headers.get('Content-Type') ?? ''
  if (type.includes('json')) return (await answer.json()) as unknown
  return type.startsWith('text/') ? await answer.text() : await answer.blob()
}

async function refusal(answer: Response): Promise<Refusal> {
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  const text = (key: string): string => (typeof body[key] === 'string' ? body[key] : '')
  const fields = Array.isArray(body['errors'])
    ? (body['errors'] as Fault[])
    : text('field') === ''
      ? []
      : [{ field: text('field'), message: text('detail') }]
  const type = text('type') === '' ? `http-${answer.status}` : text('type')
  const wait = Number(answer.headers.get('Retry-After') ?? Number.NaN)
  const retryAfter = Number.isFinite(wait) ? wait : null
  return new Refusal(answer.status, type, text('title'), text('detail'), fields, body, retryAfter)
}

function filled(path: string, params: FreeOptions['path'] = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`${path} needs ${name}`)
    return encodeURIComponent(String(value))
  })
}

function asked(query: FreeOptions['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? (value as Scalar[]) : [value as Scalar | null | undefined]) {
      if (each !== null && each !== undefined) search.append(name, String(each))
    }
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}

/** A new idempotency key, also on a page that came by plain HTTP. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

interface Http {
  /** `http.get('/v1/incidents/{incident}', {path: {incident}})`: typed by a known template. */
  get<P extends PathOf<'get'>>(path: P, ...options: Args<ReadOptions<P>>): Promise<Answer<P, 'get'>>
  /** Any other address, with the type that the caller expects. */
  get<T>(path: string, options?: FreeOptions): Promise<T>
  post<P extends PathOf<'post'>>(path: P, ...options: Args<WriteOptions<P, 'post'>>): Promise<Answer<P, 'post'>>
  post<T>(path: string, options?: FreeOptions): Promise<T>
  put<P extends PathOf<'put'>>(path: P, ...options: Args<WriteOptions<P, 'put'>>): Promise<Answer<P, 'put'>>
  put<T>(path: string, options?: FreeOptions): Promise<T>
  del<P extends PathOf<'delete'>>(path: P, ...options: Args<WriteOptions<P, 'delete'>>): Promise<Answer<P, 'delete'>>
  del<T>(path: string, options?: FreeOptions): Promise<T>
}
type Args<O> = object extends O ? [options?: O] : [options: O]

/** The four ways of calling a service; each throws a `Refusal` when it is not done. */
export const http: Http = {
  get: (path: string, options?: object) => call('GET', path, options as FreeOptions) as Promise<never>,
  post: (path: string, options?: object) => call('POST', path, options as FreeOptions) as Promise<never>,
  put: (path: string, options?: object) => call('PUT', path, options as FreeOptions) as Promise<never>,
  del: (path: string, options?: object) => call('DELETE', path, options as FreeOptions) as Promise<never>,
}
