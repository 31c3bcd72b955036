// How the tests run: two projects that differ in what they take and in how long a test may take (ten times what it should),
// on two workers, with the closing line as the last reporter. What a test needs of `dist` is built by `npm test`.

import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'

const long = [
  'test/{spec,wasi,cli,fuzz,adversarial,carried}/**/*.test.ts',
  'test/{docs,examples,adding-an-instruction}.test.ts',
  // What is large on purpose, and a comparison with the host.
  'test/unit/validate/{code,host}.test.ts',
  'test/unit/text/{print-module,round-trip}.test.ts',
]

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: [process.env['CI'] === 'true' ? 'default' : 'dot', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: {
          name: 'short',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...long, 'test/fixtures/**'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: long,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
    // Hot code runs as it ships: what the tests import from dist/ is not transformed.
    server: { deps: { external: [/\/dist\//] } },
  },
  resolve: {
    alias: [
      { find: /^heddle\/node$/, replacement: path('dist/node/index.js') },
      { find: /^heddle\/(\w+)$/, replacement: path('dist/$1.js') },
      { find: /^heddle$/, replacement: path('dist/index.js') },
    ],
  },
})

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
