import { expect, it } from 'vitest'
import { gateOf, metres } from './arrival'
import type { Kind } from './directory'
import { emptyDraft, fieldsOf, outcomeOf } from './outcome'

const KIND: Kind = {
  code: 'police-alert', zh: '警情', en: 'Police alert',
  dispositions: [
    { code: 'handled_on_site', zh: '现场处置完毕', en: 'Handled', on_site: 'yes', required: [] },
    { code: 'handed_to_department', zh: '移交部门', en: 'Handed', on_site: 'no', required: ['department'] },
  ],
  details: [
    { name: 'department', type: 'text', at: 'result', required: false, choices: [], maximum: 60 },
    { name: 'people', type: 'integer', at: 'result', required: false, choices: [], maximum: null },
    { name: 'floor', type: 'text', at: 'opening', required: true, choices: [], maximum: null },
  ],
}
const PLACES = [{ code: 'heling-gate-1', name: '东门', parent: 'heling-site', type: 'gate' }]

it('a disposition requires what the kind says of it', () => {
  const must = (code: string): string[] => fieldsOf(KIND, code).filter(({ required }) => required).map(({ name }) => name)
  expect(must('handled_on_site')).toEqual([])
  expect(must('handed_to_department')).toEqual(['department'])
})

it('an outcome names what is missing', () => {
  expect(outcomeOf(emptyDraft, []).missing).toEqual(['disposition'])
  const draft = { ...emptyDraft, disposition: 'handed_to_department' }
  expect(outcomeOf(draft, fieldsOf(KIND, draft.disposition)).missing).toEqual(['department'])
})

it('an outcome says what was filled in, each in its type', () => {
  const draft = { disposition: 'handed_to_department', text: ' 已移交 ', values: { department: '人社', people: '3' }, flags: {} }
  expect(outcomeOf(draft, fieldsOf(KIND, draft.disposition))).toEqual({
    body: { disposition: 'handed_to_department', result: { department: '人社', people: 3 }, text: '已移交' }, missing: [],
  })
})

it.each(['heling-gate-1', ' HELING-GATE-1 ', 'https://park.example/team?gate=heling-gate-1'])('%s is the sign at the gate', (said) => {
  expect(gateOf(said, PLACES)?.name).toBe('东门')
})

it.each(['', 'elsewhere', 'https://park.example/team', 'https://'])('%j is no sign of this park', (said) => {
  expect(gateOf(said, PLACES)).toBeNull()
})

it('distances are in metres', () => {
  expect(metres({ lat: 31.26, lon: 120.73 }, { lat: 31.261, lon: 120.73 })).toBeCloseTo(111.2, 0)
})
