/** The park's page: who is ready, what is open and overdue, and whether the promise is kept. */
import { start } from '@/lib/page'
import en from '@/locales/en/park.json'
import zh from '@/locales/zh-CN/park.json'
import Page from './Page.vue'

start(Page, { 'zh-CN': zh, en }, { byDay: true })
