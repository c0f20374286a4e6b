/// <reference lib="webworker" />
/**
 * The service worker: the page starts without signal, and what was pressed goes out when there is one.
 *
 * It keeps the shell of one version, nothing else: answers of the services are never kept, so that
 * nothing old is ever shown as fresh.
 */
import { flush } from '@/lib/outbox'
import { isShell, nameOf, type Shell } from './shell'

declare const self: ServiceWorkerGlobalScope
interface SyncEvent extends ExtendableEvent {
  tag: string
}
const SYNC = 'd115-outbox'
const PATIENCE_MS = 3000
const shell = JSON.parse('__D115_SHELL__') as Shell
const CACHE = nameOf(shell)

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(shell.files.map((file) => new Request(file, { cache: 'reload' })))))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(cleared().then(() => self.clients.claim()))
})

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const address = new URL(request.url)
  if (request.method !== 'GET' || address.origin !== self.location.origin || address.pathname.startsWith('/v1/')) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (isShell(shell, address.pathname)) event.respondWith(kept(request))
})

self.addEventListener('sync', (event) => {
  const { tag } = event as unknown as SyncEvent
  if (tag === SYNC) (event as unknown as SyncEvent).waitUntil(send())
})

/** The page of the server if it answers soon, else the one kept with this version. */
async function page(request: Request): Promise<Response> {
  const held = await caches.match('/team', { cacheName: CACHE })
  const late = AbortSignal.timeout(PATIENCE_MS)
  const fresh = await fetch(request, held === undefined ? {} : { signal: late }).catch(() => undefined)
  const good = fresh !== undefined && (fresh.ok || fresh.type === 'opaqueredirect')
  return (good ? fresh : held) ?? fresh ?? Response.error()
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE })) ?? (await fetch(request))
}

async function cleared(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith('d115-team-') && name !== CACHE).map((name) => caches.delete(name)))
}

async function send(): Promise<void> {
  await flush()
  const open = await self.clients.matchAll({ type: 'window' })
  open.forEach((client) => client.postMessage(SYNC))
}
