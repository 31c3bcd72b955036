// What wasm-opt is told for a seed: which proposals its modules may use, and that no NaN is to be seen, whose bits engines choose.

import { FEATURE_NAMES } from 'heddle'
import { generateModule } from '../generate-module.ts'

/** Switches of wasm-opt → our proposals. */
const PROPOSALS: readonly (readonly [flag: string, proposal: string])[] = [
  ['sign-ext', 'sign-extension-ops'],
  ['mutable-globals', 'mutable-global'],
  ['nontrapping-float-to-int', 'nontrapping-float-to-int-conversions'],
  ['multivalue', 'multi-value'],
  ['bulk-memory', 'bulk-memory-operations'],
  ['bulk-memory-opt', 'bulk-memory-operations'],
  ['reference-types', 'reference-types'],
  ['simd', 'simd'],
  ['extended-const', 'extended-const'],
  ['tail-call', 'tail-call'],
  ['multimemory', 'multi-memory'],
  ['memory64', 'memory64'],
  ['exception-handling', 'exception-handling'],
  ['gc', 'gc'],
]

/** Of relaxed SIMD every engine may choose the results: only one module in so many has it, and isn't run on the oracle. */
const RELAXED_EVERY = 8

export function hasRelaxedSimd(seed: number): boolean {
  return seed % RELAXED_EVERY === RELAXED_EVERY - 1 && FEATURE_NAMES.includes('relaxed-simd')
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
  const flags = PROPOSALS.filter(([, proposal]) => FEATURE_NAMES.includes(proposal)).map(([flag]) => flag)
  if (hasRelaxedSimd(seed)) flags.push('relaxed-simd')
  // What the generator knows of exceptions are those that were never standardised; they are translated.
  const exceptions = flags.includes('exception-handling') ? ['--translate-to-exnref', '--emit-exnref'] : []
  return [...flags.map((flag) => `--enable-${flag}`), ...exceptions, '--denan']
}
