// The list of proposals: what each adds to the table, and which are on by default.

import { bulkMemory } from './bulk-memory.ts'
import { control } from './control.ts'
import type { Instruction } from './define.ts'
import { customDescriptors } from './custom-descriptors.ts'
import { exceptionHandling } from './exceptions.ts'
import { functionReferences } from './function-references.ts'
import { gc } from './gc.ts'
import { legacyExceptions } from './legacy-exceptions.ts'
import { memory } from './memory.ts'
import { numeric } from './numeric.ts'
import { referenceTypes } from './reference-types.ts'
import { relaxedSimd } from './relaxed-simd.ts'
import { signExtension } from './sign-extension.ts'
import { simd } from './simd.ts'
import { stackSwitching } from './stack-switching.ts'
import { tailCall } from './tail-call.ts'
import { threads } from './threads.ts'
import { truncSat } from './trunc-sat.ts'
import { variable } from './variable.ts'
import { wideArithmetic } from './wide-arithmetic.ts'

export interface Proposal {
  /** The name of its repository; `mvp` for what was there from the start. */
  readonly name: string
  readonly rows: readonly Instruction[]
  /** On unless switched off. */
  readonly on: boolean
  /** It is a matter of how sections are encoded: definitions and code needn't be searched for it. */
  readonly encodingOnly?: true | undefined
  /** Instructions of other proposals that this one admits to constant expressions. */
  readonly constants?: readonly string[] | undefined
}

const EXTENDED_CONSTANTS = ['i32.add', 'i32.sub', 'i32.mul', 'i64.add', 'i64.sub', 'i64.mul']

// prettier-ignore
export const PROPOSALS: readonly Proposal[] = [
  { name: 'mvp', rows: [...control, ...variable, ...memory, ...numeric], on: true },
  { name: 'mutable-global', rows: [], on: true },
  { name: 'sign-extension-ops', rows: signExtension, on: true },
  { name: 'nontrapping-float-to-int-conversions', rows: truncSat, on: true },
  { name: 'multi-value', rows: [], on: true },
  { name: 'bulk-memory-operations', rows: bulkMemory, on: true },
  { name: 'reference-types', rows: referenceTypes, on: true },
  { name: 'simd', rows: simd, on: true },
  { name: 'relaxed-simd', rows: relaxedSimd, on: true },
  { name: 'extended-const', rows: [], on: true, constants: EXTENDED_CONSTANTS },
  { name: 'tail-call', rows: tailCall, on: true },
  { name: 'multi-memory', rows: [], on: true },
  { name: 'function-references', rows: functionReferences, on: true },
  { name: 'gc', rows: gc, on: true },
  { name: 'exception-handling', rows: exceptionHandling, on: true },
  { name: 'legacy-exceptions', rows: legacyExceptions, on: false },
  { name: 'stack-switching', rows: stackSwitching, on: false },
  { name: 'memory64', rows: [], on: true },
  { name: 'threads', rows: threads, on: false },
  { name: 'custom-page-sizes', rows: [], on: false },
  { name: 'wide-arithmetic', rows: wideArithmetic, on: false },
  { name: 'custom-descriptors', rows: customDescriptors, on: false },
  { name: 'compact-import-section', rows: [], on: false, encodingOnly: true },
]
