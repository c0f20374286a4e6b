/** The service worker of the team's phone page: one file at the root, which knows the page's files. */
import { createHash } from 'node:crypto'
import type { Plugin, Rollup } from 'vite'

const PAGE = 'team.html'
const ENTRY = '/src/team/worker/sw.ts'
const PLACE = /(["'`])__D115_SHELL__\1/
const BESIDE = ['/team.webmanifest', '/team-icon-192.png']

/** Emit `sw.js` with the list of what the page is made of, and its version. */
export function worker(): Plugin {
  let root = ''
  return {
    name: 'd115-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    buildStart() {
      this.emitFile({ type: 'chunk', id: `${root}${ENTRY}`, fileName: 'sw.js' })
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const sw = bundle['sw.js']
        if (sw?.type !== 'chunk') return
        const files = ['/team', ...filesOf(bundle).map((name) => `/${name}`), ...BESIDE]
        const version = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 12)
        if (!PLACE.test(sw.code)) this.error('sw.ts has no place for the list of files')
        sw.code = sw.code.replace(PLACE, () => JSON.stringify(JSON.stringify({ version, files })))
      },
    },
  }
}

/** The page's scripts, styles and pictures, with what they import. */
function filesOf(bundle: Rollup.OutputBundle): string[] {
  const chunks = Object.values(bundle).filter((each) => each.type === 'chunk')
  const start = chunks.find((each) => each.facadeModuleId?.endsWith(PAGE) === true)
  const found = new Set<string>()
  const look = (name: string): void => {
    const chunk = bundle[name]
    if (found.has(name)) return
    found.add(name)
    if (chunk?.type !== 'chunk') return
    const { importedCss, importedAssets } = chunk.viteMetadata ?? { importedCss: new Set(), importedAssets: new Set() }
    ;[...chunk.imports, ...chunk.dynamicImports, ...importedCss, ...importedAssets].forEach(look)
  }
  if (start !== undefined) look(start.fileName)
  return [...found].sort()
}
