import { beforeEach, describe, expect, it } from 'vitest'
import { alertOf, blank, keep, lacks, recall } from './draft'

beforeEach(() => localStorage.clear())

describe('a draft', () => {
  it('keeps its number over a reload: sent again it is the same alert', () => {
    const draft = { ...blank('center'), text: '打架' }
    keep(draft)
    expect(recall()).toEqual(draft)
    expect(alertOf(recall(), 0)['reference']).toEqual({ number: draft.number, order: '1' })
  })
  it('has a number of its own each time', () => {
    expect(blank().number).not.toBe(blank().number)
  })
  it('is blank where what was kept cannot be read', () => {
    localStorage.setItem('d115.station.draft', '{')
    expect(recall().text).toBe('')
  })
  it('says what it lacks', () => {
    expect(lacks(blank())).toEqual(['center', 'category', 'text'])
    expect(lacks({ ...blank('c'), category: '纠纷', text: '打架' })).toEqual([])
  })
})

describe('what is sent', () => {
  it('names the place where one is known, else the center', () => {
    expect(alertOf(blank('c'), 0)['place']).toEqual({ center: 'c' })
    expect(alertOf({ ...blank('c'), place: 'p' }, 0)['place']).toEqual({ place: 'p' })
  })
  it('leaves out a caller and numbers that were not given', () => {
    const sent = alertOf(blank('c'), 0)
    expect(sent).not.toHaveProperty('caller')
    expect(sent).not.toHaveProperty('people')
  })
  it('is a drill only if it was said to be', () => {
    expect(alertOf(blank('c'), 0)['status']).toBe('actual')
    expect(alertOf({ ...blank('c'), drill: true }, 0)['status']).toBe('exercise')
  })
})
