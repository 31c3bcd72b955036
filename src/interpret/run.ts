// A run: one call into wasm, as the driver of the machine's loop. The loop executes; whatever needs the world outside comes here: host
// functions, functions of other instances, functions not lowered yet, fuel, traps. A run that stops leaves its frames on the machine's
// stack until another run needs the place; then they are parked in the run itself.

import { HeddleError, InternalError, UsageError } from '../errors/heddle-error.ts'
import { HostThrow } from '../errors/host-throw.ts'
import { nameText } from '../errors/quote.ts'
import { TRAP_CODES, Trap, type StackFrame, type TrapCode } from '../errors/trap.ts'
import { ExceptionInstance, errorOf, exceptionOf } from '../runtime/exception.ts'
import { FuncInstance } from '../runtime/func.ts'
import type { Instance } from '../runtime/instance.ts'
import { STORE_LIMITS, type StoreLimits } from '../runtime/store.ts'
import { stackFrame, type CallOptions, type Poll, type RunFrame, type RunHandle, type Stop } from '../runtime/tier.ts'
import type { RootSource } from '../runtime/heap.ts'
import type { Tag } from '../runtime/tag.ts'
import { canonicalById } from '../validate/canonical-types.ts'
import { i32Value, refValue, type Ref, type Value } from '../runtime/value.ts'
import { hostWaits, type Waiting, type Waits } from '../runtime/waits.ts'
import { EXNREF, I32 as I32_TYPE } from '../syntax/types.ts'
import { notification, waitRequest } from './atomics.ts'
import { describeAccess, describeFrame, walkFrames, type Backtrace, type Crossing } from './backtrace.ts'
import { blockOffset, blockPosition, codeAt, placeFunction, restOfBlock, type PlacedCode } from './code-heap.ts'
import { readValues, wordsOf, writeValues } from './frame-values.ts'
import { EXIT_PC, RETURN_PC, ensureStack, machine } from './machine.ts'
import { OPS, REASON, REGISTER } from './ops.ts'
import { slowRow } from './slow.ts'
import { forgetReferences, trap as trapReason } from './slow-handler.ts'
import { clearStage, stage, type Resident } from './stage.ts'
import { switchStacks, type StackSwitcher } from './switch-stacks.ts'
import { NOWHERE, findCatcher, type Catcher } from './unwind.ts'

/** Backward branches and calls between two looks at the world outside. Short enough that optimised code is entered soon. */
const SLICE = 50_000
/** What leaving the loop counts, in such branches: a program that only calls its host is looked at as often. */
const LEAVING = 100
const FUEL_CHUNK = 1 << 30
const OUT_OF_BOUNDS = trapReason('TRAP_OUT_OF_BOUNDS')
/** Traps of accesses, which say which one. */
const NAMES_ACCESS: ReadonlySet<TrapCode> = new Set(['TRAP_OUT_OF_BOUNDS', 'TRAP_UNALIGNED_ATOMIC'])
/** Words of the operation `slow`. */
const SLOW_WORDS = 5

/** Stands for what gives the result of a wait. */
const WAIT = FuncInstance.fromHost({ kind: 'func', params: [], results: [I32_TYPE] }, () => [], 'a wait')

/** Frames that were moved off the machine's stack. */
interface Parked {
  readonly words: Int32Array
  readonly calls: Int32Array
  readonly refs: readonly Ref[]
}

export class InterpreterRun implements RunHandle, Resident, RootSource, StackSwitcher {
  private readonly func: FuncInstance
  private readonly args: readonly Value[]
  private readonly metered: boolean
  private readonly poll: Poll | undefined
  private readonly waits: Waits
  /** What is left of the slice: below zero, it is time to look at the world outside. */
  slice: number = SLICE

  instance: Instance | undefined
  /** How the code is lowered that runs: in a continuation always so that it can be charged, for it may go on in a run that is. */
  mode: 'fast' | 'metered'
  pc = 0
  fp = 0
  sp = 0
  private base = 0
  private callBase = 0
  /** How far the run's frames and calls may go. */
  private stackLimit = 0
  private callLimit = 0
  readonly crossings: Crossing[] = []
  private parked: Parked | undefined
  /** Whether the heap knows that it may hold references. */
  private isSource = false

  private state: 'ready' | 'running' | 'stopped' | 'awaiting' | 'finished' = 'ready'
  /** Units that this stretch may still use. */
  private fuel = Infinity
  fuelUsed = 0
  /** This stretch is one instruction, whatever it costs. */
  private isStep = false
  /** Units paid so far for the length of the instruction at `pc`: a length is paid in instalments where the fuel doesn't cover it. */
  private paid = 0
  /** Set while the run waits for a promise: where the results go. */
  private pending: { readonly func: FuncInstance; readonly slot: number; readonly returnPc: number } | undefined
  /** Set while the run waits for a notification. */
  private waiting: Waiting | undefined
  /** Words of the results that a promise came to: all that is in the frame where nothing is left to do but return. */
  private settledWords = 0
  private readonly mayAwait: boolean

  constructor(
    func: FuncInstance,
    args: readonly Value[],
    kind: 'call' | 'run' | 'unmetered run',
    options?: CallOptions,
  ) {
    if (args.length !== func.type.params.length) {
      throw new UsageError(`${func.toString()} takes ${func.type.params.length} arguments, not ${args.length}`)
    }
    this.func = func
    this.args = args
    this.metered = kind === 'run'
    this.mode = this.metered ? 'metered' : 'fast'
    this.mayAwait = kind !== 'call'
    this.poll = options?.poll
    this.waits = options?.waits ?? hostWaits
  }

  get finished(): boolean {
    return this.state === 'finished'
  }

  /** Runs to the end; throws a Trap, or what a host function threw. */
  complete(): readonly Value[] {
    const stop = this.resume()
    if (stop.kind === 'done') return stop.results
    if (stop.kind === 'trap') throw stop.error
    throw new InternalError(`a call that cannot stop has stopped: ${stop.kind}`)
  }

  step(): Stop {
    this.isStep = true
    try {
      return this.resume(1)
    } finally {
      this.isStep = false
    }
  }

  resume(fuel: number = Infinity): Stop {
    if (this.state === 'finished') throw new UsageError('the run has ended', 'RUN_ENDED')
    if (this.state === 'running') throw new UsageError('the run is being driven already', 'RUN_BUSY')
    if (this.state === 'awaiting') throw new UsageError('the run waits for a host function', 'RUN_AWAITING')
    this.fuel = Math.floor(fuel)
    const first = this.state === 'ready'
    this.state = 'running'
    try {
      this.enter(first)
      const stop = first ? (this.begin() ?? this.drive()) : this.drive()
      return this.leave(stop)
    } catch (error) {
      if (!(error instanceof Error)) return this.leave({ kind: 'trap', error: new HostThrow(error) })
      return this.leave({ kind: 'trap', error: error instanceof Trap ? this.located(error) : error })
    }
  }

  settle(outcome: { readonly values: readonly Value[] } | { readonly error: unknown }): void {
    const { pending } = this
    // The run was aborted while the promise was under way.
    if (this.state === 'finished') return
    if (this.state !== 'awaiting' || pending === undefined) {
      throw new UsageError('the run does not wait for a host function')
    }
    if (this.parked !== undefined) this.takeResidence()
    if ('error' in outcome) return this.settleError(outcome.error, pending.returnPc)
    this.writeResults(pending.func, outcome.values, this.base + pending.slot)
    this.settledWords = wordsOf(pending.func.type.results)
    this.pc = pending.returnPc
    this.pending = undefined
    this.waiting = undefined
    this.state = 'stopped'
  }

  /** What a promise rejected with is thrown where the host function was called. */
  private settleError(error: unknown, returnPc: number): void {
    const exception = exceptionOf(error)
    const catcher = exception === undefined ? undefined : this.catcherOf(exception, throwPosition(returnPc))
    if (catcher === undefined) {
      this.state = 'finished'
      this.release(true)
      throw error
    }
    this.land(exception!, catcher)
    this.pending = undefined
    this.state = 'stopped'
  }

  charge(fuel: number): void {
    if (!this.metered) return
    this.fuel -= fuel
    this.fuelUsed += fuel
  }

  abort(): void {
    if (this.state === 'running') throw new UsageError('the run is being driven: abort it from a poll', 'RUN_BUSY')
    this.state = 'finished'
    this.waiting?.release()
    this.release(stage.resident === this)
  }

  get depth(): number {
    if (this.state === 'finished') return 0
    return this.state === 'ready' ? 1 : this.backtrace().depth
  }

  stack(): readonly RunFrame[] {
    if (this.state === 'finished') return []
    if (this.state === 'ready') return [describeFrame(this.func, () => undefined)]
    return this.backtrace().frames
  }

  // ——— coming and going ———

  private enter(first: boolean): void {
    clearStage(this)
    if (first) {
      this.base = stage.stackTop
      this.callBase = stage.callTop
    } else if (this.parked !== undefined) this.takeResidence()
    stage.resident = undefined
    const { stackFrames, stackBytes } = this.limits
    this.stackLimit = Math.min(this.base + Math.floor(stackBytes / 8) * 2, stage.stackLimit)
    this.callLimit = Math.min(this.callBase + stackFrames * 2, stage.callLimit)
    ensureStack(this.stackLimit, this.callLimit)
    this.setLimits()
  }

  private get limits(): StoreLimits {
    return this.func.instance?.store.limits ?? STORE_LIMITS
  }

  private setLimits(): void {
    const { S } = machine()
    S[REGISTER.stackLimit] = this.stackLimit
    S[REGISTER.frameLimit] = this.callLimit - 2
  }

  private leave(stop: Stop): Stop {
    if (stop.kind === 'done' || stop.kind === 'trap') {
      this.state = 'finished'
      this.release(true)
    } else {
      this.state = stop.kind === 'host' ? 'awaiting' : 'stopped'
      stage.resident = this
    }
    return stop
  }

  /** Forgets the frames, and the references in this run's stretch of the stack if it lies there: nothing is to be kept alive by them. */
  private release(isOnStack: boolean): void {
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
  private takeResidence(): void {
    const { words, calls, refs } = this.parked!
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

  /** Writes the arguments and pushes the first frame; a host function is called straight away. */
  private begin(): Stop | undefined {
    this.fp = this.base
    this.sp = this.callBase
    writeValues(this.args, this.base)
    const { C } = machine()
    C[this.sp] = EXIT_PC
    C[this.sp + 1] = this.base
    this.sp += 2
    if (this.func.host !== undefined) {
      this.sp -= 2
      return this.callHost(this.func, this.base, EXIT_PC)
    }
    this.instance = this.func.instance!
    this.jumpTo(this.func)
    return undefined
  }

  // ——— the driver ———

  private drive(): Stop {
    // A host function was all that was called, and its promise has settled.
    if (this.sp === this.callBase) return this.done()
    const stillOwing = this.paid > 0 ? this.outOfFuel() : undefined
    if (stillOwing !== undefined) return stillOwing
    for (;;) {
      const why = this.execute()
      if (this.slice < 0 && why < REASON.trap) this.lookOutside()
      // A memory that another thread has grown meanwhile: the operation is done again.
      if (why === OUT_OF_BOUNDS && this.instance!.memories.some((memory) => memory.refresh())) continue
      const stop = why >= REASON.trap ? this.trap(TRAP_CODES[why - REASON.trap]!) : this.handle(why)
      if (stop !== undefined) return stop
    }
  }

  private done(): Stop {
    return { kind: 'done', results: readValues(this.func.type.results, this.base) }
  }

  /** One stay in the loop. Gives why it ended. */
  private execute(): number {
    const { S, loop } = machine()
    const chunk = this.metered ? Math.max(0, Math.min(this.fuel, FUEL_CHUNK)) : FUEL_CHUNK
    S[REGISTER.pc] = this.pc
    S[REGISTER.fp] = this.fp
    S[REGISTER.sp] = this.sp
    S[REGISTER.fuel] = chunk
    S[REGISTER.slice] = this.slice
    stage.closed = true
    let why
    try {
      why = loop(this.instance!)
    } finally {
      stage.closed = false
    }
    this.slice = S[REGISTER.slice]! - LEAVING
    this.pc = S[REGISTER.pc]!
    this.fp = S[REGISTER.fp]!
    this.sp = S[REGISTER.sp]!
    if (this.metered) this.charge(chunk - S[REGISTER.fuel]!)
    return why
  }

  private lookOutside(): void {
    this.slice = SLICE
    if (this.poll === undefined) return
    stage.closed = true
    let error
    try {
      error = this.poll()
    } finally {
      stage.closed = false
    }
    if (error !== undefined) throw error
  }

  private handle(why: number): Stop | undefined {
    const { code, I32 } = machine()
    const { pc, fp } = this
    const word = (k: number): number => code[pc + k]!
    switch (why) {
      case REASON.slice:
        return undefined
      case REASON.fuel:
        return this.outOfFuel()
      case REASON.block:
        return this.beginBlock()
      case REASON.lower:
        return this.lowerCallee()
      case REASON.import:
        return this.call(this.instance!.func(word(1)), fp + word(2), pc + 3)
      case REASON.indirect: {
        const callee = this.resolve(word(1), word(2), I32[fp + word(3)]! >>> 0)
        return this.call(callee, fp + word(4), pc + 5)
      }
      case REASON.tailImport:
        return this.tailCall(this.instance!.func(word(1)), fp + word(2), word(3))
      case REASON.tailIndirect: {
        const callee = this.resolve(word(1), word(2), I32[fp + word(3)]! >>> 0)
        return this.tailCall(callee, fp + word(4), word(5))
      }
      case REASON.callRef:
        return this.call(this.referenced(word(1)), fp + word(2), pc + 3)
      case REASON.tailRef:
        return this.tailCall(this.referenced(word(1)), fp + word(2), word(3))
      case REASON.throw: {
        const tag = this.instance!.tags[word(3)]!
        return this.throw(this.newException(tag, fp + word(2)), pc)
      }
      case REASON.throwRef:
        return this.throwRef(machine().R[(fp + word(2)) >> 1] as ExceptionInstance | null)
      case REASON.wait:
        return this.wait()
      case REASON.notify:
        return this.notify()
      case REASON.contNew:
      case REASON.contBind:
      case REASON.suspend:
      case REASON.resume:
      case REASON.resumeThrow:
      case REASON.resumeThrowRef:
      case REASON.switch:
        return switchStacks(this, why)
      default:
        return this.returnToCaller()
    }
  }

  /** The bottom of a stack was reached: of the run's, or of a stretch in another instance. */
  private returnToCaller(): Stop | undefined {
    const crossing = this.crossings.pop()
    if (crossing === undefined) {
      return this.done()
    }
    this.instance = crossing.instance
    this.mode = crossing.mode
    this.pc = crossing.returnPc
    return undefined
  }

  private lowerCallee(): undefined {
    const { pc } = this
    const { compiled } = this.instance!
    const tail = machine().code[pc] === OPS.lower_tail
    const placed = placeFunction(compiled, machine().code[pc + 1]!, this.mode)
    // Lowering may have grown the machine.
    const { code } = machine()
    code[pc + 1] = placed.entry
    code[pc + (tail ? 4 : 3)] = placed.frameWords
    code[pc] = tail ? OPS.tail_call : OPS.call
    return undefined
  }

  /** The function that an indirect call means. */
  private resolve(tableIdx: number, typeId: number, index: number): FuncInstance {
    const { elems, type } = this.instance!.tables[tableIdx]!
    if (index >= elems.length) {
      const shown = type.addrType === 'i64' && index === 2 ** 32 - 1 ? 'an index of 2^32 - 1 or more' : String(index)
      throw new Trap('TRAP_UNDEFINED_ELEMENT', `${shown} in a table of ${elems.length}`)
    }
    const func = elems[index] as FuncInstance | null
    if (func === null) throw new Trap('TRAP_UNINITIALIZED_ELEMENT', String(index))
    if (func.typeId !== typeId && !func.canonical.isSubtypeOf(canonicalById(typeId)))
      throw new Trap('TRAP_INDIRECT_CALL', `element ${index} is ${func.toString()}`)
    return func
  }

  /** The function that the reference in a slot means. */
  private referenced(slot: number): FuncInstance {
    const func = machine().R[(this.fp + slot) >> 1] as FuncInstance | null
    if (func === null) throw new Trap('TRAP_NULL_FUNCTION')
    return func
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

  jumpTo(func: FuncInstance): void {
    this.pc = this.entryOf(func)
    const { S } = machine()
    if (this.fp + func.frameWords > S[REGISTER.stackLimit]!) throw new Trap('STACK_EXHAUSTED')
  }

  pushCall(returnPc: number): void {
    const { C, S } = machine()
    if (this.sp > S[REGISTER.frameLimit]!) throw new Trap('STACK_EXHAUSTED')
    C[this.sp] = returnPc
    C[this.sp + 1] = this.fp
    this.sp += 2
  }

  /** Calls a function whose arguments lie at `slot`. */
  private call(func: FuncInstance, slot: number, returnPc: number): Stop | undefined {
    if (func.host !== undefined) return this.callHost(func, slot, returnPc)
    if (func.instance === this.instance) this.pushCall(returnPc)
    else {
      this.pushCall(EXIT_PC)
      this.crossings.push({ instance: this.instance!, returnPc, mode: this.mode })
      this.instance = func.instance!
    }
    this.fp = slot
    this.jumpTo(func)
    return undefined
  }

  /** Calls a function in place of the running one. */
  private tailCall(func: FuncInstance, from: number, words: number): Stop | undefined {
    const { I32, C } = machine()
    I32.copyWithin(this.fp, from, from + words)
    if (func.host !== undefined) return this.callHost(func, this.fp, RETURN_PC)
    if (func.instance !== this.instance) {
      // Where the frame below is a crossing already, returning will find the right instance: the stack does not grow.
      if (C[this.sp - 2] !== EXIT_PC) {
        this.pushCall(EXIT_PC)
        this.crossings.push({ instance: this.instance!, returnPc: RETURN_PC, mode: this.mode })
      }
      this.instance = func.instance!
    }
    this.jumpTo(func)
    return undefined
  }

  // ——— host functions ———

  callHost(func: FuncInstance, slot: number, returnPc: number): Stop | undefined {
    if (stage.hostDepth >= this.limits.hostDepth) throw new Trap('STACK_EXHAUSTED')
    const { params, results } = func.type
    const args = readValues(params, slot)
    const { stackTop, callTop, stackLimit, callLimit, hostDepth } = stage
    stage.stackTop = slot + Math.max(wordsOf(params), wordsOf(results))
    stage.callTop = this.sp
    stage.stackLimit = this.stackLimit
    stage.callLimit = this.callLimit
    stage.hostDepth++
    let thrown: { readonly error: unknown } | undefined
    let outcome
    try {
      outcome = func.host!(args, { instance: this.instance, charge: (fuel) => this.charge(fuel) })
    } catch (error) {
      thrown = { error }
    } finally {
      clearStage(this)
      Object.assign(stage, { stackTop, callTop, stackLimit, callLimit, hostDepth })
      this.setLimits()
    }
    if (outcome === undefined) return this.throwError(thrown!.error, returnPc)
    if (outcome instanceof Promise) return this.suspend(func, outcome, slot, returnPc)
    this.writeResults(func, outcome, slot)
    return this.goOn(returnPc)
  }

  /** Continues behind a host call: in wasm, or at the end where the host function was all that was called. */
  private goOn(returnPc: number): Stop | undefined {
    this.pc = returnPc
    if (this.sp > this.callBase) return undefined
    return this.done()
  }

  private suspend(func: FuncInstance, promise: Promise<readonly Value[]>, slot: number, returnPc: number): Stop {
    if (!this.mayAwait) {
      promise.catch(() => undefined)
      throw new HeddleError(
        'ASYNC_IMPORT',
        `the host function ${nameText(func.name ?? '')} returned a promise in a synchronous call: start the call as a run and await it`,
      )
    }
    this.pending = { func, slot: slot - this.base, returnPc }
    return { kind: 'host', promise }
  }

  private writeResults(func: FuncInstance, values: readonly Value[], slot: number): void {
    const { results } = func.type
    if (values.length !== results.length) {
      throw new UsageError(
        `${nameText(func.name ?? 'a host function')} gave ${values.length} results, not ${results.length}`,
      )
    }
    writeValues(values, slot)
  }

  // ——— other threads ———

  /** `memory.atomic.wait` with operands that are in order: suspends the run, or blocks the thread where the run cannot suspend. */
  private wait(): Stop | undefined {
    const { code, I32 } = machine()
    const { pc, waits } = this
    const base = this.fp + code[pc + 2]!
    const request = waitRequest(slowRow(code[pc + 1]!), I32, this.instance!, base, code[pc + 3]!, code[pc + 4]!)
    const outcome = this.mayAwait ? waits.suspend(request) : waits.block(request, this.poll)
    const returnPc = pc + SLOW_WORDS
    if (typeof outcome !== 'number') {
      this.waiting = outcome
      return this.suspend(
        WAIT,
        outcome.result.then((result) => [i32Value(result)]),
        base,
        returnPc,
      )
    }
    I32[base] = outcome
    return this.goOn(returnPc)
  }

  private notify(): Stop | undefined {
    const { code, I32 } = machine()
    const { pc } = this
    const base = this.fp + code[pc + 2]!
    I32[base] = this.waits.notify(...notification(I32, this.instance!, base, code[pc + 3]!, code[pc + 4]!))
    return this.goOn(pc + SLOW_WORDS)
  }

  // ——— fuel ———

  /** A charge could not be paid from the loop's chunk: from the whole, by stepping through the block, or not at all. */
  private outOfFuel(): Stop | undefined {
    const { code } = machine()
    if (code[this.pc] !== OPS.charge) return this.payLength()
    const cost = code[this.pc + 1]!
    if (this.fuel >= cost) return undefined
    const placed = this.placed()
    if (placed.mode === 'stepping' || this.fuel < 1) return { kind: 'fuel' }
    this.switchTo(placed, 'stepping')
    return undefined
  }

  /** Pays what is still owed for the length of a bulk operation, or as much of it as there is. */
  private payLength(): Stop | undefined {
    const { code, I32 } = machine()
    const owed = (I32[this.fp + code[this.pc + 1]!]! >>> code[this.pc + 2]!) - this.paid
    if (this.fuel >= owed || this.isStep) {
      this.charge(owed)
      this.paid = 0
      this.pc += 3
      return undefined
    }
    const instalment = Math.max(0, Math.floor(this.fuel))
    this.charge(instalment)
    this.paid += instalment
    return { kind: 'fuel' }
  }

  /** At the beginning of a basic block in stepping code: back to metered code where the fuel covers the block. */
  private beginBlock(): Stop | undefined {
    const cost = machine().code[this.pc + 1]!
    if (this.fuel >= cost) {
      this.switchTo(this.placed(), 'metered')
      return undefined
    }
    if (this.fuel < 1) return { kind: 'fuel' }
    this.charge(1)
    this.pc += 2
    return undefined
  }

  placed(): PlacedCode {
    const placed = codeAt(this.pc)
    if (placed === undefined) throw new InternalError('the program counter is outside of all code')
    return placed
  }

  /** Goes on in the same function lowered in another mode: the block that begins here begins there too. */
  private switchTo(from: PlacedCode, mode: 'metered' | 'stepping'): void {
    const offset = blockOffset(from, this.pc)
    const to = placeFunction(this.instance!.compiled, from.funcIdx, mode)
    const pc = offset === undefined ? undefined : blockPosition(to, offset)
    if (pc === undefined) throw new InternalError(`no ${mode} code for the block at ${String(offset)}`)
    this.pc = pc
  }

  // ——— exceptions ———

  /** An exception with the values at the slot. */
  newException(tag: Tag, slot: number): ExceptionInstance {
    const exception = new ExceptionInstance(tag, readValues(tag.type.params, slot))
    this.claim(exception.byteSize, this.frameEnd)
    return exception
  }

  /** Takes of the instance's heap. `stackEnd`: behind everything on the stack that is in use. */
  claim(bytes: number, stackEnd: number, { store: { heap } }: Instance = this.instance!): void {
    if (heap.mustCountFor(bytes)) {
      forgetReferences(machine(), stackEnd)
      this.slice = -1
    }
    heap.claim(bytes)
  }

  get frameEnd(): number {
    return this.fp + this.placed().frameWords
  }

  /** Goes on where the exception is caught; else it leaves the run. `position`: see `findCatcher`. */
  throw(exception: ExceptionInstance, position: number): undefined {
    const catcher = this.catcherOf(exception, position)
    if (catcher === undefined) throw errorOf(exception, () => this.trace())
    this.land(exception, catcher)
  }

  private throwRef(exception: ExceptionInstance | null): undefined {
    if (exception === null) throw new Trap('TRAP_NULL_EXCEPTION')
    this.throw(exception, this.pc)
  }

  /** What a host function threw. */
  private throwError(error: unknown, returnPc: number): undefined {
    const exception = exceptionOf(error)
    if (exception === undefined) throw error
    this.throw(exception, throwPosition(returnPc))
  }

  private catcherOf(exception: ExceptionInstance, position: number): Catcher | undefined {
    const { instance, fp, sp, crossings, callBase } = this
    const from = { instance, fp, sp, crossings: crossings.length }
    const { catcher, steps } = findCatcher(exception, position, from, callBase, crossings)
    this.slice -= steps >> 3
    return catcher
  }

  private land(exception: ExceptionInstance, { instance, fp, sp, crossings, clause, pc }: Catcher): void {
    this.dropCrossings(crossings)
    this.instance = instance
    this.fp = fp
    this.sp = sp
    this.pc = pc
    const values = clause.tagIdx < 0 ? [] : exception.values
    const itself = refValue(EXNREF, exception)
    const caught = { above: [...values, itself], below: [itself, ...values], none: values }[clause.ref ?? 'none']
    writeValues(caught, fp + clause.slot)
  }

  dropCrossings(count: number): void {
    this.mode = this.crossings[count]?.mode ?? this.mode
    this.crossings.length = count
  }

  // ——— traps and stacks ———

  private trap(code: TrapCode): never {
    if (code === 'HEAP_EXHAUSTED') throw this.instance!.store.heap.exhausted()
    throw new Trap(code, NAMES_ACCESS.has(code) ? describeAccess(this.pc, this.fp, this.instance!) : '')
  }

  /** The trap with its stack; the whole block in which it happened counts as executed. */
  private located(trap: Trap): Trap {
    const placed = this.metered ? codeAt(this.pc) : undefined
    if (placed?.mode === 'stepping') this.charge(restOfBlock(placed, this.pc))
    if (trap.frames.length > 0) return trap
    const { frames, depth } = this.trace()
    return trap.withFrames(frames, depth)
  }

  private trace(): { readonly frames: readonly StackFrame[]; readonly depth: number } {
    const { frames, depth } = this.backtrace()
    return { frames: frames.map(stackFrame), depth }
  }

  private backtrace(): Backtrace {
    const calls = this.parked?.calls ?? machine().C.subarray(this.callBase, this.sp)
    return walkFrames(this.pc, this.instance, calls, this.crossings)
  }
}

/** Where in the caller's code it is that a host function threw: in the call, or nowhere where that was a tail call, or the run's own. */
function throwPosition(returnPc: number): number {
  return returnPc === EXIT_PC || returnPc === RETURN_PC ? NOWHERE : returnPc - 1
}
