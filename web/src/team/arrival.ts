/** What an arrival rests on: a gate's code, the phone's position, or a tap. A hint: a person confirms. */
import type { Place } from './directory'
import type { Incident } from './step'

export type Proof = 'gate_qr' | 'position' | 'tap'

const NEAR_M = 200
const VAGUE_M = 150
const POSITION_MS = 6000
const EARTH_M = 6_371_000

/**
 * Read what a gate's sign says: an address of this page with `?gate=CODE`, or the code alone.
 *
 * @returns The place, or null for a code of no place of this park.
 */
export function gateOf(said: string, places: readonly Place[]): Place | null {
  const text = said.trim()
  let code = text
  if (/^https?:/i.test(text)) {
    try {
      code = new URL(text).searchParams.get('gate') ?? ''
    } catch {
      code = ''
    }
  }
  return places.find((place) => place.code.toLowerCase() === code.toLowerCase()) ?? null
}

/** The distance between two positions in metres. */
export function metres(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = Math.PI / 180
  const [dLat, dLon] = [(b.lat - a.lat) * rad, (b.lon - a.lon) * rad]
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.sqrt(h))
}

/** Whether a position can prove anything: the incident must have one to compare with. */
export const canLocate = (incident: Incident): boolean =>
  incident.alert.place.point !== null && incident.alert.place.point !== undefined && 'geolocation' in navigator

/** Whether the phone is near the incident: null where it cannot be said. The position is not sent. */
export async function isNear(incident: Incident): Promise<boolean | null> {
  const point = incident.alert.place.point
  if (point === null || point === undefined) return null
  const found = await new Promise<GeolocationPosition | null>((go) => {
    navigator.geolocation.getCurrentPosition(go, () => go(null), { timeout: POSITION_MS, maximumAge: 30_000 })
  })
  if (found === null || found.coords.accuracy > VAGUE_M) return null
  return metres({ lat: found.coords.latitude, lon: found.coords.longitude }, point) <= NEAR_M + found.coords.accuracy
}
