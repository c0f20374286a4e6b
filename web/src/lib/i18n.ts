/** Words in Chinese and English: the server sends codes, the catalogue says them. */
import { ref, watch } from 'vue'

export type Language = 'zh-CN' | 'en'
export type Words = Readonly<Record<string, string>>

const KEY = 'd115.language'
const loaded = new Map<Language, Record<string, string>>([
  ['zh-CN', {}],
  ['en', {}],
])
const revision = ref(0)

/** The language of the page; kept in this browser. */
export const language = ref<Language>(initial())

document.documentElement.lang = language.value
watch(
  language,
  (chosen) => {
    document.documentElement.lang = chosen
    localStorage.setItem(KEY, chosen)
  },
  { flush: 'sync' },
)

/** Take a language that somebody is known to like, unless one was chosen in this browser. */
export function prefer(liked: string | null): void {
  if (localStorage.getItem(KEY) === null && (liked === 'en' || liked === 'zh-CN')) language.value = liked
}

/** Add a part of the catalogue in both languages; a page does so before it mounts. */
export function addWords(parts: Readonly<Record<Language, Words>>): void {
  for (const [tongue, words] of Object.entries(parts)) {
    Object.assign(loaded.get(tongue as Language) ?? {}, words)
  }
  revision.value += 1
}

/**
 * Say a code in the page's language: `t('state.open')`, `t('ui.stale', {seconds: 12})`.
 * A code that has no words is shown as it is: an operator must see it, a developer too.
 */
export function t(code: string, params: Readonly<Record<string, string | number>> = {}): string {
  void revision.value
  const words = loaded.get(language.value)?.[code] ?? loaded.get('zh-CN')?.[code] ?? code
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** Whether a code has words, for parts that show only what they know. */
export function has(code: string): boolean {
  return loaded.get('zh-CN')?.[code] !== undefined
}

function initial(): Language {
  const kept = localStorage.getItem(KEY)
  return kept === 'en' || kept === 'zh-CN' ? kept : 'zh-CN'
}
