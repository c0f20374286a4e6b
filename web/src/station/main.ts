/** The police station's page: sending alerts, and following what comes of them. */
import { start } from '@/lib/page'
import en from '@/locales/en/station.json'
import zh from '@/locales/zh-CN/station.json'
import Page from './Page.vue'

start(Page, { 'zh-CN': zh, en })
