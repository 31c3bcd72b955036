// What a stack of calls says about where a run is.

import { toUnsignedBigInt } from '../numeric/i64.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { Instance } from '../runtime/instance.ts'
import type { RunFrame } from '../runtime/tier.ts'
import { codeAt, offsetAt } from './code-heap.ts'
import type { ResumeSite } from './lower-exceptions.ts'
import type { RunMode } from './lower.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { FIXED_OPS, OPS, ROW_OPS } from './ops.ts'
import { slowRow } from './slow.ts'

/** Where a call into another instance returns to. */
export interface Crossing {
  readonly instance: Instance
  readonly returnPc: number
  /** How the code is lowered that it returns to. */
  readonly mode: RunMode
  /** Of a resumption: its clauses, and where the code begins that they belong to. */
  readonly prompt?: (ResumeSite & { readonly start: number }) | undefined
}

/** Frames that are told, of a recursion that may have a million: the innermost ones, and the outermost. */
const INNERMOST = 80
const OUTERMOST = 20

/** A stack as it is told, and how many frames it has in truth. */
export interface Backtrace {
  readonly frames: RunFrame[]
  readonly depth: number
}

/** A frame whose offset is found when somebody looks at it: that takes reading the function again. */
export function describeFrame(func: FuncInstance, offset: () => number | undefined): RunFrame {
  const funcName = func.instance?.compiled.funcName(func.funcIdx) ?? func.name
  let known: { readonly offset: number | undefined } | undefined
  return {
    func,
    funcIdx: func.funcIdx,
    funcName,
    get offset() {
      known ??= { offset: offset() }
      return known.offset
    },
  }
}

/** The stack of a run at `pc` in `instance`, innermost first. `calls` are its return positions and frame pointers, outermost first. */
export function walkFrames(
  pc: number,
  instance: Instance | undefined,
  calls: Int32Array,
  crossings: readonly Crossing[],
): Backtrace {
  const frames: RunFrame[] = []
  const push = (position: number, within: Instance | undefined): void => {
    const placed = codeAt(position)
    if (placed === undefined || within === undefined) return
    frames.push(describeFrame(within.func(placed.funcIdx), () => offsetAt(placed, position)))
  }
  push(pc, instance)
  let depth = 1
  let current = instance
  let crossing = crossings.length
  for (let i = calls.length - 2; i > 0; i -= 2) {
    let returnPc = calls[i]!
    if (returnPc === EXIT_PC) {
      const outer = crossings[--crossing]!
      current = outer.instance
      returnPc = outer.returnPc
    }
    // A return position lies behind its call; a bare return belongs to no function.
    if (returnPc === RETURN_PC) continue
    depth++
    if (depth <= INNERMOST || i / 2 <= OUTERMOST) push(returnPc - 1, current)
  }
  return { frames, depth }
}

/** The values that mattered where an access was out of bounds or unaligned: read from the operation at `pc`. */
export function describeAccess(pc: number, fp: number, instance: Instance): string {
  const { code, I32 } = machine()
  if (code[pc] === OPS.address64) {
    const slot = fp + code[pc + 2]!
    const address = toUnsignedBigInt(I32[slot]!, I32[slot + 1]!) + toUnsignedBigInt(code[pc + 3]!, code[pc + 4]!)
    return `address 0x${address.toString(16)}, beyond all memories`
  }
  const isSlow = code[pc] === OPS.slow
  const row = isSlow ? slowRow(code[pc + 1]!) : ROW_OPS[code[pc]! - FIXED_OPS.length]?.row
  if (row?.access === undefined) return ''
  // Behind the operation: a result's slot or a handler's number, then the slot of the address and the offset, or the memory between them.
  const position = pc + (isSlow || row.access.kind === 'load' ? 2 : 1)
  const { byteLength } = isSlow ? instance.memories[code[pc + 3]!]! : instance.memory
  const address = (I32[fp + code[position]!]! >>> 0) + (code[isSlow ? pc + 4 : position + 1]! >>> 0)
  return `address 0x${address.toString(16)} + ${row.access.bytes} in a memory of ${byteLength} bytes`
}
