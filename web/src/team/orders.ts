/** The team's incidents as last told: read, followed, and kept for a start without signal. */
import { computed, effectScope, reactive, ref, shallowRef } from 'vue'
import { serverNow } from '@/lib/clock'
import { http, Refusal } from '@/lib/http'
import { load as loadSession, session, type User } from '@/lib/session'
import { follow, type Following, type Frame } from '@/lib/stream'
import { readDirectory, readKinds, type Directory, type Kind } from './directory'
import { keep, recallKept } from './kept'
import { remember } from './phoneclock'
import { acts, heard } from './queue'
import { foreseen, inOrder, isOurs, type Incident } from './step'

interface Told {
  incident: Incident
}
const TEXT_EVENTS = new Set(['incident.updated.v1', 'incident.note_added.v1', 'incident.team_assigned.v1'])
const PAGE = 50

/** Who uses the phone; null until it is known. */
export const user = shallowRef<User | null>(null)
/** The code of the team. */
export const team = computed(() => user.value?.team ?? '')
export const directory = shallowRef<Directory | null>(null)
export const kinds = shallowRef<Kind[]>([])
export const texts = reactive<Record<string, string[]>>({})
/** The server's time of what is shown, 0 if nothing is. */
export const asOf = ref(0)
/** Whether what is shown was kept by this phone and not told since. */
export const isKept = ref(false)
export const following = shallowRef<Following | null>(null)
/** The order that left the phone last: somebody is told why. */
export const farewell = shallowRef<Incident | null>(null)
const told = reactive(new Map<string, Incident>())

/** What the phone shows, as it will be when what waits has been sent. */
export const orders = computed<Incident[]>(() => {
  const seen = [...told.values()].map((each) => foreseen(each, team.value, acts.value))
  return inOrder(seen.filter((each) => isOurs(each, team.value)), team.value)
})
/** As the server told it. */
export const asTold = (incident: string): Incident | undefined => told.get(incident)

/** Find out who this is, from the server or, without signal, from what was kept. False: sign in. */
export async function identify(): Promise<boolean> {
  const kept = recallKept()
  try {
    user.value = await loadSession()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    user.value = kept?.user ?? null
  }
  if (user.value !== null && kept !== null && kept.user.team === user.value.team) take(kept)
  session.user ??= user.value
  return user.value !== null
}

function take(kept: NonNullable<ReturnType<typeof recallKept>>): void {
  kept.incidents.forEach((each) => told.set(each.id, each))
  Object.assign(texts, kept.texts)
  directory.value = kept.directory
  kinds.value = kept.kinds
  asOf.value = kept.at
  isKept.value = true
}

/** Read all anew: at the start, after a gap, when the phone wakes, when an act has gone out. */
export async function refresh(): Promise<void> {
  const query = { limit: PAGE }
  const [{ incidents }, places, known] = await Promise.all([
    http.get('/v1/incidents', { query }) as Promise<{ incidents: Incident[] }>,
    directory.value !== null && !isKept.value ? directory.value : readDirectory(),
    kinds.value.length > 0 ? kinds.value : readKinds(),
  ])
  directory.value = places
  kinds.value = known
  const listed = new Set(incidents.map((each) => each.id))
  for (const id of told.keys()) if (!listed.has(id)) told.delete(id)
  incidents.forEach(hearListed)
  fresh()
  await Promise.all([...told.values()].filter((each) => texts[each.id] === undefined).map((each) => readTexts(each.id)))
}

/** The list shows only a part of what the team is no longer on: the rest is as it was told before. */
function hearListed(listed: Incident): void {
  const known = told.get(listed.id)
  if ('alert' in listed) hear(listed)
  else if (known !== undefined) hear({ ...known, ...(listed as Incident) })
}

function hear(incident: Incident): void {
  const known = told.get(incident.id)
  if (known !== undefined && known.version > incident.version) return
  if (known === undefined || known.version < incident.version) heard(incident.id)
  told.set(incident.id, incident)
  if (!isOurs(incident, team.value)) {
    if (known !== undefined) farewell.value = incident
    told.delete(incident.id)
    Reflect.deleteProperty(texts, incident.id) // free text is personal: it leaves the phone with the case
  }
}

function fresh(): void {
  asOf.value = serverNow()
  isKept.value = false
  remember()
  save()
}

function save(): void {
  if (user.value === null) return
  const incidents = [...told.values()]
  keep({ at: asOf.value, user: user.value, incidents, texts: { ...texts }, directory: directory.value, kinds: kinds.value })
}

interface Personal {
  personal: { text: string | null }[]
}

async function readTexts(incident: string): Promise<void> {
  const answer = await http
    .get<Personal>('/v1/incidents/{incident}/personal', { path: { incident }, lapse: false })
    .catch(() => null)
  if (answer === null) return
  texts[incident] = answer.personal.flatMap(({ text }) => (text === null || text === '' ? [] : [text]))
  save()
}

function onFrame({ type, data }: Frame): void {
  const incident = (data as Partial<Told>).incident
  if (incident?.assignments === undefined) return
  hear(incident)
  fresh()
  if (told.has(incident.id) && TEXT_EVENTS.has(type)) void readTexts(incident.id)
}

const tryAgain = (): void => void refresh().catch(() => undefined)
const AGAIN_MS = 15_000

/** Follow the team's stream, and read anew when the phone wakes or has signal again. Returns the end. */
export function begin(): () => void {
  const scope = effectScope()
  scope.run(() => {
    following.value = follow(`/v1/teams/${encodeURIComponent(team.value)}/stream`, { onFrame, onGap: tryAgain })
  })
  const timer = setInterval(() => {
    if (following.value?.link.value === 'live' && !isKept.value) {
      asOf.value = following.value.asOf.value
      remember()
    } else tryAgain()
  }, AGAIN_MS)
  const woke = (): void => void (document.visibilityState === 'visible' && tryAgain())
  document.addEventListener('visibilitychange', woke)
  window.addEventListener('online', tryAgain)
  tryAgain()
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', woke)
    window.removeEventListener('online', tryAgain)
    scope.stop()
  }
}
