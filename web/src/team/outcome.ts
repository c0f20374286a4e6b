/** The form of an outcome, from the kind's data: pure. */
import type { Kind, ResultField } from './directory'

export interface Draft {
  disposition: string
  text: string
  values: Record<string, string>
  flags: Record<string, boolean>
}
export const emptyDraft: Draft = { disposition: '', text: '', values: {}, flags: {} }

/** The fields that an outcome asks for, with those that its disposition requires marked. */
export function fieldsOf(kind: Kind | undefined, disposition: string): ResultField[] {
  const required = kind?.dispositions.find(({ code }) => code === disposition)?.required ?? []
  const asked = (kind?.details ?? []).filter(({ at }) => at === 'result')
  return asked
    .map((field) => ({ ...field, required: field.required || required.includes(field.name) }))
    .filter((field) => field.required || disposition !== '')
}

/** The body that reports the outcome, and the names of what is missing. */
export function outcomeOf(draft: Draft, fields: readonly ResultField[]): { body: object; missing: string[] } {
  const result: Record<string, string | number | boolean> = {}
  const missing: string[] = draft.disposition === '' ? ['disposition'] : []
  for (const { name, type, required } of fields) {
    const value = (draft.values[name] ?? '').toString().trim()
    if (type === 'boolean') result[name] = draft.flags[name] === true
    else if (type === 'integer' && /^\d+$/.test(value)) result[name] = Number(value)
    else if (type !== 'integer' && value !== '') result[name] = value
    else if (required) missing.push(name)
  }
  const text = draft.text.trim()
  const body = { disposition: draft.disposition, result, ...(text === '' ? {} : { text }) }
  return { body, missing }
}
