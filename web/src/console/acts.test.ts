import { describe, expect, it } from 'vitest'
import { ACTS, bodyOf, mainAct, missing, offered, type Act } from './acts'
import { anIncident } from '@/lib/cases'

const verbs = (incident: ReturnType<typeof anIncident>): string[] => offered(incident).map(({ verb }) => verb)
const act = (verb: string): Act => ACTS.find((each) => each.verb === verb) ?? { verb, asks: [] }

describe('what an operator may do', () => {
  it('is what the state takes, and nothing else', () => {
    expect(verbs(anIncident({ state: 'pushed', allowed: ['acknowledge', 'note'] }))).toEqual(['acknowledge', 'note'])
  })
  it('signs once', () => {
    expect(verbs(anIncident({ state: 'assigned', allowed: ['acknowledge', 'note'] }))).toEqual(['note'])
  })
  it('never shelves what is red', () => {
    expect(verbs(anIncident({ severity: 'red', allowed: ['shelve'] }))).toEqual([])
    expect(verbs(anIncident({ severity: 'blue', allowed: ['shelve'] }))).toEqual(['shelve'])
  })
  it.each([
    ['open', 'acknowledge'],
    ['pushed', 'acknowledge'],
    ['acknowledged', 'assign'],
    ['resolved', 'close'],
  ] as const)('leads from %s to %s', (state, verb) => {
    expect(mainAct(anIncident({ state, allowed: ['acknowledge', 'assign', 'close'] }))?.verb).toBe(verb)
  })
  it('has nothing next while the team has', () => {
    const incident = anIncident({ state: 'accepted', allowed: ['assign', 'close'], teams: ['team-a'] })
    expect(mainAct(incident)).toBeNull()
  })
})

describe('what is sent', () => {
  it('leaves out what was not filled in', () => {
    expect(bodyOf(act('close'), { disposition: 'false_alarm', text: '' })).toEqual({ disposition: 'false_alarm' })
  })
  it('turns digits into numbers', () => {
    expect(bodyOf(act('shelve'), { reason: 'duplicate', minutes: '10' })).toEqual({ reason: 'duplicate', minutes: 10 })
  })
  it('cannot close without an outcome', () => {
    expect(missing(act('close'), { text: '完' })).toEqual(['disposition'])
  })
  it('cannot send nobody', () => {
    expect(missing(act('assign'), { teams: [] })).toEqual(['teams'])
  })
})
