// Writes every generated file of the repository, or, with --check, fails when one of them is not what its generator says now.
// What is generated, and from what, is the generators' own business: one file each, listed here.
//
//   npm run generate [-- --check]

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generateLoop } from './generate-loop.ts'
import { generateSideLoop } from './generate-side-loop.ts'
import { generateWasiPage } from './generate-wasi-page.ts'

interface Generated {
  /** From the project's root. */
  readonly path: string
  /** The whole text of the file. Depends on the sources only: not on the clock, the machine or the file as it stands. */
  readonly generate: () => string
}

const generated: readonly Generated[] = [
  { path: 'src/interpret/loop.gen.ts', generate: generateLoop },
  { path: 'src/interpret/side-loop.gen.ts', generate: generateSideLoop },
  { path: 'docs/wasi-functions.md', generate: generateWasiPage },
]

function main(args: readonly string[]): void {
  const check = args.includes('--check')
  const stale = generated.filter(({ path, generate }) => {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
    const text = generate()
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return false
    if (!check) writeFileSync(file, text)
    return true
  })
  for (const { path } of stale) console.log(check ? `stale: ${path}` : `wrote ${path}`)
  console.log(`${generated.length - stale.length} of ${generated.length} generated files were up to date`)
  if (check && stale.length > 0) {
    console.error('Run `npm run generate` and commit what it writes.')
    process.exitCode = 1
  }
}

main(process.argv.slice(2))
