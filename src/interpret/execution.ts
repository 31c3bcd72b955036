// What a run is on the machine: its registers, its stretch of the two stacks with their limits, and what it may still use. Who executes
// it is in run.ts; what the driver does for it, in calls.ts, host-calls.ts, throwing.ts, fuel.ts and switch-stacks.ts.

import { InternalError } from '../errors/heddle-error.ts'
import { Trap, type StackFrame } from '../errors/trap.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { RootSource } from '../runtime/heap.ts'
import type { Instance } from '../runtime/instance.ts'
import { STORE_LIMITS, type StoreLimits } from '../runtime/store.ts'
import { stackFrame, type CallOptions, type Poll } from '../runtime/tier.ts'
import type { Ref } from '../runtime/value.ts'
import { hostWaits, type Waiting, type Waits } from '../runtime/waits.ts'
import { walkFrames, type Backtrace, type Crossing } from './backtrace.ts'
import { codeAt, placeFunction, type PlacedCode } from './code-heap.ts'
import { EXIT_PC, ensureStack, machine } from './machine.ts'
import { REGISTER } from './ops.ts'
import { forgetReferences } from './slow-handler.ts'
import { clearStage, stage, type Resident } from './stage.ts'

/** Backward branches and calls between two looks at the world outside. Short enough that optimised code is entered soon. */
export const SLICE = 50_000

/** How code is lowered, as far as a run chooses it. */
type RunMode = 'fast' | 'metered'

/** Frames that were moved off the machine's stack. */
interface Parked {
  readonly words: Int32Array
  readonly calls: Int32Array
  readonly refs: readonly Ref[]
}

/** A host call whose promise has not settled: where its results go. */
interface PendingCall {
  readonly func: FuncInstance
  /** From the run's base. */
  readonly slot: number
  readonly returnPc: number
}

export class Execution implements Resident, RootSource {
  /** What was called. */
  readonly func: FuncInstance
  readonly metered: boolean
  readonly mayAwait: boolean
  readonly poll: Poll | undefined
  readonly waits: Waits
  /** What is left of the slice: below zero, it is time to look at the world outside. */
  slice: number = SLICE

  instance: Instance | undefined
  /** How the code is lowered that runs: in a continuation always so that it can be charged, for it may go on in a run that is. */
  mode: RunMode
  pc = 0
  fp = 0
  sp = 0
  base = 0
  callBase = 0
  /** How far the run's frames and calls may go. */
  stackLimit = 0
  callLimit = 0
  readonly crossings: Crossing[] = []

  /** Units that this stretch may still use. */
  fuel: number = Infinity
  fuelUsed = 0
  /** This stretch is one instruction, whatever it costs. */
  isStep = false
  /** Units paid so far for the length of the instruction at `pc`: a length is paid in instalments where the fuel doesn't cover it. */
  paid = 0
  /** Set while the run waits for a promise. */
  pending: PendingCall | undefined
  /** Set while the run waits for a notification. */
  waiting: Waiting | undefined
  /** Words of the results that a promise came to: all that is in the frame where nothing is left to do but return. */
  settledWords = 0

  private parked: Parked | undefined
  /** Whether the heap knows that it may hold references. */
  private isSource = false

  constructor(func: FuncInstance, kind: 'call' | 'run' | 'unmetered run', options: CallOptions = {}) {
    this.func = func
    this.metered = kind === 'run'
    this.mode = this.metered ? 'metered' : 'fast'
    this.mayAwait = kind !== 'call'
    this.poll = options.poll
    this.waits = options.waits ?? hostWaits
  }

  /** Takes fuel, where it is counted. */
  charge(fuel: number): void {
    if (!this.metered) return
    this.fuel -= fuel
    this.fuelUsed += fuel
  }

  // ——— coming and going ———

  get limits(): StoreLimits {
    return this.func.instance?.store.limits ?? STORE_LIMITS
  }

  /** Comes on top of the machine's stack, for the first time or again. */
  enter(first: boolean): void {
    clearStage(this)
    if (first) {
      this.base = stage.stackTop
      this.callBase = stage.callTop
    } else this.comeBack()
    stage.resident = undefined
    const { stackFrames, stackBytes } = this.limits
    this.stackLimit = Math.min(this.base + Math.floor(stackBytes / 8) * 2, stage.stackLimit)
    this.callLimit = Math.min(this.callBase + stackFrames * 2, stage.callLimit)
    ensureStack(this.stackLimit, this.callLimit)
    this.setLimits()
  }

  setLimits(): void {
    const { S } = machine()
    S[REGISTER.stackLimit] = this.stackLimit
    S[REGISTER.frameLimit] = this.callLimit - 2
  }

  /** Forgets the frames, and the references in this run's stretch of the stack if it lies there: nothing is to be kept alive by them. */
  release(isOnStack: boolean): void {
    if (stage.resident === this) stage.resident = undefined
    this.parked = undefined
    if (isOnStack) this.dropReferences()
  }

  private dropReferences(): void {
    forgetReferences(machine(), this.base)
  }

  /** Moves the frames from the machine's stack into the run. */
  park(): void {
    const { I32, C, R } = machine()
    const end = this.fp + (codeAt(this.pc)?.frameWords ?? this.settledWords)
    this.parked = {
      words: I32.slice(this.base, end),
      calls: C.slice(this.callBase, this.sp),
      refs: R.slice(this.base >> 1, end >> 1),
    }
    if (this.parked.refs.length > 0 && !this.isSource) {
      this.isSource = true
      this.func.instance?.store.heap.addSource(this)
    }
    this.dropReferences()
    if (stage.resident === this) stage.resident = undefined
  }

  /** What its parked frames hold, for whoever walks the heap. */
  references(): Iterable<Ref> {
    return this.parked?.refs ?? []
  }

  /** Puts parked frames on top of the machine's stack, wherever that is by now. */
  comeBack(): void {
    if (this.parked === undefined) return
    const { words, calls, refs } = this.parked
    clearStage(this)
    const shift = stage.stackTop - this.base
    this.base = stage.stackTop
    this.callBase = stage.callTop
    this.sp = stage.callTop + calls.length
    this.fp += shift
    ensureStack(this.base + words.length, this.sp)
    const { I32, C, R } = machine()
    I32.set(words, this.base)
    C.set(calls, this.callBase)
    for (let i = this.callBase + 1; i < this.sp; i += 2) C[i] = C[i]! + shift
    for (const [i, ref] of refs.entries()) R[(this.base >> 1) + i] = ref
    this.parked = undefined
    stage.resident = this
  }

  // ——— the frame that runs ———

  placed(): PlacedCode {
    const placed = codeAt(this.pc)
    if (placed === undefined) throw new InternalError('the program counter is outside of all code')
    return placed
  }

  get frameEnd(): number {
    return this.fp + this.placed().frameWords
  }

  pushCall(returnPc: number): void {
    const { C, S } = machine()
    if (this.sp > S[REGISTER.frameLimit]!) throw new Trap('STACK_EXHAUSTED')
    C[this.sp] = returnPc
    C[this.sp + 1] = this.fp
    this.sp += 2
  }

  jumpTo(func: FuncInstance): void {
    this.pc = this.entryOf(func)
    const { S } = machine()
    if (this.fp + func.frameWords > S[REGISTER.stackLimit]!) throw new Trap('STACK_EXHAUSTED')
  }

  /** The position of a function's first operation, lowered where that is still to be done. */
  private entryOf(func: FuncInstance): number {
    const entry = this.mode === 'metered' ? func.meteredEntry : func.entry
    if (entry !== 0) return entry
    const placed = placeFunction(func.instance!.compiled, func.funcIdx, this.mode)
    func.frameWords = placed.frameWords
    if (this.mode === 'metered') func.meteredEntry = placed.entry
    else func.entry = placed.entry
    return placed.entry
  }

  /** Forgets the crossings from that one on. */
  dropCrossings(count: number): void {
    this.mode = this.crossings[count]?.mode ?? this.mode
    this.crossings.length = count
  }

  /** Takes of the heap of an instance, by default of the one that runs. `stackEnd`: behind everything on the stack that is in use. */
  claim(bytes: number, stackEnd: number, { store: { heap } }: Instance = this.instance!): void {
    if (heap.mustCountFor(bytes)) {
      forgetReferences(machine(), stackEnd)
      this.slice = -1
    }
    heap.claim(bytes)
  }

  // ——— what is told ———

  backtrace(): Backtrace {
    const calls = this.parked?.calls ?? machine().C.subarray(this.callBase, this.sp)
    return walkFrames(this.pc, this.instance, calls, this.crossings)
  }

  trace(): { readonly frames: readonly StackFrame[]; readonly depth: number } {
    const { frames, depth } = this.backtrace()
    return { frames: frames.map(stackFrame), depth }
  }
}

/** Pushes the call of what a run begins with: it returns to the driver. */
export function pushFirstCall(run: Execution): void {
  const { C } = machine()
  C[run.sp] = EXIT_PC
  C[run.sp + 1] = run.base
  run.sp += 2
}
