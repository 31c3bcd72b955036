// Which of our proposals the host's own WebAssembly has, found by tiny modules: with these features, our verdict on any bytes must be the
// host's. Where it is not, the reason is listed here.

import { FEATURE_NAMES, type Features, type ModuleError } from 'heddle'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { parseModule } from '../../src/text/parse-module.ts'
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
  'extended-const': '(global i32 (i32.add (i32.const 1) (i32.const 2)))',
  'tail-call': '(func (return_call 0))',
  'multi-memory': '(memory 1) (memory 1)',
  threads: '(func (atomic.fence))',
}

export const HOST_FEATURES: Features = Object.fromEntries(
  FEATURE_NAMES.map((name) => [name, native.validate(encodeModule(parseModule(PROBES[name] ?? '')))]),
)

/** Why our verdict may differ from the host's where the features are the same. */
export const DEVIATIONS: Readonly<Record<string, string>> = {
  'atomic alignment must be natural': 'hosts accept atomic accesses with less than their natural alignment',
  'exception-handling': 'the host has tags and throw: a later issue',
  'legacy-exceptions': 'the host has try, catch and rethrow, which were never standardised: a later issue',
  memory64: 'hosts from V8 13.3 on have 64-bit memories: a later issue',
  'function-references': 'hosts from V8 11.9 on have typed references: a later issue',
  gc: 'hosts from V8 11.9 on have structs and arrays: a later issue',
}

/** The name of the deviation that a difference is; undefined where there is no excuse. */
export function deviation(error: ModuleError | undefined): string | undefined {
  const cause = error?.kind === 'unsupported' ? error.place.proposal : error?.reason
  return cause !== undefined && Object.hasOwn(DEVIATIONS, cause) ? cause : undefined
}
