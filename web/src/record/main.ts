/** An incident's record, to be printed. */
import { start } from '@/lib/page'
import en from '@/locales/en/record.json'
import zh from '@/locales/zh-CN/record.json'
import Page from './Page.vue'

start(Page, { 'zh-CN': zh, en }, { byDay: true })
