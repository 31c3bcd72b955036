// Continuations on the machine's stack. One that runs lies above the frame that resumed it, and between the two stands a crossing with a
// prompt: the clauses of the resumption. To suspend is to take everything above the prompt off the stack, to resume is to put it on top
// of another frame. Both take as long as the stretch is.

import { Trap } from '../errors/trap.ts'
import type { StackStretch } from '../runtime/continuation.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Tag } from '../runtime/tag.ts'
import type { Ref } from '../runtime/value.ts'
import type { Crossing } from './backtrace.ts'
import { codeAt, type PlacedCode } from './code-heap.ts'
import type { OnClause } from './lower-exceptions.ts'
import { EXIT_PC, machine } from './machine.ts'
import { REGISTER } from './ops.ts'

/** How the code of continuations is lowered: always so that it can be charged. */
export type ContinuedMode = 'metered' | 'precise'

/** Frames with all that they need to go on; what is a place in them is counted from their beginning. */
export class FrameStretch implements StackStretch {
  readonly mode: ContinuedMode
  readonly instance: Instance
  readonly pc: number
  readonly fp: number
  /** Where it takes what it is resumed with. */
  readonly slot: number
  readonly words: Int32Array
  readonly refs: readonly Ref[]
  /** Pairs of return position and frame pointer, without the return out of the stretch. */
  readonly calls: Int32Array
  readonly crossings: readonly Crossing[]

  constructor(state: Omit<FrameStretch, 'byteSize' | 'references'>) {
    this.mode = state.mode
    this.instance = state.instance
    this.pc = state.pc
    this.fp = state.fp
    this.slot = state.slot
    this.words = state.words
    this.refs = state.refs
    this.calls = state.calls
    this.crossings = state.crossings
  }

  get byteSize(): number {
    return 128 + 4 * (this.words.length + this.calls.length) + 8 * this.refs.length + 64 * this.crossings.length
  }

  references(): Iterable<Ref> {
    return this.refs
  }
}

/** A prompt that has a clause for a tag: which crossing it is, and the clause; none where the tag is for switching. */
interface Prompted {
  readonly crossing: number
  readonly clause: OnClause | undefined
}

/** The innermost prompt with a clause `(on tag label)`, or `(on tag switch)` for a switch; undefined where there is none. */
export function findPrompt(tag: Tag, crossings: readonly Crossing[], isSwitch: boolean): Prompted | undefined {
  for (let i = crossings.length - 1; i >= 0; i--) {
    const { prompt, instance } = crossings[i]!
    if (prompt === undefined) continue
    const { clauses, switches } = prompt
    if (isSwitch && switches.some((tagIdx) => instance.tags[tagIdx] === tag)) return { crossing: i, clause: undefined }
    const clause = isSwitch ? undefined : clauses.find(({ tagIdx }) => instance.tags[tagIdx] === tag)
    if (clause !== undefined) return { crossing: i, clause }
  }
  return undefined
}

/** What lies above a crossing, and where the frame below it is. */
export interface Cut {
  readonly stretch: FrameStretch
  readonly fp: number
  readonly sp: number
  /** Where the stretch began. */
  readonly base: number
}

/** A run's stack at an operation that is to go on at `pc` with what it is given at `slot`. */
interface StackTop {
  readonly instance: Instance
  readonly pc: number
  readonly fp: number
  readonly sp: number
  readonly crossings: readonly Crossing[]
  readonly slot: number
  readonly mode: ContinuedMode
}

/** Copies what lies above the crossing; the stack itself stays as it is. */
export function cutAbove(top: StackTop, crossing: number): Cut {
  const { I32, R, C } = machine()
  const { instance, pc, fp, sp, crossings, slot, mode } = top
  let at = sp
  for (let left = crossings.length - crossing; left > 0;) {
    at -= 2
    if (C[at] === EXIT_PC) left--
  }
  const base = at + 2 < sp ? C[at + 3]! : fp
  const end = fp + codeAt(pc - 1)!.frameWords
  const calls = C.slice(at + 2, sp)
  for (let i = 1; i < calls.length; i += 2) calls[i] = calls[i]! - base
  const stretch = new FrameStretch({
    mode,
    instance,
    pc,
    fp: fp - base,
    slot: slot - base,
    words: I32.slice(base, end),
    refs: R.slice(base >> 1, end >> 1),
    calls,
    crossings: crossings.slice(crossing + 1),
  })
  return { stretch, fp: C[at + 1]!, sp: at, base }
}

/** Puts frames on the stack at `base`, above the calls up to `sp`; `fp` is the frame that they return to. Gives the stack's new end. */
export function placeStretch(stretch: FrameStretch, base: number, sp: number, fp: number): { fp: number; sp: number } {
  const { I32, R, C, S } = machine()
  const { words, refs, calls } = stretch
  const end = sp + 2 + calls.length
  if (base + words.length > S[REGISTER.stackLimit]! || end > S[REGISTER.frameLimit]! + 2) {
    throw new Trap('STACK_EXHAUSTED')
  }
  I32.set(words, base)
  for (let i = 0; i < refs.length; i++) R[(base >> 1) + i] = refs[i]
  C[sp] = EXIT_PC
  C[sp + 1] = fp
  C.set(calls, sp + 2)
  for (let i = sp + 3; i < end; i += 2) C[i] = C[i]! + base
  return { fp: base + stretch.fp, sp: end }
}

/** Words of the operation that resumes; its last one is the number of the resumption in its code. */
export const RESUME_WORDS = 6

/** The prompt of the resumption with that number in the code, which returns to `returnPc`. */
export function promptAt(
  { sites, start }: PlacedCode,
  site: number,
  instance: Instance,
  returnPc: number,
  mode: Crossing['mode'],
): Crossing {
  return { instance, returnPc, mode, prompt: { ...sites[site]!, start } }
}
