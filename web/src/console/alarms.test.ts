import { describe, expect, it } from 'vitest'
import { wishes } from './alarms'
import { anIncident } from '@/lib/cases'

const NOW = Date.parse('2026-03-02T04:00:30Z')

describe('what wants to be heard', () => {
  it('is an alert nobody signed for', () => {
    expect([...wishes([anIncident({ state: 'open' })], NOW).values()]).toEqual([{ id: 'a', cause: 'new', severity: 'orange' }])
  })
  it('is an outcome that waits', () => {
    expect([...wishes([anIncident({ state: 'resolved' })], NOW).values()]).toEqual([{ id: 'a', cause: 'result', severity: 'orange' }])
  })
  it('is nothing while the team is on its way in time', () => {
    expect(wishes([anIncident({ state: 'en_route' })], NOW).size).toBe(0)
  })
})
