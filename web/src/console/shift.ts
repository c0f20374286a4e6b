/** The shift at this desk: begun with a test of the sound, ended by name; without one nothing is received. */
import { computed, ref } from 'vue'
import { http, newKey } from '@/lib/http'
import { state as sound, type SoundState } from '@/lib/sound'

const KEY = 'd115.desk'

interface Manned {
  desk: string
  state: string
  operator: string
  since: string
  away: boolean
}
interface CenterDesks {
  state: string
  desks: Manned[]
}

/** This browser's desk; made once, kept. */
export const desk = kept()
export const desks = ref<Manned[]>([])
/** The shift that stands at this desk, null before the start. */
export const mine = computed(() => desks.value.find((each) => each.desk === desk) ?? null)
/** Whether this desk may confirm receipt. */
export const confirms = computed(() => mine.value?.state === 'ready' && sound.value === 'on')

function kept(): string {
  const known = localStorage.getItem(KEY)
  if (known !== null) return known
  const made = newKey()
  localStorage.setItem(KEY, made)
  return made
}

function take(told: CenterDesks): void {
  desks.value = told.desks
}

/** Read who is on shift. */
export async function look(center: string): Promise<void> {
  take(await http.get<CenterDesks>('/v1/centers/{center}/desk', { path: { center } }))
}

/** Begin a shift: the test tone was heard, or why it goes without. */
export async function begin(center: string, heard: boolean, reason: string): Promise<void> {
  const body = heard ? { sound: 'heard' } : { sound: 'overridden', reason }
  take(await say(center, 'begin', body))
}

/** Tell whether this desk can be heard. */
export async function tellSound(center: string, state: SoundState): Promise<void> {
  if (mine.value !== null) take(await say(center, 'sound', { state }))
}

/** End the shift at this desk. */
export async function end(center: string): Promise<void> {
  take(await say(center, 'end', {}))
}

/** Leave the desk for a while, or be back. */
export async function leave(center: string, away: boolean): Promise<void> {
  await http.post<unknown>(`/v1/centers/${encodeURIComponent(center)}/${away ? 'away' : 'back'}`, { body: {} })
  await look(center)
}

async function say(center: string, what: string, body: object): Promise<CenterDesks> {
  return await http.post<CenterDesks>(`/v1/centers/${encodeURIComponent(center)}/desks/${desk}/${what}`, { body })
}
