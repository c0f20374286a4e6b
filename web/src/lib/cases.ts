/** Incidents for tests of the console: a plain one, changed as a test asks. */
import type { Incident } from './incident'

interface Changes {
  id?: string
  state?: Incident['state']
  severity?: Incident['severity']
  allowed?: string[]
  teams?: string[]
  received?: string
  status?: Incident['alert']['status']
  shelved_until?: string | null
}

/** Make an incident; what is not asked for is as quiet as it can be. */
export function anIncident(changes: Changes = {}): Incident {
  const received = changes.received ?? '2026-03-02T04:00:00Z'
  return {
    id: changes.id ?? 'a',
    version: 1,
    state: changes.state ?? 'pushed',
    severity: changes.severity ?? 'orange',
    allowed: changes.allowed ?? [],
    alert: { received_at: received, status: changes.status ?? 'actual', source: 'station', kind: 'police-alert', reference: { number: 'A1', order: '1' } },
    assignments: (changes.teams ?? []).map((team, n) => ({ team, number: n + 1, ended_at: null, state: 'accepted' })),
    moments: [],
    rounds: [{ number: 1, cause: 'opened', organisation: 'center', started_at: received, ended_at: null }],
    legs: [],
    questions: [],
    shelved_until: changes.shelved_until ?? null,
    ended_at: null,
  } as unknown as Incident
}
