// Traps: the table of their kinds with the specification's wording, and the error that carries one to the embedder.

import { HeddleError } from './heddle-error.ts'
import { nameText } from './quote.ts'

export type TrapCode =
  | 'TRAP_UNREACHABLE'
  | 'TRAP_DIVIDE_BY_ZERO'
  | 'TRAP_INTEGER_OVERFLOW'
  | 'TRAP_INVALID_CONVERSION'
  | 'TRAP_OUT_OF_BOUNDS'
  | 'TRAP_TABLE_OUT_OF_BOUNDS'
  | 'TRAP_UNDEFINED_ELEMENT'
  | 'TRAP_UNINITIALIZED_ELEMENT'
  | 'TRAP_INDIRECT_CALL'
  | 'TRAP_NULL_REFERENCE'
  | 'TRAP_NULL_FUNCTION'
  | 'TRAP_NULL_STRUCTURE'
  | 'TRAP_NULL_ARRAY'
  | 'TRAP_NULL_I31'
  | 'TRAP_ARRAY_OUT_OF_BOUNDS'
  | 'TRAP_CAST'
  | 'HEAP_EXHAUSTED'
  | 'STACK_EXHAUSTED'
  | 'FUEL_EXHAUSTED'
  | 'ABORTED'
  | 'TIMEOUT'
  | 'UNKNOWN_IMPORT'
  | 'TRAP_NULL_EXCEPTION'
  | 'UNCAUGHT_EXCEPTION'
  | 'TRAP_UNALIGNED_ATOMIC'
  | 'TRAP_UNSHARED_MEMORY'
  | 'TRAP_CANNOT_BLOCK'
  | 'TRAP_NULL_CONTINUATION'
  | 'TRAP_CONTINUATION_CONSUMED'
  | 'UNHANDLED_TAG'
  | 'TRAP_NULL_DESCRIPTOR'
  | 'TRAP_DESCRIPTOR_CAST'

/** Every way in which execution can end abnormally: stable code → wording of the official scripts. */
export const TRAPS: Readonly<Record<TrapCode, string>> = {
  TRAP_UNREACHABLE: 'unreachable',
  TRAP_DIVIDE_BY_ZERO: 'integer divide by zero',
  TRAP_INTEGER_OVERFLOW: 'integer overflow',
  TRAP_INVALID_CONVERSION: 'invalid conversion to integer',
  TRAP_OUT_OF_BOUNDS: 'out of bounds memory access',
  TRAP_TABLE_OUT_OF_BOUNDS: 'out of bounds table access',
  TRAP_UNDEFINED_ELEMENT: 'undefined element',
  TRAP_UNINITIALIZED_ELEMENT: 'uninitialized element',
  TRAP_INDIRECT_CALL: 'indirect call type mismatch',
  TRAP_NULL_REFERENCE: 'null reference',
  TRAP_NULL_FUNCTION: 'null function reference',
  TRAP_NULL_STRUCTURE: 'null structure reference',
  TRAP_NULL_ARRAY: 'null array reference',
  TRAP_NULL_I31: 'null i31 reference',
  TRAP_ARRAY_OUT_OF_BOUNDS: 'out of bounds array access',
  TRAP_CAST: 'cast failure',
  HEAP_EXHAUSTED: 'garbage-collected heap exhausted',
  STACK_EXHAUSTED: 'call stack exhausted',
  FUEL_EXHAUSTED: 'out of fuel',
  ABORTED: 'aborted',
  TIMEOUT: 'out of time',
  UNKNOWN_IMPORT: 'unknown import called',
  TRAP_NULL_EXCEPTION: 'null exception reference',
  UNCAUGHT_EXCEPTION: 'uncaught exception',
  TRAP_UNALIGNED_ATOMIC: 'unaligned atomic memory access',
  TRAP_UNSHARED_MEMORY: 'expected shared memory',
  TRAP_CANNOT_BLOCK: 'the host does not let this thread block',
  TRAP_NULL_CONTINUATION: 'null continuation reference',
  TRAP_CONTINUATION_CONSUMED: 'continuation already consumed',
  UNHANDLED_TAG: 'unhandled tag',
  TRAP_NULL_DESCRIPTOR: 'null descriptor reference',
  TRAP_DESCRIPTOR_CAST: 'descriptor cast failure',
}

/** Trap codes in a fixed order, so that generated code can name one by a small number. */
export const TRAP_CODES: readonly TrapCode[] = Object.keys(TRAPS) as TrapCode[]

/** Traps whose wording goes on with the index of the element, as the official scripts have it: `uninitialized element 2`. */
const NAMES_ELEMENT: ReadonlySet<TrapCode> = new Set(['TRAP_UNDEFINED_ELEMENT', 'TRAP_UNINITIALIZED_ELEMENT'])

/** One frame of the WebAssembly call stack, innermost first. */
export interface StackFrame {
  /** Index in the function index space of its module. */
  readonly funcIdx: number
  /** From the name section, the text, or an export; else undefined. */
  readonly funcName: string | undefined
  readonly moduleName: string | undefined
  /** Byte offset of the instruction from the start of the binary module; undefined for a host function. */
  readonly offset: number | undefined
}

/** Execution ended in a trap. `stack` of the Error is JavaScript's; `frames` is the WebAssembly call stack. */
export class Trap extends HeddleError {
  override readonly name: string = 'Trap'
  declare readonly code: TrapCode
  /** Innermost first; of a deep stack, the innermost and the outermost ones. */
  readonly frames: readonly StackFrame[]
  /** How many frames the stack has in truth. */
  readonly depth: number
  /** Values that mattered, e.g. `address 0x10000 + 4 in a memory of 65536 bytes`. */
  readonly detail: string

  constructor(
    code: TrapCode,
    detail = '',
    frames: readonly StackFrame[] = [],
    options?: { readonly cause?: unknown; readonly depth?: number | undefined },
  ) {
    super(code, TRAPS[code] + (detail === '' ? '' : (NAMES_ELEMENT.has(code) ? ' ' : ': ') + detail), options)
    this.detail = detail
    this.frames = frames
    this.depth = options?.depth ?? frames.length
  }

  /** The same trap with the WebAssembly call stack that it was raised on. */
  withFrames(frames: readonly StackFrame[], depth?: number): Trap {
    return new Trap(this.code, this.detail, frames, { cause: this.cause, depth })
  }
}

/** The backtrace as people read it, one line a frame, innermost first. */
export function renderFrames(frames: readonly StackFrame[], depth: number = frames.length, limit = 30): string {
  const shown = frames.length <= limit ? frames : [...frames.slice(0, limit - 5), undefined, ...frames.slice(-4)]
  const lines = shown.map((frame) => {
    if (frame === undefined) return `    … ${depth - limit + 1} more …`
    const name = frame.funcName === undefined ? `func ${frame.funcIdx}` : `$${nameText(frame.funcName)}`
    const where = frame.offset === undefined ? 'host' : `offset 0x${frame.offset.toString(16)}`
    return `    at ${name} (${frame.moduleName === undefined ? 'module' : nameText(frame.moduleName)}, ${where})`
  })
  return lines.join('\n')
}
