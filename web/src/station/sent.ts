/** The station's own alerts, live: what was sent, how far it came, and who is ready to take the next. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { http } from '@/lib/http'
import type { Incident } from '@/lib/incident'
import { follow, type Following, type Frame } from '@/lib/stream'

export interface Readiness {
  center: string
  name: string
  state: 'online' | 'silent' | 'away' | 'offline'
  telephone: string | null
}
/** An alert that was taken by intake and of which nothing else is known yet. */
export interface Promised {
  id: string
  number: string
  center: string
  at: number
}

const MOST = 100
const READY_MS = 5000
const AGAIN_MS = 15_000

/** Follow a station's alerts until the component is gone. */
export function useSent(station: string) {
  const incidents = shallowRef<ReadonlyMap<string, Incident>>(new Map())
  const promised = ref<Promised[]>([])
  const centers = shallowRef<readonly Readiness[]>([])
  const following = shallowRef<Following | null>(null)
  const loaded = ref(false)

  async function read(): Promise<void> {
    const answer = await http.get<{ incidents: Incident[] }>('/v1/incidents', { query: { limit: MOST } } as never)
    incidents.value = new Map(answer.incidents.map((each) => [each.id, each]))
    settle()
    loaded.value = true
  }

  async function one(id: string): Promise<void> {
    const found = await http.get<Incident>('/v1/incidents/{incident}', { path: { incident: id } }).catch(() => null)
    if (found === null) return
    const known = incidents.value.get(id)
    if (known !== undefined && known.version > found.version) return
    incidents.value = new Map([[id, found], ...incidents.value].slice(0, MOST * 2) as [string, Incident][]).set(id, found)
    settle()
  }

  function settle(): void {
    promised.value = promised.value.filter(({ id }) => !incidents.value.has(id))
  }

  async function look(): Promise<void> {
    const answer = await http.get<{ centers: Readiness[] }>('/v1/centers/readiness').catch(() => null)
    if (answer !== null) centers.value = answer.centers
  }

  function onFrame({ type, data }: Frame): void {
    if (type.startsWith('center.')) return void look()
    const id = (data as { incident?: { id?: string } }).incident?.id
    if (id !== undefined) void one(id)
  }

  following.value = follow(`/v1/stations/${encodeURIComponent(station)}/stream`, { onFrame, onGap: () => void read() })
  const ready = setInterval(() => void look(), READY_MS)
  const again = setInterval(() => promised.value.forEach(({ id }) => void one(id)), AGAIN_MS)
  onScopeDispose(() => {
    clearInterval(ready)
    clearInterval(again)
    following.value?.stop()
  })
  void read()
  void look()
  const newest = computed(() => [...incidents.value.values()].sort((a, b) => b.alert.received_at.localeCompare(a.alert.received_at)))
  return { incidents, newest, promised, centers, following, loaded, read, look }
}
