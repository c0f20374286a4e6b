/** Start a page: tokens, shared words, then the component. */
import { createApp, watch, type App, type Component } from 'vue'
import '@/ui/tokens.css'
import ui from '@/locales/zh-CN/ui.json'
import words from '@/locales/zh-CN/words.json'
import { addWords, language, type Language, type Words } from './i18n'
import { followSystem } from './theme'

/**
 * Mount a page with its own part of the catalogue. The Chinese words are always there, as the ground;
 * the English ones come when they are chosen.
 *
 * @param byDay - It is read by day: where nobody chose, it is dark or light as the system is. A
 *   console and a phone at night are dark.
 */
export function start(
  page: Component,
  own: Readonly<Record<Language, Words>>,
  { byDay = false }: { byDay?: boolean } = {},
): App {
  if (byDay) followSystem()
  addWords({ 'zh-CN': { ...words, ...ui }, en: {} })
  addWords(own)
  watch(
    language,
    (chosen) => {
      if (chosen === 'en') {
        void import('./english').then(({ english }) => addWords({ 'zh-CN': {}, en: english }))
      }
    },
    { immediate: true },
  )
  const app = createApp(page)
  app.mount('#page')
  return app
}
