import { describe, expect, it } from 'vitest'
import { anIncident } from './cases'
import { inQueue, newestUnsigned } from './incident'

const NOW = Date.parse('2026-03-02T04:00:30Z')
const order = (...incidents: ReturnType<typeof anIncident>[]): string[] => inQueue(incidents, NOW).map(({ id }) => id)

describe('the queue', () => {
  it('puts what nobody signed for first', () => {
    expect(order(anIncident({ id: 'mine', state: 'assigned', severity: 'red' }), anIncident({ id: 'new', severity: 'blue' }))).toEqual(['new', 'mine'])
  })
  it('puts the higher level before the older one', () => {
    expect(order(anIncident({ id: 'old', severity: 'blue', received: '2026-03-02T03:00:00Z' }), anIncident({ id: 'red', severity: 'red' }))).toEqual(['red', 'old'])
  })
  it('puts the older of two alike first', () => {
    expect(order(anIncident({ id: 'b', received: '2026-03-02T04:00:10Z' }), anIncident({ id: 'a' }))).toEqual(['a', 'b'])
  })
  it('puts every drill behind every real alert', () => {
    expect(order(anIncident({ id: 'drill', status: 'exercise', severity: 'red' }), anIncident({ id: 'real', state: 'assigned', severity: 'blue' }))).toEqual(['real', 'drill'])
  })
  it('puts what is shelved last, until it comes back by itself', () => {
    const shelved = anIncident({ id: 'shelved', severity: 'orange', shelved_until: '2026-03-02T04:05:00Z' })
    const other = anIncident({ id: 'other', severity: 'blue', state: 'assigned' })
    expect(order(shelved, other)).toEqual(['other', 'shelved'])
    expect(inQueue([shelved, other], Date.parse('2026-03-02T04:05:00Z')).map(({ id }) => id)).toEqual(['shelved', 'other'])
  })
})

describe('F2', () => {
  it('signs for the newest real alert, and for a drill only if there is no other', () => {
    const drill = anIncident({ id: 'drill', status: 'exercise', received: '2026-03-02T04:00:20Z' })
    expect(newestUnsigned([anIncident({ id: 'real' }), drill])?.id).toBe('real')
    expect(newestUnsigned([drill])?.id).toBe('drill')
    expect(newestUnsigned([anIncident({ state: 'assigned' })])).toBeUndefined()
  })
})
