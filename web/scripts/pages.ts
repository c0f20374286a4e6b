/** The pages, how they are addressed, and what the build does beyond bundling. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Each page with its document and the module that starts it. */
export const PAGES = [
  { page: 'console', html: 'console.html', entry: 'src/console/main.ts' },
  { page: 'station', html: 'station.html', entry: 'src/station/main.ts' },
  { page: 'team', html: 'team.html', entry: 'src/team/main.ts' },
  { page: 'park', html: 'park.html', entry: 'src/park/main.ts' },
  { page: 'record', html: 'record.html', entry: 'src/record/main.ts' },
  { page: 'sign-in', html: 'sign-in.html', entry: 'src/signin/main.ts' },
  { page: 'parts', html: 'parts.html', entry: 'src/parts/main.ts' },
] as const

/** Serve `/console` from `console.html` in development, as the dispatcher does. */
export function withoutHtml(): Plugin {
  return {
    name: 'd115-without-html',
    configureServer(server) {
      server.middlewares.use((request, _answer, next) => {
        const [path = '', query] = (request.url ?? '').split('?')
        const found = PAGES.find(({ page }) => path === `/${page}` || path.startsWith(`/${page}/`))
        if (found !== undefined) {
          request.url = `/${found.html}${query === undefined ? '' : `?${query}`}`
        }
        next()
      })
    },
  }
}

const COMPRESSIBLE = /\.(?:js|css|html|svg|json|webmanifest)$/

/** Put a `.gz` beside each file that shrinks, so that the server only hands it out. */
export function compressed(): Plugin {
  return {
    name: 'd115-compressed',
    apply: 'build',
    writeBundle({ dir }) {
      if (dir === undefined) return
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue
        const path = join(entry.parentPath, entry.name)
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
      }
    },
  }
}
