/** A floor plan as GeoJSON in local metres, turned into what SVG draws. */

type Position = readonly number[]

export interface Feature {
  type: 'Feature'
  geometry: { type: string; coordinates: unknown }
  properties: Readonly<Record<string, unknown>> | null
}
export interface Plan {
  type: 'FeatureCollection'
  features: readonly Feature[]
}
/** Something on the plan, in its metres. */
export interface Mark {
  x: number
  y: number
  kind: 'incident' | 'team' | 'gate'
  label: string
}
export interface Picture {
  viewBox: string
  /** A hundredth of the longer side: marks and letters are measured in it. */
  unit: number
  shapes: { d: string; closed: boolean; kind: 'outline' | 'area' }[]
  names: { x: number; y: number; text: string }[]
  /** `before`: the label stands on the left of its mark, to stay inside. */
  marks: (Mark & { key: string; before: boolean })[]
}

interface Shape {
  rings: Position[][]
  closed: boolean
  name: string
  kind: string
}

/** Draw a plan with its marks; null for one without a single line. */
export function drawn(plan: Plan, marks: readonly Mark[]): Picture | null {
  const shapes = plan.features.flatMap(shapesOf)
  const points = [
    ...shapes.flatMap(({ rings }) => rings.flat()),
    ...marks.map(({ x, y }) => [x, y] as const),
  ]
  if (shapes.length === 0 || points.length === 0) return null
  const [left, right] = range(points.map(([x = 0]) => x))
  const [low, high] = range(points.map(([, y = 0]) => y))
  const unit = Math.max(right - left, high - low, 1) / 100
  const margin = 4 * unit
  const down = (y: number): number => high - y // north is up, as it is on paper
  return {
    viewBox: [left - margin, -margin, right - left + 2 * margin, high - low + 2 * margin].map(round).join(' '),
    unit: round(unit),
    shapes: shapes.map(({ rings, closed, kind }, n) => ({
      d: rings.map((ring) => path(ring, down, closed)).join(''),
      closed,
      kind: kind === 'outline' || n === 0 ? 'outline' : 'area',
    })),
    names: shapes
      .filter(({ name, closed }) => name !== '' && closed)
      .map(({ name, rings }) => {
        const [x] = range((rings[0] ?? []).map(([each = 0]) => each))
        const [, y] = range((rings[0] ?? []).map(([, each = 0]) => each))
        return { x: round(x + 1.4 * unit), y: round(down(y) + 2.6 * unit), text: name }
      }),
    marks: marks.map((mark, n) => ({
      ...mark,
      y: down(mark.y),
      key: `${n}-${mark.label}`,
      before: mark.x - left > 0.7 * (right - left),
    })),
  }
}

function shapesOf({ geometry, properties }: Feature): Shape[] {
  const text = (key: string): string => {
    const value = properties?.[key]
    return typeof value === 'string' ? value : ''
  }
  const shape = { name: text('name'), kind: text('kind') }
  const of = (rings: unknown, closed: boolean): Shape => ({ ...shape, rings: rings as Position[][], closed })
  switch (geometry.type) {
    case 'Polygon':
      return [of(geometry.coordinates, true)]
    case 'MultiPolygon':
      return (geometry.coordinates as unknown[]).map((rings) => of(rings, true))
    case 'LineString':
      return [of([geometry.coordinates], false)]
    case 'MultiLineString':
      return [of(geometry.coordinates, false)]
    default:
      return []
  }
}

function path(ring: Position[], down: (y: number) => number, closed: boolean): string {
  const steps = ring.map(([x = 0, y = 0]) => `${round(x)} ${round(down(y))}`)
  return steps.length === 0 ? '' : `M${steps.join('L')}${closed ? 'Z' : ''}`
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
