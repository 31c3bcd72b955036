// What a run is on the machine: its registers, its stretch of the two stacks with their limits, and what it may still use. Who executes
// it is in run.ts; what the driver does for it, in calls.ts, host-calls.ts, throwing.ts, fuel.ts and switch-stacks.ts.

import { InternalError } from '../errors/heddle-error.ts'
import { Trap, type StackFrame } from '../errors/trap.ts'
import type { ExceptionInstance } from '../runtime/exception.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { RootSource } from '../runtime/heap.ts'
import { now } from '../runtime/host-loop.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Occupancy, Occupant } from '../runtime/occupancy.ts'
import { STORE_LIMITS, type StoreLimits } from '../runtime/store.ts'
import { stackFrame, type CallOptions, type Poll, type StretchOptions } from '../runtime/tier.ts'
import type { Ref, Value } from '../runtime/value.ts'
import { hostWaits, type Waiting, type Waits } from '../runtime/waits.ts'
import { walkFrames, type Backtrace, type Crossing } from './backtrace.ts'
import type { RunBreakpoints } from './breakpoints.ts'
import { codeAt, isChargeOf, placeFunction, type PlacedCode } from './code-heap.ts'
import type { RunMode } from './lower.ts'
import { EXIT_PC, ensureStack, machine } from './machine.ts'
import { REASON, REGISTER } from './ops.ts'
import { forgetReferences } from './slow-handler.ts'
import { clearStage, stage, type Caller, type Resident } from './stage.ts'

/** Branches and calls between two stays in the loop, at most. Short enough that optimised code is entered soon. */
const SLICE = 50_000
/** Where somebody outside may end or pause the run: the first slice, and the shortest. What lies between two branches may be long. */
const FIRST_SLICE = 1_000
const SHORTEST_SLICE = 4
/** About how many milliseconds there are to be between two looks at the world outside. */
const LOOK_MS = 1

/** Frames that are off the machine's stack; places in them are counted from their beginning. */
export interface LaidFrames extends Parked {
  readonly instance: Instance | undefined
  readonly pc: number
  readonly fp: number
  readonly crossings: readonly Crossing[]
}

interface Parked {
  readonly words: Int32Array
  readonly calls: Int32Array
  readonly refs: readonly Ref[]
}

/** A host call that has not returned. */
export interface HostCall {
  readonly func: FuncInstance
  readonly args: readonly Value[]
  /** Who calls. */
  readonly caller: Instance | undefined
  /** Where its results go, from the run's base. */
  readonly slot: number
  readonly returnPc: number
  /** What the run had used before it: what the host function charges, it will charge again. */
  readonly fuelBefore: number
  /** Where it is to be made again, in a continuation or for another instance: what lies between it and the frame. */
  readonly crossing?: Crossing | undefined
}

/** What a call came to, until the run goes on with it: values for a slot, counted from the run's base, or an exception. */
export type Outcome = ({ readonly values: readonly Value[] } | { readonly exception: ExceptionInstance }) &
  Pick<HostCall, 'slot' | 'returnPc'>

export class Execution implements Resident, RootSource, Occupant, Caller {
  /** What was called. */
  readonly func: FuncInstance
  readonly metered: boolean
  /** Whether it is always precise. Otherwise it is while it has breakpoints. */
  private readonly isPrecise: boolean
  readonly mayAwait: boolean
  readonly poll: Poll | undefined
  readonly waits: Waits
  /** What is left of the slice: below zero, it is time to look at the world outside. */
  slice: number = SLICE
  private sliceLength = FIRST_SLICE
  private lookedAt = 0

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

  /** Whose host function made this call, and pays for it. */
  readonly payer: Caller | undefined
  /** Whose host function is under way while this one runs. */
  private caller: Caller | undefined
  stretch: StretchOptions = {}
  /** Where it has been, of the instances that must know who is in them. */
  private occupied: Set<Occupancy> | undefined
  /** It has frames that were made elsewhere: nobody knows yet where it is. */
  private isAdopted = false
  isUnderWay = false
  isOver = false
  /** Of the host call that is under way. */
  abortListeners: ((reason: unknown) => void)[] | undefined
  private givenUp: { readonly reason: unknown } | undefined

  /** Units that this stretch may still use. */
  fuel: number = Infinity
  fuelUsed = 0
  /** This stretch is one instruction, whatever it costs. */
  isStep = false
  /** Units paid so far for the length of the instruction at `pc`: a length is paid in instalments where the fuel doesn't cover it. */
  paid = 0
  /** Units that count as used by a trap, though the instructions behind it in its block were not executed. */
  paidAhead = 0
  /** Where it is to stop; made when somebody asks. */
  ownBreakpoints: RunBreakpoints | undefined
  /** Whether it stands at a breakpoint, which was told. */
  isAtBreakpoint = false
  /** What `resume_throw` has thrown at the suspension that it resumes behind; it stays there where that ends the run. */
  thrownAtSuspension: ExceptionInstance | undefined
  /** The host call that is under way, is to be made once more, or has ended the run. */
  hostCall: HostCall | undefined
  /** Of a call that the run is to go on behind. */
  outcome: Outcome | undefined
  /** Set while the run waits for a notification. */
  waiting: Waiting | undefined
  private parked: Parked | undefined
  /** Whether the heap knows that it may hold references. */
  private isSource = false

  constructor(func: FuncInstance, kind: 'call' | 'run' | 'unmetered run', options: CallOptions = {}) {
    this.func = func
    this.mayAwait = kind !== 'call'
    this.payer = this.mayAwait || stage.caller?.metered !== true ? undefined : stage.caller
    this.metered = kind === 'run' || this.payer !== undefined
    this.isPrecise = this.metered && options.precise === true
    this.mode = !this.metered ? 'fast' : this.isPrecise ? 'precise' : 'metered'
    this.poll = options.poll
    this.waits = options.waits ?? hostWaits
  }

  /** Takes fuel, where it is counted. Who pays for the call pays at once: in the account of both it is the same moment. */
  charge(fuel: number): void {
    if (!this.metered) return
    this.fuel -= fuel
    this.fuelUsed += fuel
    this.payer?.charge(fuel)
  }

  get endsWithoutFuel(): boolean {
    return this.stretch.verdict !== undefined
  }

  // ——— who has a say ———

  get isWatched(): boolean {
    return this.poll !== undefined || this.stretch.poll !== undefined || this.caller !== undefined
  }

  /** Begins a slice: of a length that takes about as long as it should, as the last one shows. */
  beginSlice(): void {
    if (!this.isWatched) {
      this.slice = SLICE
      return
    }
    const time = now()
    if (this.lookedAt > 0) {
      const factor = Math.min(2, LOOK_MS / Math.max(time - this.lookedAt, LOOK_MS / 16))
      this.sliceLength = Math.min(SLICE, Math.max(SHORTEST_SLICE, Math.round(this.sliceLength * factor)))
    }
    this.lookedAt = time
    this.slice = this.sliceLength
  }

  /** What those say who may end or pause it. */
  look(): Error | 'pause' | undefined {
    const own = this.poll?.()
    if (own !== undefined && own !== 'pause') return own
    const further = this.stretch.poll?.()
    if (further !== undefined && further !== 'pause') return further
    return this.caller?.verdict() ?? own ?? further
  }

  verdict(): Error | undefined {
    const own = this.poll?.()
    return own !== undefined && own !== 'pause' ? own : (this.stretch.verdict?.() ?? this.caller?.verdict())
  }

  /** Comes into an instance, where that must know. Throws where it is not this run's turn. */
  occupy({ occupancy }: Instance): void {
    if (occupancy === undefined) return
    occupancy.enter(this)
    this.occupied ??= new Set()
    this.occupied.add(occupancy)
  }

  /** Asks the instances in which it has frames whether it may go on there. */
  checkTurn(): void {
    if (this.isAdopted) {
      for (const { instance } of this.crossings) this.occupy(instance)
      if (this.instance !== undefined) this.occupy(this.instance)
      this.isAdopted = false
    }
    for (const occupancy of this.occupied ?? []) if (this.occupies(occupancy.instance)) occupancy.enter(this)
  }

  turn(): Promise<void> | undefined {
    for (const occupancy of this.occupied ?? []) {
      if (this.occupies(occupancy.instance) && !occupancy.isLast(this)) return occupancy.changed()
    }
    return undefined
  }

  occupies(instance: Instance): boolean {
    return (
      !this.isOver && (this.instance === instance || this.crossings.some((crossing) => crossing.instance === instance))
    )
  }

  /** Tells the instances where it has been that it stopped or ended; `failure`: why it ended without returning. */
  vacate(isOver: boolean, failure?: Error): void {
    for (const occupancy of this.occupied ?? []) {
      if (failure !== undefined && this.occupies(occupancy.instance)) occupancy.interruption ??= failure
    }
    this.isOver = isOver
    for (const occupancy of this.occupied ?? []) occupancy.change()
  }

  /** `listener` is told when the run is given up before the host call that is under way has ended. */
  onAbort(listener: (reason: unknown) => void): void {
    if (this.givenUp !== undefined) return listener(this.givenUp.reason)
    this.abortListeners ??= []
    this.abortListeners.push(listener)
  }

  /** Tells those who work for the run that nobody will want what they do. */
  giveUp(reason: unknown): void {
    this.givenUp = { reason }
    for (const listener of this.abortListeners ?? []) listener(reason)
    this.abortListeners = undefined
  }

  /** How a metered run's code is to be lowered: as precise as is asked for at the moment. */
  get wantedMode(): RunMode {
    if (!this.metered) return this.mode
    return this.isPrecise || (this.ownBreakpoints?.size ?? 0) > 0 ? 'precise' : 'metered'
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
    this.caller = stage.caller
    this.lookedAt = 0
    this.beginSlice()
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
    const end = this.fp + (codeAt(this.pc)?.frameWords ?? 0)
    this.parked = {
      words: I32.slice(this.base, end),
      calls: C.slice(this.callBase, this.sp),
      refs: R.slice(this.base >> 1, end >> 1),
    }
    if (this.parked.refs.length > 0) this.becomeSource()
    this.dropReferences()
    if (stage.resident === this) stage.resident = undefined
  }

  /** From now on, the heap counts what it holds. */
  becomeSource(): void {
    if (this.isSource) return
    this.isSource = true
    this.func.instance?.store.heap.addSource(this)
  }

  /** What it holds besides its frames on the stack, for whoever walks the heap. */
  *references(): Generator<Ref, void> {
    yield* this.parked?.refs ?? []
    for (const { ref } of this.hostCall?.args ?? []) yield ref
    const { outcome } = this
    if (outcome !== undefined && 'exception' in outcome) yield outcome.exception
    else for (const { ref } of outcome?.values ?? []) yield ref
  }

  /** Takes frames that were laid out elsewhere, instead of its own. */
  adopt({ instance, pc, fp, crossings, ...parked }: LaidFrames): void {
    this.release(stage.resident === this)
    this.base = 0
    this.callBase = 0
    this.instance = instance
    this.pc = pc
    this.fp = fp
    this.sp = parked.calls.length
    this.crossings.length = 0
    for (const crossing of crossings) this.crossings.push(crossing)
    this.parked = parked
    this.isAdopted = true
    this.becomeSource()
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

  /** Whether the run stands between two instructions, and everything in it has its place, when the loop was left for a reason. */
  isBetweenInstructions(why: number): boolean {
    if (why === REASON.slice) return isChargeOf(machine().code[this.pc]!)
    return why === REASON.fuel || why === REASON.block || why === REASON.breakpoint
  }

  placed(): PlacedCode {
    const placed = codeAt(this.pc)
    if (placed === undefined) throw new InternalError('the program counter is outside of all code')
    return placed
  }

  get frameEnd(): number {
    return this.fp + this.placed().frameWords
  }

  /** Throws where there is no room for a function's frame at `fp`, or for that many more calls; gives the function's first operation. */
  roomFor(func: FuncInstance, fp: number, calls: number, mode: RunMode = this.mode): number {
    const { S } = machine()
    if (calls > 0 && this.sp + 2 * calls - 2 > S[REGISTER.frameLimit]!) throw new Trap('STACK_EXHAUSTED')
    const { entry, frameWords } = codeOf(func, mode)
    if (fp + frameWords > S[REGISTER.stackLimit]!) throw new Trap('STACK_EXHAUSTED')
    return entry
  }

  pushCall(returnPc: number): void {
    const { C, S } = machine()
    if (this.sp > S[REGISTER.frameLimit]!) throw new Trap('STACK_EXHAUSTED')
    C[this.sp] = returnPc
    C[this.sp + 1] = this.fp
    this.sp += 2
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

/** Where a function's code begins, lowered where that is still to be done, and the size of its frame. */
function codeOf(func: FuncInstance, mode: RunMode): { readonly entry: number; readonly frameWords: number } {
  const entry = mode === 'metered' ? func.meteredEntry : mode === 'fast' ? func.entry : 0
  if (entry !== 0) return { entry, frameWords: func.frameWords }
  const placed = placeFunction(func.instance!.compiled, func.funcIdx, mode)
  func.frameWords = Math.max(func.frameWords, placed.frameWords)
  if (mode === 'metered') func.meteredEntry = placed.entry
  else if (mode === 'fast') func.entry = placed.entry
  return placed
}
