import { describe, expect, it } from 'vitest'
import { foreseen, inOrder, isOurs, legOf, noticesOf, present, stepOf, type Incident, type Waiting } from './step'

const TEAM = 'heling-duty-1'
const AT = '2026-11-23T06:00:00Z'
const LATER = '2026-11-23T06:03:00Z'

interface Given {
  id?: string
  acts?: string[]
  state?: string
  ended?: string | null
  why?: string | null
  updates?: object[]
  noted?: string[]
  severity?: string
  assigned?: string
  circumstances?: object
  category?: string | null
}

function incident(given: Given = {}): Incident {
  const entry = {
    number: 1, team: TEAM, organisation: 'heling-center', round: 1, assigned_at: given.assigned ?? AT, state: 'assigned',
    acts: given.acts ?? [], ended_at: given.ended ?? null, end_reason: given.why ?? null, check_ins: 0,
  }
  return {
    id: given.id ?? '0b0f5a52-6f0e-5c5c-9d8a-000000000115', version: 5, state: given.state ?? 'assigned',
    severity: given.severity ?? 'red', assignments: [entry], moments: [], rounds: [{ number: 1 }], ended_at: null,
    updates: given.updates ?? [], end_noted_by: given.noted ?? [], opened_at: AT, updated_at: LATER,
    circumstances: { people: 5, weapons: false, injured: null, hazards: [], ...given.circumstances },
    alert: { category: given.category ?? null },
  } as unknown as Incident
}
const act = (verb: string, more: Partial<Waiting> = {}): Waiting => ({
  event_id: verb, incident: '0b0f5a52-6f0e-5c5c-9d8a-000000000115', verb, at: LATER, ...more,
})

describe('the one button', () => {
  it.each([
    [[], 'assigned', 'accept'],
    [['accepted'], 'assigned', 'depart'],
    [['accepted', 'en_route'], 'en_route', 'arrive'],
    [['accepted', 'en_route', 'on_scene'], 'on_scene', 'resolve'],
    [['accepted', 'en_route', 'on_scene'], 'resolved', 'resolved'],
  ])('after %j in state %s asks for %s', (acts, state, step) => {
    expect(stepOf(incident({ acts, state }), TEAM)).toBe(step)
  })

  it('does not ask a team on scene whether it set off', () => {
    expect(stepOf(incident({ acts: ['on_scene'], state: 'on_scene' }), TEAM)).toBe('resolve')
  })

  it('asks nothing of a team that was stood down or never sent', () => {
    expect(stepOf(incident({ ended: LATER, why: 'diverted' }), TEAM)).toBe('ended')
    expect(stepOf(incident(), 'heling-duty-2')).toBe('ended')
  })

  it('asks for the outcome again when the center returned it', () => {
    expect(stepOf(incident({ acts: ['on_scene'], state: 'on_scene' }), TEAM)).toBe('resolve')
  })
})

describe('what waits to be sent', () => {
  it('moves the button on at once, step by step, with the time of the press', () => {
    const seen = foreseen(incident(), TEAM, [act('accept'), act('depart'), act('arrive')])

    expect(stepOf(seen, TEAM)).toBe('resolve')
    expect(seen.moments.map(({ name, occurred_at }) => [name, occurred_at])).toEqual([
      ['accepted', LATER], ['en_route', LATER], ['on_scene', LATER],
    ])
  })

  it('changes nothing that the server has told already', () => {
    const told = incident({ acts: ['accepted'] })
    expect(foreseen(told, TEAM, [act('accept')])).toEqual(told)
  })

  it('leaves another incident alone', () => {
    expect(stepOf(foreseen(incident({ id: 'other' }), TEAM, [act('accept')]), TEAM)).toBe('accept')
  })

  it('takes an order off the screen that was declined', () => {
    expect(isOurs(foreseen(incident(), TEAM, [act('decline')]), TEAM)).toBe(false)
  })

  it('takes a noted update off the screen', () => {
    const told = incident({ updates: [{ number: 1, recorded_at: LATER, noted_by: [] }] })
    expect(noticesOf(foreseen(told, TEAM, [act('noted', { number: 1 })]), TEAM)).toEqual([])
  })
})

describe('what must be noted', () => {
  it('is each update that came after the order', () => {
    const updates = [
      { number: 1, recorded_at: '2026-11-23T05:59:00Z', noted_by: [] },
      { number: 2, recorded_at: LATER, noted_by: [] },
      { number: 3, recorded_at: LATER, noted_by: [TEAM] },
    ]
    expect(noticesOf(incident({ updates }), TEAM).map(({ number }) => number)).toEqual([2])
  })

  it('is a withdrawal, under the number after the last update, until it is noted', () => {
    const cancelled = { state: 'cancelled', ended: LATER, why: 'cancelled', updates: [{ number: 1, recorded_at: LATER, noted_by: [] }] }
    expect(noticesOf(incident(cancelled), TEAM)).toMatchObject([{ kind: 'withdrawn', number: 2 }])
    expect(isOurs(incident(cancelled), TEAM)).toBe(true)
    expect(isOurs(incident({ ...cancelled, noted: [TEAM] }), TEAM)).toBe(false)
  })

  it('is nothing to a team that had left before', () => {
    expect(noticesOf(incident({ state: 'cancelled', ended: AT, why: 'released' }), TEAM)).toEqual([])
  })
})

describe('several orders', () => {
  it('stand by level and age, those that only wait for the center last', () => {
    const list = [
      incident({ id: 'waits', state: 'resolved', acts: ['on_scene'] }),
      incident({ id: 'blue', severity: 'blue' }),
      incident({ id: 'younger', assigned: LATER }),
      incident({ id: 'older' }),
    ]
    expect(inOrder(list, TEAM).map(({ id }) => id)).toEqual(['older', 'younger', 'blue', 'waits'])
  })
})

it('the ring shows the way to the scene, then the time to the report', () => {
  expect([legOf('accept'), legOf('arrive'), legOf('resolve')]).toEqual(['on_scene', 'on_scene', 'feedback'])
})

it('circumstances are told by code, each once, weapons first', () => {
  const given = { circumstances: { weapons: true, injured: 2, hazards: ['fire', 'crime'] }, category: 'crime' }
  expect(present(incident(given))).toEqual(['weapons', 'fire', 'crime', 'injured'])
})
