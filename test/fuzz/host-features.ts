// Which of our proposals the host's own WebAssembly has, found by tiny modules: with these features, our verdict on any bytes must be the
// host's. Where it is not, the reason is listed here.

import { FEATURE_NAMES, type Features, type ModuleError } from 'heddle'
import { encodeModule } from '../../src/binary/encode-module.ts'
import type { Instruction } from '../../src/instructions/define.ts'
import { INSTRUCTIONS, proposalOf } from '../../src/instructions/table.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import type { GenerateOptions } from './module-shape.ts'
import { native } from './native.ts'

/** A module that needs the proposal and no other. */
export const PROBES: Readonly<Record<string, string>> = {
  'mutable-global': '(global (export "g") (mut i32) (i32.const 0))',
  'sign-extension-ops': '(func (drop (i32.extend8_s (i32.const 0))))',
  'nontrapping-float-to-int-conversions': '(func (drop (i32.trunc_sat_f32_s (f32.const 0))))',
  'multi-value': '(func (result i32 i32) (i32.const 0) (i32.const 0))',
  'bulk-memory-operations': '(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))',
  'reference-types': '(func (drop (ref.null extern)))',
  simd: '(func (drop (v128.const i64x2 0 0)))',
  'relaxed-simd': '(func unreachable i8x16.relaxed_swizzle drop)',
  'extended-const': '(global i32 (i32.add (i32.const 1) (i32.const 2)))',
  'tail-call': '(func (return_call 0))',
  'compact-import-section': '(import "m" (item "f") (func))',
  'multi-memory': '(memory 1) (memory 1)',
  'function-references': '(type (func)) (func (param (ref 0)))',
  gc: '(type (struct))',
  'exception-handling': '(func (try_table))',
  'legacy-exceptions': '(func try end)',
  'stack-switching': '(type $f (func)) (type (cont $f))',
  memory64: '(memory i64 1)',
  'custom-page-sizes': '(memory 0 (pagesize 1))',
  'wide-arithmetic': '(func unreachable i64.mul_wide_u drop drop)',
  'custom-descriptors': '(type (func)) (import "m" "f" (func (exact (type 0))))',
  threads: '(func (atomic.fence))',
}

export const HOST_FEATURES: Features = Object.fromEntries(
  FEATURE_NAMES.map((name) => [name, native.validate(encodeModule(parseModule(PROBES[name] ?? '')))]),
)

/** The instructions that the host has: where it is the oracle, tests leave out the others. */
export const HOST_ROWS: readonly Instruction[] = INSTRUCTIONS.filter(
  (row) => HOST_FEATURES[proposalOf(row).name] ?? true,
)

/** Those whose results the specification does not leave to the machine. */
export const DETERMINED_HOST_ROWS: readonly Instruction[] = HOST_ROWS.filter(
  (row) => proposalOf(row).name !== 'relaxed-simd',
)

/** What random modules may have for the host to run them. */
export const HOST_OPTIONS: GenerateOptions = {
  simd: HOST_FEATURES['simd'] === true,
  multiMemory: HOST_FEATURES['multi-memory'],
  memory64: HOST_FEATURES['memory64'],
  extendedConst: HOST_FEATURES['extended-const'],
}

/** Why our verdict may differ from the host's where the features are the same. */
export const DEVIATIONS: Readonly<Record<string, string>> = {
  'exception-handling': 'hosts before V8 13.7 have tags and throw, but not try_table',
  'atomic alignment must be natural': 'hosts accept atomic accesses with less than their natural alignment',
}

/** The name of the deviation that a difference is; undefined where there is no excuse. */
export function deviation(error: ModuleError | undefined): string | undefined {
  const cause = error?.kind === 'unsupported' ? error.place.proposal : error?.reason
  return cause !== undefined && Object.hasOwn(DEVIATIONS, cause) ? cause : undefined
}
