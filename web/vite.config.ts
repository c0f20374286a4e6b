import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'
import { PAGES, compressed, withoutHtml } from './scripts/pages.ts'
import { phoneWords } from './scripts/words.ts'
import { worker } from './scripts/worker.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The pages whose entry module exists. */
const input = Object.fromEntries(
  PAGES.filter(({ entry }) => existsSync(here(entry))).map(({ page, html }) => [page, here(html)]),
)

export default defineConfig(() => {
  const key = process.env['D115_KEY']
  const origin = process.env['D115_ORIGIN'] ?? 'http://127.0.0.1:8115'
  return {
    plugins: [phoneWords(), vue(), withoutHtml(), worker(), compressed()] as Plugin[],
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' }, // no component uses it: less to load
    resolve: { alias: { '@': here('src') } },
    build: {
      target: 'es2022',
      assetsInlineLimit: 0, // the policy forbids data: addresses
      modulePreload: { polyfill: false },
      manifest: 'manifest.json',
      rolldownOptions: {
        input,
        output: {
          codeSplitting: {
            groups: [
              { name: 'vue', test: /node_modules\/@?vue/ },
              { name: 'english', test: /locales\/en\/(?:words|ui)\.json/ }, // loaded when chosen
            ],
          },
        },
      },
    },
    server: {
      host: '127.0.0.1',
      proxy: {
        '/v1': {
          target: origin,
          headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
        },
      },
    },
    test: { environment: 'happy-dom', include: ['src/**/*.test.ts', 'tests/**/*.test.ts'] },
  }
})
