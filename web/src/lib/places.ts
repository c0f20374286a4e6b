/** The directory as the console needs it: names of places, centers and stations. */
import { shallowRef } from 'vue'
import { http } from '@/lib/http'

interface Named {
  code: string
  name: string
}
interface Place extends Named {
  parent?: string | null
  type: string
}
export interface Directory {
  centers: (Named & { telephone?: string | null })[]
  stations?: Named[]
  places: Place[]
}

export const directory = shallowRef<Directory>({ centers: [], places: [] })
let known = new Map<string, Place>()

/** Read what the caller may see of the directory. */
export async function readDirectory(): Promise<void> {
  const answer = await http.get<{ directory: Directory }>('/v1/directory')
  directory.value = answer.directory
  known = new Map(answer.directory.places.map((each) => [each.code, each]))
}

/** A place from its building down, the park and the site left out where more is known. */
export function placeLine(code: string | null): string {
  void directory.value
  const names: string[] = []
  let at = code === null ? undefined : known.get(code)
  for (let n = 0; at !== undefined && n < 8; n += 1) {
    if (at.parent != null) names.unshift(at.name)
    at = at.parent == null ? undefined : known.get(at.parent)
  }
  return names.join(' ')
}
