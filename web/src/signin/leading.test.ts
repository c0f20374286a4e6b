import { describe, expect, it } from 'vitest'
import { homeOf, leadTo } from './leading'

describe('where signing in leads', () => {
  it.each([
    ['station', '/station'],
    ['operator', '/console'],
    ['chief', '/console'],
    ['team', '/team'],
    ['supervisor', '/park'],
    ['auditor', '/park'],
  ])('leads a %s to %s', (role, page) => {
    expect(homeOf({ role, device: null })).toBe(page)
  })

  it('goes on where the page was left', () => {
    expect(leadTo({ role: 'operator', device: null }, '/console?wall=1')).toBe('/console?wall=1')
  })

  it.each(['https://evil.example/console', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/v1/incidents', '/console/../x'])(
    'never leads to %s',
    (next) => {
      expect(leadTo({ role: 'operator', device: null }, next)).toBe('/console')
    },
  )

  it('shows a wall display the wall, whatever was asked for', () => {
    expect(leadTo({ role: 'operator', device: 'wall' }, '/park')).toBe('/console?wall=1')
  })
})
