/** What makes a phone heard: sound, vibration, a screen that stays on. Each says plainly when it cannot. */
import { computed, ref, watch, type Ref } from 'vue'
import { once, play, state as sound, unlock } from '@/lib/sound'

const KEY = 'd115.team.on'
const SHAKE = [400, 200, 400, 200, 800]
const SHAKE_MS = 2500

/** Whether somebody listens at this phone: it rings and keeps its screen on. Kept over a restart. */
export const onDuty = ref(localStorage.getItem(KEY) === 'yes')
/** Whether the sound is off because nobody has touched the page since it was opened. */
export const muffled = computed(() => onDuty.value && sound.value !== 'on')

/** Go on duty at this phone; called in a tap, which unlocks the sound. */
export async function comeOn(): Promise<void> {
  localStorage.setItem(KEY, 'yes')
  onDuty.value = true
  await unlock()
}

/** Go off duty at this phone: it is silent from now on. */
export function goOff(): void {
  localStorage.removeItem(KEY)
  onDuty.value = false
}

/** Sound and shake once, so that a person can say whether it was heard. */
export async function tryOut(): Promise<void> {
  await unlock()
  once('urgent')
  shake()
}

/** Shake the phone; a browser allows it once somebody has touched the page. */
export function buzz(pattern: number | number[]): void {
  const touched = navigator.userActivation as UserActivation | undefined
  if ('vibrate' in navigator && touched?.hasBeenActive !== false) navigator.vibrate(pattern)
}

const shake = (): void => buzz(SHAKE)

/** Ring while `calls` holds, on duty or not: an order is for the team. Returns the end. */
export function ringing(calls: Ref<boolean>): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const title = document.title
  function ring(on: boolean): void {
    clearInterval(timer)
    play(on ? 'urgent' : 'none', true)
    document.title = on ? `● ${title}` : title
    if (!on) {
      buzz(0)
      return
    }
    shake()
    timer = setInterval(shake, SHAKE_MS)
  }
  const touched = (): void => void (sound.value === 'on' || !onDuty.value || unlock())
  document.addEventListener('pointerdown', touched)
  const unwatch = watch(calls, ring, { immediate: true })
  return () => {
    unwatch()
    ring(false)
    document.removeEventListener('pointerdown', touched)
  }
}

/** Whether the browser can keep the screen on; not on a page that came by plain HTTP. */
export const canStayAwake = 'wakeLock' in navigator

/** Keep the screen on while `wanted` holds; the browser lets go when the page is hidden. */
export function stayAwake(wanted: Ref<boolean>): () => void {
  let lock: WakeLockSentinel | null = null
  async function hold(): Promise<void> {
    if (!wanted.value) {
      await lock?.release().catch(() => undefined)
      lock = null
    } else if (canStayAwake && document.visibilityState === 'visible' && (lock === null || lock.released)) {
      lock = await navigator.wakeLock.request('screen').catch(() => null)
    }
  }
  const look = (): void => void hold()
  document.addEventListener('visibilitychange', look)
  const unwatch = watch(wanted, look, { immediate: true })
  return () => {
    unwatch()
    document.removeEventListener('visibilitychange', look)
    void lock?.release().catch(() => undefined)
  }
}
