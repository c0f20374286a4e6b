/**
 * The response team's phone page. It starts by itself, not by `lib/page`: a phone loads the words of
 * one language more only when it is chosen. The Chinese ones are always there, as the ground.
 */
import { createApp, watch } from 'vue'
import '@/ui/tokens.css'
import '@/lib/theme'
import { addWords, language } from '@/lib/i18n'
import ui from '@/locales/zh-CN/ui.json'
import team from '@/locales/zh-CN/team.json'
import words from '@/locales/zh-CN/words.json?phone'
import Page from './Page.vue'
import { register } from './worker/page'

addWords({ 'zh-CN': { ...words, ...ui, ...team }, en: {} })
watch(language, (chosen) => {
  if (chosen === 'en') void import('./english').then(({ english }) => addWords({ 'zh-CN': {}, en: english }))
}, { immediate: true })
createApp(Page).mount('#page')
if (import.meta.env.PROD) void register()
