// The machine: one code heap, one heap stack and one loop for the whole process, over arrays that never move while the loop runs.
//
//   code   lowered functions, from all modules        I32 F32 F64   the stack of slots, three views of one buffer
//   C      return pc and frame pointer, per call      R             references, one per slot      S   the loop's registers
//
// They are large but lazily committed: a host gives a page of memory when it is first touched. They are captured by the loop as
// constants, which is what makes it fast; when one has to grow, a new loop is made over larger arrays, which runs slower.

import { HeddleError } from '../errors/heddle-error.ts'
import { setStackReferences } from '../runtime/heap.ts'
import type { Ref } from '../runtime/value.ts'
import { CodeAllocator, type Stretch } from './code-allocator.ts'
import { createLoop } from './loop.gen.ts'
import { OPS, REGISTER } from './ops.ts'
import { createSideLoop } from './side-loop.gen.ts'
import { createSlow } from './slow.ts'
import type { Slots } from './slow-handler.ts'
import { SCRATCH, meetFixedOperations } from './warm-up.ts'
import type { Instance } from '../runtime/instance.ts'

export interface Machine extends Slots {
  readonly code: Int32Array
  readonly C: Int32Array
  readonly loop: (instance: Instance) => number
}

const CODE_WORDS = 1 << 23
const STACK_WORDS = 1 << 24
const FRAME_WORDS = 1 << 22

/** Two operations at the bottom of the code heap: where a run's first frame returns to, and a bare return. */
export const EXIT_PC = 0
export const RETURN_PC = 1
const FIRST_FREE = 2

function createMachine(codeWords: number, stackWords: number, frameWords: number): Machine {
  const code = new Int32Array(codeWords)
  const slots = new ArrayBuffer(stackWords * 4)
  const I32 = new Int32Array(slots)
  const F32 = new Float32Array(slots)
  const F64 = new Float64Array(slots)
  const R: Ref[] = []
  const C = new Int32Array(frameWords)
  const S = new Int32Array(Object.keys(REGISTER).length)
  code[EXIT_PC] = OPS.exit
  code[RETURN_PC] = OPS.return
  const slow = createSlow({ I32, F32, F64, R, S })
  const side = createSideLoop(code, I32, F32, F64, S)
  return { code, I32, F32, F64, R, C, S, loop: createLoop(code, I32, F32, F64, R, C, S, slow, side) }
}

/** Undefined where the host has not got the memory. */
function tryCreateMachine(codeWords: number, stackWords: number, frameWords: number): Machine | undefined {
  try {
    return createMachine(codeWords, stackWords, frameWords)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

let current: Machine | undefined

/** The machine; made when first asked for. Ask again after anything that may have grown it. */
export function machine(): Machine {
  if (current === undefined) {
    setStackReferences(() => current?.R ?? [])
    current = createMachine(CODE_WORDS, STACK_WORDS, FRAME_WORDS)
    meetFixedOperations(current)
  }
  return current
}

/** Lowered code that one process may hold: 1 GiB. */
const MAX_CODE_WORDS = 1 << 28

function replaceMachine(codeWords: number, stackWords: number, frameWords: number): void {
  const old = machine()
  const grown = codeWords > MAX_CODE_WORDS ? undefined : tryCreateMachine(codeWords, stackWords, frameWords)
  if (grown === undefined) {
    const bytes = (codeWords + stackWords + frameWords) * 4
    throw new HeddleError('MACHINE_QUOTA', `the interpreter would need ${bytes} bytes for its code and stacks`)
  }
  grown.code.set(old.code)
  grown.I32.set(old.I32)
  grown.C.set(old.C)
  grown.S.set(old.S)
  for (const [i, ref] of old.R.entries()) grown.R[i] = ref
  current = grown
}

/** Makes room for runs that may go that deep. */
export function ensureStack(stackWords: number, frameWords: number): void {
  const { code, I32, C } = machine()
  const slotWords = stackWords + SCRATCH.slots
  const callWords = frameWords + SCRATCH.calls
  if (slotWords <= I32.length && callWords <= C.length) return
  replaceMachine(code.length, Math.max(I32.length, slotWords), Math.max(C.length, callWords))
}

const allocator = new CodeAllocator(FIRST_FREE, CODE_WORDS - SCRATCH.code)

/** Copies lowered code into the heap and gives its address. */
export function installCode(words: Int32Array): number {
  let start = allocator.take(words.length)
  if (start === undefined) {
    growCode(words.length)
    start = allocator.take(words.length)!
  }
  machine().code.set(words, start)
  return start
}

function growCode(needed: number): void {
  const { code, I32, C } = machine()
  const least = code.length + needed
  const codeWords = Math.max(least, Math.min(code.length * 2, MAX_CODE_WORDS))
  replaceMachine(codeWords, I32.length, C.length)
  // What was scratch at the end of the smaller heap is free now.
  allocator.give([{ start: code.length - SCRATCH.code, end: codeWords - SCRATCH.code }])
}

export function releaseCode(stretches: readonly Stretch[]): void {
  allocator.give(stretches)
}

/** Words of the code heap that are in use. */
export function usedCodeWords(): number {
  return machine().code.length - SCRATCH.code - FIRST_FREE - allocator.available
}
