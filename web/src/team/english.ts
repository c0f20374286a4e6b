/** The English words, loaded when English is chosen. */
import team from '@/locales/en/team.json'
import ui from '@/locales/en/ui.json'
import words from '@/locales/en/words.json?phone'

export const english: Readonly<Record<string, string>> = { ...words, ...ui, ...team }
