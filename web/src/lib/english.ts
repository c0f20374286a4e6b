/** The shared words in English, loaded when somebody chooses it. */
import ui from '@/locales/en/ui.json'
import words from '@/locales/en/words.json'

export const english: Readonly<Record<string, string>> = { ...words, ...ui }
