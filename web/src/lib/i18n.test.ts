import { afterEach, describe, expect, it } from 'vitest'
import { addWords, has, language, t } from './i18n'

type Part = { default: Record<string, string> }
const chinese = import.meta.glob<Part>('@/locales/zh-CN/*.json', { eager: true })
const english = import.meta.glob<Part>('@/locales/en/*.json', { eager: true })
const partOf = (path: string): string => path.replace(/^.*\/(\w+)\.json$/, '$1')
const byPart = (found: Record<string, Part>): Map<string, Record<string, string>> =>
  new Map(Object.entries(found).map(([path, { default: words }]) => [partOf(path), words]))
const slots = (words: string): string[] => [...words.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()

afterEach(() => {
  language.value = 'zh-CN'
})

describe('the catalogue', () => {
  const [zh, en] = [byPart(chinese), byPart(english)]

  it('has the same parts in both languages', () => {
    expect([...zh.keys()]).toEqual([...en.keys()])
  })

  it.each([...zh.keys()])('says all of %s in both languages, with the same slots', (part) => {
    const [here, there] = [zh.get(part) ?? {}, en.get(part) ?? {}]

    expect(Object.keys(there).sort()).toEqual(Object.keys(here).sort())
    for (const [code, words] of Object.entries(here)) {
      expect(words.trim(), code).not.toBe('')
      expect(there[code]?.trim(), code).not.toBe('')
      expect(slots(there[code] ?? ''), code).toEqual(slots(words))
    }
  })

  it.each([...zh.keys()].filter((part) => part !== 'words'))('keeps the codes of %s apart from those of other parts', (part) => {
    expect(Object.keys(zh.get(part) ?? {}).filter((code) => !code.startsWith(`${part}.`))).toEqual([])
  })

  it('has no Chinese in the English words', () => {
    const mixed = [...en.values()].flatMap((words) => Object.entries(words)).filter(([, words]) => /[\u4e00-\u9fff]/.test(words) && words !== '中文')

    expect(mixed).toEqual([])
  })
})

describe('the words of a page', () => {
  it('are in the language chosen, with what fills them', () => {
    addWords({ 'zh-CN': { 'x.hello': '你好 {name}' }, en: { 'x.hello': 'Hello {name}' } })

    expect(t('x.hello', { name: '张甲' })).toBe('你好 张甲')
    language.value = 'en'
    expect(t('x.hello', { name: '张甲' })).toBe('Hello 张甲')
    expect(document.documentElement.lang).toBe('en')
  })

  it('show a code that has none as it is', () => {
    expect([t('x.unknown'), has('x.unknown')]).toEqual(['x.unknown', false])
  })
})
