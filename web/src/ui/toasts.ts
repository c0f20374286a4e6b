/** Short notes at the edge of the page. */
import { ref } from 'vue'

export interface Note {
  id: number
  text: string
  kind: 'done' | 'fault'
  undo?: () => void
}
export interface NoteOptions {
  /** A fault stays until somebody closes it. */
  kind?: Note['kind']
  undo?: () => void
  /** For how long it is shown. */
  ms?: number
}

const MOST = 4
const SHOWN_MS = 6000

/** The notes shown now, newest last. */
export const notes = ref<Note[]>([])
let last = 0

/** Show a note; gives what closes it. */
export function toast(text: string, options: NoteOptions = {}): () => void {
  last += 1
  const id = last
  const close = (): void => dismiss(id)
  notes.value = [...notes.value, { id, text, kind: options.kind ?? 'done', undo: options.undo }].slice(-MOST)
  if (options.kind !== 'fault') setTimeout(close, options.ms ?? SHOWN_MS)
  return close
}

/** Take a note away. */
export function dismiss(id: number): void {
  notes.value = notes.value.filter((note) => note.id !== id)
}
