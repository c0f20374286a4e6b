/** A phone loads only the words that it can show: `words.json?phone` is the catalogue without the rest. */
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const QUERY = '?phone'
const SHOWN = new Set([
  'severity', 'status', 'kind', 'category', 'state', 'moment', 'leg', 'clock', 'verb', 'disposition', 'proof',
  'end_reason', 'hazard', 'problem',
])

/** Give `….json?phone` with the codes that the phone's page can show. */
export function phoneWords(): Plugin {
  return {
    name: 'd115-phone-words',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!id.endsWith(`.json${QUERY}`)) return null
      const found = await this.resolve(id.slice(0, -QUERY.length), importer, { skipSelf: true })
      return found === null ? null : `\0${found.id.replace(/\.json$/, '.phone-words')}`
    },
    load(id) {
      if (!id.startsWith('\0') || !id.endsWith('.phone-words')) return null
      const file = id.slice(1).replace(/\.phone-words$/, '.json')
      this.addWatchFile(file)
      const words = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      const shown = Object.entries(words).filter(([code]) => SHOWN.has(code.split('.')[0] ?? ''))
      return `export default ${JSON.stringify(Object.fromEntries(shown))}`
    },
  }
}
