// The frames of a stopped run, or of a suspended continuation, as data in the terms of their modules: where each stands, and what its locals
// and operands are. What a stop is made of is in the run; frames are only read here.

import { InternalError } from '../errors/heddle-error.ts'
import type { Instance } from '../runtime/instance.ts'
import type { SavedFrame, SavedStretch } from '../runtime/saved-run.ts'
import type { Value } from '../runtime/value.ts'
import { F64, I64, V128, isRefType } from '../syntax/types.ts'
import type { Crossing } from './backtrace.ts'
import { codeAt, offsetAt, operationsOf, type PlacedCode } from './code-heap.ts'
import type { FrameStretch } from './continuations.ts'
import { frameSite, type FrameSite } from './frame-site.ts'
import { readValues, type Words } from './frame-values.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { OPS } from './ops.ts'

/** The innermost frame: at which position, and whether it has called somebody there. */
export interface Innermost {
  readonly instance: Instance
  /** Of any word of the operation. */
  readonly pc: number
  readonly fp: number
  readonly calls: boolean
}

/** The calls above a place, as the machine has them: pairs of return position and frame pointer, outermost first. */
interface CallChain {
  readonly calls: Int32Array
  readonly crossings: readonly Crossing[]
  readonly instance: Instance | undefined
}

/** All frames, outermost first. `innermost` is absent where the last of the calls has been left by a tail call. */
export function saveFrames(innermost: Innermost | undefined, chain: CallChain, words: Words): SavedFrame[] {
  const frames: SavedFrame[] = []
  const sites = new Map<number, FrameSite>()
  const push = ({ instance, pc, fp, calls }: Innermost): void => {
    let site = sites.get(pc)
    if (site === undefined) {
      site = siteOf(pc)
      sites.set(pc, site)
    }
    frames.push(saveFrame(site, instance, pc, fp, calls, words))
  }
  if (innermost !== undefined) push(innermost)
  const { calls, crossings } = chain
  let { instance } = chain
  let crossing = crossings.length
  for (let i = calls.length - 2; i >= 0; i -= 2) {
    let returnPc = calls[i]!
    if (returnPc === EXIT_PC) {
      const outer = crossings[--crossing]!
      instance = outer.instance
      returnPc = outer.returnPc
    }
    // A bare return belongs to no frame: a tail call has left it. A return position lies behind its call.
    if (returnPc !== RETURN_PC) push({ instance: instance!, pc: returnPc - 1, fp: calls[i + 1]!, calls: true })
  }
  return frames.reverse()
}

export function saveStretch(stretch: FrameStretch): SavedStretch {
  const { instance, pc, fp, calls, crossings, words, refs } = stretch
  const slots = { I32: words, R: [...refs] }
  return { frames: saveFrames({ instance, pc: pc - 1, fp, calls: true }, { calls, crossings, instance }, slots) }
}

/** The place of the instruction that the operation at `pc` is part of. */
export function siteOf(pc: number): FrameSite {
  const placed = codeAt(pc)
  const compiled = placed?.module.deref()
  const offset = placed === undefined ? undefined : offsetAt(placed, pc)
  const site = compiled === undefined || offset === undefined ? undefined : frameSite(compiled, placed!.funcIdx, offset)
  if (site === undefined) throw new InternalError(`a frame stands at no instruction: ${pc}`)
  return site
}

function saveFrame(
  site: FrameSite,
  instance: Instance,
  pc: number,
  fp: number,
  calls: boolean,
  words: Words,
): SavedFrame {
  const { funcIdx, offset, locals, unset, operands, localWords, call } = site
  const held = calls ? operands.slice(0, operands.length - call!.taken) : operands
  const saved = readValues(held, fp + localWords, words).map(plain)
  const address = calls ? undefined : originalAddress(site, pc, fp, words)
  if (address !== undefined) {
    const at = saved.length - site.row.signature!.params.length - 1
    saved[at] = { ...saved[at]!, lo: address, hi: 0 }
  }
  return {
    instance,
    funcIdx,
    offset,
    locals: readValues(locals, fp, words).map((value, x) => (unset.has(x) ? { ...value, ref: null } : plain(value))),
    operands: saved,
  }
}

/** Without what is left in the words that the type does not use. */
function plain({ type, lo, hi, ref, upper }: Value): Value {
  const isNumber = !isRefType(type)
  const isWide = type === I64 || type === F64 || type === V128
  const value = { type, lo: isNumber ? lo : 0, hi: isWide ? hi : 0, ref: isNumber ? null : ref }
  return upper === undefined ? value : { ...value, upper }
}

/**
 * An address of 64 bits as it was before the operations of an instruction of the second function have added the offset to it, in its slot, where
 * they have: they did not trap, so that the sum has 32 bits.
 */
function originalAddress({ row, isWideAccess }: FrameSite, pc: number, fp: number, { I32 }: Words): number | undefined {
  const { code } = machine()
  if (row.atomic === undefined || !isWideAccess || code[pc] !== OPS.slow) return undefined
  const [base, addedOffset] = [code[pc + 2]!, code[pc - 2]!]
  return (I32[fp + base]! - addedOffset) | 0
}

/** What the instruction whose operation at `pc` is charged by length has to pay for it. */
export function lengthCharge(placed: PlacedCode, offset: number, fp: number): number {
  const { code, I32 } = machine()
  const at = chargeOfLength(operationsOf(placed, offset)!.start)
  return at === undefined ? 0 : I32[fp + code[at + 1]!]! >>> code[at + 2]!
}

/** Where the length is charged, behind the charge of an instruction at `start` in code that charges each; undefined where it is not. */
export function chargeOfLength(start: number): number | undefined {
  const { code } = machine()
  const behind = start + CHARGE_WORDS
  const at = code[behind] === OPS.saturate64 ? behind + SATURATE_WORDS : behind
  return code[at] === OPS.charge_operand ? at : undefined
}

const SATURATE_WORDS = 3
export const CHARGE_WORDS = 2
