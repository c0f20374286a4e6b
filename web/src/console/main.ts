/** The operator's console, and its wall view. */
import { start } from '@/lib/page'
import en from '@/locales/en/console.json'
import zh from '@/locales/zh-CN/console.json'
import Page from './Page.vue'

start(Page, { 'zh-CN': zh, en })
