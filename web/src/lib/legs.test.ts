import { describe, expect, it } from 'vitest'
import { allClocks, clocks, type Clock, type Leg, type Timed } from './legs'
import recorded from './legs.cases.json'

type Case = (typeof recorded)['cases'][number]

function incidentOf(each: Case): Timed {
  return {
    alert: { source: each.source },
    legs: recorded.legs[each.legs],
    moments: each.moments.map(([name, round, judged_at, recorded_at]) => ({ name, round, judged_at, recorded_at })),
    rounds: each.rounds.map(([number, cause, organisation, started_at, ended_at]) => ({
      number, cause, organisation, started_at, ended_at,
    })),
  } as unknown as Timed
}

/** A clock in the words of `incident/timing`. */
function verdict(clock: Clock): unknown[] {
  const outcome = !clock.measured
    ? 'not_measured'
    : clock.target === null
      ? { met: 'measured', running: 'pending' }[clock.state as string] ?? 'void'
      : { running: 'pending', near: 'pending', over: 'breached', missed: 'breached' }[clock.state as string] ?? clock.state
  return [clock.leg, clock.round, outcome, clock.amended, clock.due, clock.end]
}

const time = (text: unknown): number | null => (typeof text === 'string' ? Date.parse(text) : null)

function at(seconds: number): string {
  return new Date(Date.UTC(2026, 2, 2, 4) + seconds * 1000).toISOString()
}

function incident(moments: [string, number][], ended: number | null = null): Timed {
  return {
    alert: { source: 'station' },
    rounds: [{ number: 1, cause: 'opened', organisation: 'heling-center', started_at: at(0), ended_at: ended === null ? null : at(ended) }],
    moments: moments.map(([name, seconds]) => ({ name, round: 1, judged_at: at(seconds), recorded_at: at(seconds) })),
  } as unknown as Timed
}

function clockOf(leg: Leg['code'], of: Timed, seconds: number): Clock | undefined {
  return clocks(of, Date.parse(at(seconds))).find((each) => each.leg === leg)
}

describe('the clocks of a page', () => {
  it('say of every recorded state what the rules of the services say', () => {
    for (const each of recorded.cases) {
      const said = allClocks(incidentOf(each), Date.parse(each.now))
        .filter(({ measured, end, leg, round }) => measured || end !== null || each.verdicts.some(([code, of]) => code === leg && of === round))
        .map(verdict)
      const ruled = each.verdicts.map(([leg, round, outcome, amended, due, end]) => [leg, round, outcome, amended, time(due), time(end)])
      expect(said).toEqual(ruled)
    }
    expect(recorded.cases.length).toBeGreaterThan(50)
  })

  it('wait for what has not begun', () => {
    expect(clockOf('on_scene', incident([['received', 0]]), 10)?.state).toBe('waiting')
  })

  it('are met when the moment comes exactly when it is due', () => {
    expect(clockOf('push', incident([['received', 0], ['pushed', 60]]), 90)?.state).toBe('met')
  })

  it('are near from 75 percent on, and over only behind the due moment', () => {
    const assigned = incident([['received', 0], ['pushed', 0], ['assigned', 0]])

    expect(clockOf('on_scene', assigned, 224)).toMatchObject({ state: 'running', left: 76_000 })
    expect(clockOf('on_scene', assigned, 225)?.state).toBe('near')
    expect(clockOf('on_scene', assigned, 300)?.state).toBe('near')
    expect(clockOf('on_scene', assigned, 312)).toMatchObject({ state: 'over', left: -12_000 })
  })

  it('are the same object while they stand still, so that nothing is drawn anew', () => {
    const of = incident([['received', 0], ['pushed', 34]])

    expect(clockOf('push', of, 60)).toBe(clockOf('push', of, 61))
    expect(clockOf('accept', of, 60)).toBe(clockOf('accept', of, 61))
    expect(clockOf('assign', of, 60)).not.toEqual(clockOf('assign', of, 61))
  })

  it('keep the time that was taken, in time or late', () => {
    expect(clockOf('push', incident([['received', 0], ['pushed', 34]]), 500)).toMatchObject({ state: 'met', took: 34_000 })
    expect(clockOf('push', incident([['received', 0], ['pushed', 80]]), 500)).toMatchObject({ state: 'missed', took: 80_000 })
  })

  it('count for nothing when the incident ended before they were due', () => {
    expect(clockOf('push', incident([['received', 0], ['ended', 20]], 20), 500)?.state).toBe('void')
  })
})
