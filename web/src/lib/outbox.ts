/**
 * Acts of a phone, kept in IndexedDB until the server has them: in order, each once, none dropped.
 *
 * Each has its idempotency key and the time it happened at from the moment it is kept, so that it may be
 * sent late and twice. What the server would not have stays until a person has seen it. The page and
 * the service worker use the same box; a lock lets one of them send at a time.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { computed, ref } from 'vue'
import { serverNow } from './clock'
import { http, newKey, Refusal } from './http'

export interface Item {
  /** The idempotency key, the same over all tries. */
  event_id: string
  /** The server's time when it happened. */
  occurred_at: string
  /** What was added to the phone's own clock to get it, in milliseconds. */
  offset: number
  /** The run of the page it was made in. */
  boot: string
  seq: number
  path: string
  /** JSON, or a photo as it is. */
  body: object
  /** Why the server would not have it. */
  refused?: { status: number; type: string; detail: string }
}
export interface Act {
  path: string
  body: object
  event_id?: string
}
interface Shape extends DBSchema {
  items: { key: number; value: Item; indexes: { event: string } }
}

const BOOT = newKey()
const LOCK = 'd115:outbox'
const AGAIN_MS = 15_000
const PHOTO_MS = 120_000
const NOT_YET_MS = 600_000
/** Nobody answered, or not to this act: none of the others fares better now. */
const UNANSWERED = new Set([0, 401, 408, 425, 429, 502, 503, 504])

let database: Promise<IDBPDatabase<Shape>> | undefined
let flushing: Promise<void> | undefined

/** What waits, oldest first. */
export const waiting = ref<readonly Item[]>([])
/** What the server would not have. */
export const refused = ref<readonly Item[]>([])
/** How many acts wait to be sent. */
export const pending = computed(() => waiting.value.length)

function open(): Promise<IDBPDatabase<Shape>> {
  database ??= openDB<Shape>('d115-outbox', 1, {
    upgrade(db) {
      const items = db.createObjectStore('items', { keyPath: 'seq', autoIncrement: true })
      items.createIndex('event', 'event_id', { unique: true })
    },
    terminated() {
      database = undefined
    },
  })
  return database
}

/**
 * Take up what an earlier page left, and go on sending whenever there is a chance to.
 *
 * @returns Ends it.
 */
export async function begin(): Promise<() => void> {
  void navigator.storage?.persist?.().catch(() => false) // else the browser may clear it for room
  await count()
  const go = (): void => void flush().catch(() => undefined)
  const timer = setInterval(() => pending.value > 0 && go(), AGAIN_MS)
  window.addEventListener('online', go)
  document.addEventListener('visibilitychange', go)
  go()
  return () => {
    clearInterval(timer)
    window.removeEventListener('online', go)
    document.removeEventListener('visibilitychange', go)
  }
}

/** Keep an act and try to send it; resolves as soon as it is kept. The same `event_id` is kept once. */
export async function enqueue({ path, body, event_id = newKey() }: Act): Promise<Item> {
  const db = await open()
  const known = await db.getFromIndex('items', 'event', event_id)
  if (known !== undefined) return known
  const occurred = serverNow()
  const item: Omit<Item, 'seq'> = {
    event_id,
    occurred_at: new Date(occurred).toISOString(),
    offset: Math.round(occurred - Date.now()),
    boot: BOOT,
    path,
    body,
  }
  const kept = db.transaction('items', 'readwrite', { durability: 'strict' }) // on the disk, should the phone die now
  const seq = await kept.store.add(item as Item)
  await kept.done
  await count()
  void (flushing ?? Promise.resolve()).then(flush).catch(() => undefined) // the round under way may be past it
  return { ...item, seq }
}

/** Send what waits, in order; ends at the first that cannot be sent now. */
export function flush(): Promise<void> {
  flushing ??= locked(sendAll).finally(() => {
    flushing = undefined
  })
  return flushing
}

/** Take a refused act off the list, when a person has seen it. */
export async function dismiss(seq: number): Promise<void> {
  const db = await open()
  const item = await db.get('items', seq)
  if (item?.refused !== undefined) await db.delete('items', seq)
  await count()
}

async function locked(send: () => Promise<void>): Promise<void> {
  const locks = navigator.locks as LockManager | null | undefined
  if (!locks) await send()
  else await locks.request(LOCK, send)
}

/**
 * What cannot be sent because nobody answers ends the round. What one incident's acts meet with holds
 * back only its own later acts, so that they stay in order and nothing waits behind them for ever.
 */
async function sendAll(): Promise<void> {
  const db = await open()
  const held = new Set<string>()
  for (let after = 0; ; ) {
    const item = (await db.getAll('items', IDBKeyRange.lowerBound(after, true), 1))[0]
    if (item === undefined) return await count() // the other user of the box may have sent some
    after = item.seq
    const about = incidentOf(item.path)
    if (item.refused !== undefined || held.has(about)) continue
    const error = await sent(item)
    if (error === undefined) await db.delete('items', item.seq)
    else if (UNANSWERED.has(error.status)) return
    else if (mayPass(error, item)) held.add(about)
    else {
      const { status, type, detail } = error
      await db.put('items', { ...item, refused: { status, type, detail } })
    }
    await count()
  }
}

function incidentOf(path: string): string {
  return path.split('/').slice(0, 4).join('/')
}

async function sent({ path, body, event_id, occurred_at }: Item): Promise<Refusal | undefined> {
  const photo = body instanceof Blob
  try {
    await http.post<unknown>(path, {
      key: event_id,
      lapse: false,
      timeoutMs: photo ? PHOTO_MS : undefined,
      headers: photo ? { 'X-D115-Occurred-At': occurred_at } : {},
      body: photo ? body : { ...body, occurred_at },
    })
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Whether it may be taken later: a fault of the server's, or an incident that it does not know yet. */
function mayPass({ status, retryAfter }: Refusal, item: Item): boolean {
  if (status >= 500) return true
  return retryAfter !== null && serverNow() - Date.parse(item.occurred_at) < NOT_YET_MS
}

async function count(): Promise<void> {
  const items = await (await open()).getAll('items')
  refused.value = items.filter((item) => item.refused !== undefined)
  waiting.value = items.filter((item) => item.refused === undefined)
}
