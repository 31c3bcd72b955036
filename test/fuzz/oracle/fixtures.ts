// Modules of binaryen's with what a current V8 made of them, kept so that a part of the differential fuzz runs without either.
// A fixture is `SEED.wasm` and `SEED.json`; `npm run fuzz -- --part binaryen --record` writes them.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { projectRoot } from '../../source-tree.ts'
import type { Prepared } from './draw-session.ts'
import type { Session } from './session.ts'

export interface Fixture extends Prepared {
  readonly seed: string
  /** What the oracle shows. */
  readonly lines: readonly string[]
}

const FOLDER = resolve(projectRoot, 'test/fixtures/fuzz')
const MAX_BYTES = 3000
const MAX_LINES = 60

/** Whether what it takes to keep it is little. */
export function isCompact({ bytes }: Prepared, lines: readonly string[]): boolean {
  return bytes.length <= MAX_BYTES && lines.length <= MAX_LINES && lines.length > 5
}

export function readFixtures(): Fixture[] {
  const seeds = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => name.slice(0, -'.wasm'.length))
  return seeds.map((seed) => {
    const recorded = JSON.parse(readFileSync(resolve(FOLDER, `${seed}.json`), 'utf8')) as {
      readonly session: Session
      readonly lines: readonly string[]
    }
    return { seed, bytes: new Uint8Array(readFileSync(resolve(FOLDER, `${seed}.wasm`))), ...recorded }
  })
}

export function writeFixture({ seed, bytes, session, lines }: Fixture): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(resolve(FOLDER, `${seed}.wasm`), bytes)
  writeFileSync(resolve(FOLDER, `${seed}.json`), `${JSON.stringify({ session, lines })}\n`)
}
