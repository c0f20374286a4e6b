/** The console's voice, made by WebAudio: two calls and the tone of a lost link. */
import { ref } from 'vue'
import type { Tone } from './alarm'

export type SoundState = 'on' | 'blocked' | 'silent'

/** Whether this page can be heard: `blocked` until somebody touched it, `silent` without a device. */
export const state = ref<SoundState>('blocked')

interface Note {
  at: number
  hz: number
  seconds: number
}
const PATTERNS: Readonly<Record<Exclude<Tone, 'none'>, { every: number; wave: OscillatorType; notes: Note[] }>> = {
  new: { every: 2, wave: 'sine', notes: [{ at: 0, hz: 880, seconds: 0.18 }, { at: 0.24, hz: 660, seconds: 0.28 }] },
  urgent: {
    every: 1.2,
    wave: 'triangle',
    notes: [{ at: 0, hz: 988, seconds: 0.14 }, { at: 0.2, hz: 988, seconds: 0.14 }, { at: 0.4, hz: 1319, seconds: 0.24 }],
  },
  link: { every: 3, wave: 'sine', notes: [{ at: 0, hz: 330, seconds: 0.5 }, { at: 0.6, hz: 262, seconds: 0.7 }] },
}

let context: AudioContext | undefined
let playing: Tone = 'none'
let timer: ReturnType<typeof setInterval> | undefined
let volume = 0.5

/** Start the sound; a click or key must have asked for it, except on a kiosk that allows it. */
export async function unlock(): Promise<SoundState> {
  if (typeof AudioContext === 'undefined') return (state.value = 'silent')
  context ??= made()
  await Promise.race([context.resume(), new Promise((go) => setTimeout(go, 500))])
  return judge()
}

/** Sound a pattern until another is asked for; 'none' ends it. */
export function play(tone: Tone, loud = false): void {
  volume = loud ? 0.9 : 0.5
  if (tone === playing) return
  playing = tone
  clearInterval(timer)
  if (tone === 'none') return
  once(tone)
  timer = setInterval(() => once(tone), PATTERNS[tone].every * 1000)
}

/** Sound a pattern once, as the test at the start of a shift. */
export function once(tone: Exclude<Tone, 'none'>): void {
  if (context?.state !== 'running') return
  const { wave, notes } = PATTERNS[tone]
  for (const note of notes) {
    const begin = context.currentTime + note.at
    const voice = context.createOscillator()
    const level = context.createGain()
    voice.type = wave
    voice.frequency.value = note.hz
    level.gain.setValueAtTime(0, begin)
    level.gain.linearRampToValueAtTime(volume, begin + 0.02)
    level.gain.setValueAtTime(volume, begin + note.seconds - 0.04)
    level.gain.linearRampToValueAtTime(0, begin + note.seconds)
    voice.connect(level).connect(context.destination)
    voice.start(begin)
    voice.stop(begin + note.seconds)
  }
}

function made(): AudioContext {
  const audio = new AudioContext()
  audio.addEventListener('statechange', judge)
  return audio
}

function judge(): SoundState {
  state.value = context?.state === 'running' ? 'on' : 'blocked'
  return state.value
}
