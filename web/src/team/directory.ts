/** The parts of the directory and of the kinds that a phone needs. */
import { http } from '@/lib/http'
import { language } from '@/lib/i18n'

export interface Place {
  code: string
  name: string
  parent: string | null
  type: string
}
export interface Directory {
  centers: { code: string; name: string; telephone?: string | null }[]
  places: Place[]
  teams: { code: string; name: string; on_duty?: boolean; place?: string | null; members?: { code: string; name: string }[] }[]
}
/** A field of a kind's outcome. */
export interface ResultField {
  name: string
  type: string
  at: string
  required: boolean
  choices: string[]
  maximum: number | null
}
export interface Kind {
  code: string
  zh: string
  en: string
  details: ResultField[]
  dispositions: { code: string; zh: string; en: string; on_site: string; required: string[] }[]
}

/** Read what the caller's role may see of the directory. */
export async function readDirectory(): Promise<Directory> {
  const answer = await http.get<{ directory: Directory }>('/v1/directory')
  return answer.directory
}

/** Read the kinds with the fields of their outcomes; none where the server does not tell them. */
export async function readKinds(): Promise<Kind[]> {
  const answer = await http.get<{ kinds: Kind[] }>('/v1/directory/kinds').catch(() => ({ kinds: [] }))
  return answer.kinds
}

/** A place and what is around it, the smallest first; the park itself is left out. */
export function placeLine(places: readonly Place[], code: string | null): string[] {
  const names: string[] = []
  for (let at = places.find((each) => each.code === code), n = 0; at !== undefined && n < 8; n += 1) {
    if (at.parent !== null) names.push(at.name)
    const parent = at.parent
    at = places.find((each) => each.code === parent)
  }
  return names
}

/** A kind's own word for one of its codes, in the page's language. */
export function said(words: { zh: string; en: string } | undefined, fallback: string): string {
  if (words === undefined) return fallback
  return language.value === 'en' ? words.en : words.zh
}
