// What wasm-opt is told for a seed: which proposals its modules may use, and that no NaN is to be seen, whose bits engines choose.

import { generateModule } from '../generate-module.ts'

/** WebAssembly 3.0, by the switches of wasm-opt. */
const FLAGS: readonly string[] = [
  'sign-ext',
  'mutable-globals',
  'nontrapping-float-to-int',
  'multivalue',
  'bulk-memory',
  'bulk-memory-opt',
  'reference-types',
  'simd',
  'extended-const',
  'tail-call',
  'multimemory',
  'memory64',
  'exception-handling',
  'gc',
]

/** Of relaxed SIMD every engine may choose the results: only one module in so many has it, and isn't run on the oracle. */
const RELAXED_EVERY = 8

export function hasRelaxedSimd(seed: number): boolean {
  return seed % RELAXED_EVERY === RELAXED_EVERY - 1
}

/** One module in so many begins as one of our own generator, which has several memories. */
const INITIAL_EVERY = 4

/**
 * What the module of the seed begins as; undefined where wasm-opt begins with nothing. Without 64-bit addresses: it dies of a memory.copy
 * between memories of both kinds.
 */
export function initialModule(seed: number): Uint8Array | undefined {
  if (seed % INITIAL_EVERY !== 1) return undefined
  return generateModule(seed, { simd: true, multiMemory: true, extendedConst: true }).bytes
}

export function generatorOptions(seed: number): string[] {
  const flags = hasRelaxedSimd(seed) ? [...FLAGS, 'relaxed-simd'] : FLAGS
  // What the generator knows of exceptions are those that were never standardised; they are translated.
  return [...flags.map((flag) => `--enable-${flag}`), '--translate-to-exnref', '--emit-exnref', '--denan']
}
