/** Signing in: by name and password, or a device by its token. */
import { start } from '@/lib/page'
import en from '@/locales/en/signin.json'
import zh from '@/locales/zh-CN/signin.json'
import Page from './Page.vue'

start(Page, { 'zh-CN': zh, en })
