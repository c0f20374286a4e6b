// Fails when a page carries more JavaScript than it may: a guard room has old computers, a patrol a bad signal.
import { readFileSync, statSync } from 'node:fs'

const BUDGETS_KB = { 'console.html': 120, 'team.html': 60, 'station.html': 120, 'park.html': 120, 'sign-in.html': 60 }
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'))

/** The scripts that a page loads before anything is done in it. */
function scriptsOf(page, found = new Set()) {
  const { file, imports = [] } = manifest[page]
  if (file.endsWith('.js')) found.add(file)
  for (const each of imports) scriptsOf(each, found)
  return found
}

let over = false
for (const [page, most] of Object.entries(BUDGETS_KB)) {
  if (manifest[page] === undefined) continue
  const bytes = [...scriptsOf(page)].reduce((sum, file) => sum + statSync(new URL(`${file}.gz`, dist)).size, 0)
  const kB = bytes / 1000
  over ||= kB > most
  console.log(`${page.padEnd(14)} ${kB.toFixed(1).padStart(6)} kB of ${most} kB gzip${kB > most ? ': too much' : ''}`)
}
process.exitCode = over ? 1 : 0
