import { language } from '@/lib/i18n'
import { start } from '@/lib/page'
import { theme } from '@/lib/theme'
import en from '@/locales/en/parts.json'
import zh from '@/locales/zh-CN/parts.json'
import Gallery from './Gallery.vue'

const asked = new URLSearchParams(location.search)
if (asked.get('language') === 'en') language.value = 'en'
if (asked.get('theme') === 'light') theme.value = 'light'

start(Gallery, { 'zh-CN': zh, en })
