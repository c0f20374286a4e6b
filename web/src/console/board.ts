/**
 * The center's incidents and teams, live. Frames are gathered and taken once a picture, so that a flood
 * costs the page one update a picture and the keyboard stays quick.
 */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { components } from '@/api/dispatcher'
import { observe } from '@/lib/clock'
import { http } from '@/lib/http'
import { follow, type Following, type Frame } from '@/lib/stream'
import type { Incident } from '@/lib/incident'

export type BoardTeam = components['schemas']['BoardTeam']
interface Read {
  center: string
  sequence: number
  now: string
  incidents: Incident[]
  teams: BoardTeam[]
  desk: { away: boolean }
  watch: { silent_since?: string | null } | null
}
interface Told {
  incident?: Incident
  event?: { type: string; version: number }
}

const TEAM_EVENTS = /team_|closed|resolved|cancelled|refused|transferred|handover|merged/
const TEAMS_MS = 1500

/** Follow a center's board until the component is gone. */
export function useBoard(center: string, desk: string | null, heard: (incident: Incident, type: string) => void) {
  const incidents = shallowRef<ReadonlyMap<string, Incident>>(new Map())
  const teams = shallowRef<readonly BoardTeam[]>([])
  const following = shallowRef<Following | null>(null)
  const loaded = ref(false)
  const fault = ref('')
  let waiting: Frame<Told>[] = []
  let drawing = 0
  let teamsTimer: ReturnType<typeof setTimeout> | undefined

  async function read(): Promise<void> {
    const board = await http.get<Read>('/v1/centers/{center}/board', { path: { center } })
    observe(board.now)
    incidents.value = new Map(board.incidents.map((each) => [each.id, each]))
    teams.value = board.teams
    loaded.value = true
    board.incidents.forEach((each) => heard(each, 'board'))
    if (following.value === null) begin(board.sequence)
  }

  function begin(after: number): void {
    const where = desk === null ? '' : `?desk=${desk}`
    following.value = follow<Told>(`/v1/centers/${encodeURIComponent(center)}/stream${where}`, {
      after,
      onFrame: gather,
      onGap: () => void again(),
    })
  }

  async function again(): Promise<void> {
    await read().catch((error: unknown) => (fault.value = String(error)))
  }

  function gather(frame: Frame<Told>): void {
    waiting.push(frame)
    if (drawing !== 0) return
    drawing = document.visibilityState === 'visible' ? requestAnimationFrame(take) : window.setTimeout(take, 50)
  }

  function take(): void {
    const frames = waiting
    waiting = []
    drawing = 0
    const next = new Map(incidents.value)
    for (const { type, data } of frames) {
      const { incident } = data
      if (incident === undefined || !('alert' in incident)) continue
      const known = next.get(incident.id)
      if (known !== undefined && known.version >= incident.version) continue
      if (incident.center === center && incident.ended_at === null) next.set(incident.id, incident)
      else next.delete(incident.id)
      heard(incident, type)
      if (TEAM_EVENTS.test(type)) readTeams()
    }
    incidents.value = next
  }

  function readTeams(): void {
    teamsTimer ??= setTimeout(() => {
      teamsTimer = undefined
      void http.get<Read>('/v1/centers/{center}/board', { path: { center } }).then(
        (board) => (teams.value = board.teams),
        () => undefined,
      )
    }, TEAMS_MS)
  }

  onScopeDispose(() => {
    clearTimeout(teamsTimer)
    cancelAnimationFrame(drawing)
    following.value?.stop()
  })
  void again()
  const link = computed(() => following.value?.link.value ?? 'live')
  return { incidents, teams, following, link, loaded, fault, again }
}
