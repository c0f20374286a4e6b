import { expect, it } from 'vitest'
import { lampOf } from './lamp'

it.each([
  ['sent', 'sent'],
  ['open', 'sent'],
  ['pushed', 'delivered'],
  ['en_route', 'delivered'],
  ['resolved', 'answered'],
  ['closed', 'answered'],
  ['cancelled', 'answered'],
])('shows %s as %s', (state, lamp) => {
  expect(lampOf(state)).toBe(lamp)
})
