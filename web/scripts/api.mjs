// Writes src/api/*.d.ts: the types of what the services take and answer, from their OpenAPI documents.
// They are made anew whenever the pages are checked, and stand in no repository: they cannot be stale.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const root = fileURLToPath(new URL('../../', import.meta.url))
const target = fileURLToPath(new URL('../src/api/', import.meta.url))
const python = process.env.D115_PYTHON ?? join(root, '.venv/bin/python')
const folder = mkdtempSync(join(tmpdir(), 'd115-openapi-'))

/** Leave out what types say nothing of: examples, and the one shape that all refusals share. */
function slim(value, key = '') {
  if (Array.isArray(value)) return value.map((each) => slim(each))
  if (value === null || typeof value !== 'object') return value
  const left = Object.entries(value).filter(
    ([name]) => name !== 'examples' && !(key === 'responses' && /^[45]/.test(name)),
  )
  return Object.fromEntries(left.map(([name, each]) => [name, slim(each, name)]))
}

try {
  execFileSync(python, ['-m', 'tests.contract.openapi_documents', folder], { cwd: root, stdio: 'inherit' })
  mkdirSync(target, { recursive: true })
  for (const service of ['intake', 'dispatcher', 'notifier']) {
    const document = slim(JSON.parse(readFileSync(join(folder, `${service}.json`), 'utf8')))
    writeFileSync(join(target, `${service}.d.ts`), astToString(await openapiTS(document)))
  }
} finally {
  rmSync(folder, { recursive: true })
}
