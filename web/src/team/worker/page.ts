/** The page's side of the service worker: it is registered, and a newer version is taken when asked. */
import { ref, shallowRef } from 'vue'

const ADDRESS = '/sw.js'
const SCOPE = '/team'
const LOOK_MS = 300_000
const SYNC = 'd115-outbox'

/** A newer version of the page is ready; it is taken by `takeNewer`, never under an order. */
export const newer = ref(false)
const ready = shallowRef<ServiceWorker | null>(null)

interface Syncing {
  sync?: { register: (tag: string) => Promise<void> }
}

/** Register the worker; a page that came by plain HTTP has none and says so elsewhere. */
export async function register(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (workers === undefined) return
  const registered = await workers.register(ADDRESS, { scope: SCOPE, type: 'module', updateViaCache: 'none' }).catch(() => null)
  if (registered === null) return
  const hadOne = workers.controller !== null
  watchFor(registered)
  let reloaded = false
  workers.addEventListener('controllerchange', () => {
    if (hadOne && !reloaded && newer.value) {
      reloaded = true
      location.reload()
    }
  })
  setInterval(() => void registered.update().catch(() => undefined), LOOK_MS)
  const sync = (registered as Syncing).sync
  window.addEventListener('offline', () => void sync?.register(SYNC).catch(() => undefined))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void sync?.register(SYNC).catch(() => undefined)
  })
}

function watchFor(registered: ServiceWorkerRegistration): void {
  function installed(): void {
    if (registered.waiting === null || navigator.serviceWorker.controller === null) return
    ready.value = registered.waiting
    newer.value = true
  }
  installed()
  registered.addEventListener('updatefound', () => registered.installing?.addEventListener('statechange', installed))
}

/** Take the newer version: the page reloads once the new worker serves. */
export function takeNewer(): void {
  if (ready.value === null) location.reload()
  else ready.value.postMessage('take-over')
}
