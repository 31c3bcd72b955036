// Judges damaged modules: ours and the host's verdict on each, what they differ in, and that nothing but typed errors comes out.

import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Engine } from 'heddle'
import { projectRoot } from '../source-tree.ts'
import { HOST_FEATURES, deviation } from './host-features.ts'
import { native } from './native.ts'

/** How many mutants there were, by their verdict, and by the deviation that they are. */
export type Tally = Map<string, number>

const engine = new Engine({ features: HOST_FEATURES })

/** Judges all of them; of the complaints the first ten, with the number of the mutant. */
export function judgeAll(mutants: Iterable<Uint8Array>): {
  readonly complaints: readonly string[]
  readonly tally: Tally
} {
  const tally: Tally = new Map()
  const complaints: string[] = []
  let number = 0
  for (const mutant of mutants) {
    const complaint = judge(mutant, tally)
    if (complaint !== undefined && complaints.length < 10) complaints.push(`mutant ${number}: ${complaint}`)
    number++
  }
  return { complaints, tally }
}

/** Judges one mutant. Gives a complaint where the verdicts differ without a listed reason; exceptions of other kinds go on. */
function judge(bytes: Uint8Array, tally: Tally): string | undefined {
  const error = engine.check(bytes)
  const accepted = native.validate(bytes)
  const verdict = error === undefined ? 'valid' : error.kind
  tally.set(verdict, (tally.get(verdict) ?? 0) + 1)
  if (accepted === (error === undefined)) return undefined
  const known = deviation(error)
  if (known === undefined) return `the host says ${accepted ? 'valid' : 'invalid'}, we say ${error?.message ?? 'valid'}`
  tally.set(`deviation: ${known}`, (tally.get(`deviation: ${known}`) ?? 0) + 1)
  return undefined
}

/** The bytes with one of them changed, which is undone after each. The array is always the same. */
export function* changedBytes(original: Uint8Array, masks: readonly number[], stride = 1): Generator<Uint8Array> {
  const bytes = original.slice()
  for (let at = 0; at < bytes.length; at += stride) {
    for (const mask of masks) {
      bytes[at]! ^= mask
      yield bytes
      bytes[at]! ^= mask
    }
  }
}

/** Every proper beginning of the bytes, or one in `stride`. */
export function* beginnings(bytes: Uint8Array, stride = 1): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += stride) yield bytes.subarray(0, length)
}

export interface Example {
  /** From the project's root. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** The example modules, and the kernels where they are, by size. */
export function readExamples(): Example[] {
  const folders = ['examples', 'examples/c', '../shared/kernels']
  return folders
    .flatMap((folder) => listModules(folder).map((name) => join(folder, name)))
    .map((path) => ({ path, bytes: new Uint8Array(readFileSync(resolve(projectRoot, path))) }))
    .toSorted((a, b) => a.bytes.length - b.bytes.length)
}

function listModules(folder: string): string[] {
  try {
    return readdirSync(resolve(projectRoot, folder)).filter((name) => name.endsWith('.wasm'))
  } catch {
    return []
  }
}
