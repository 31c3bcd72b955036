// A run: one call into wasm, as the driver of the machine's loop. The loop executes; whatever needs the world outside comes here and is
// handed on: host functions, functions of other instances, functions not lowered yet, fuel, traps. A run that stops leaves its frames on
// the machine's stack until another run needs the place; then they are parked in the run itself.

import { InternalError, UsageError } from '../errors/heddle-error.ts'
import { HostThrow } from '../errors/host-throw.ts'
import { SnapshotError } from '../errors/snapshot-error.ts'
import { TRAP_CODES, Trap, type TrapCode } from '../errors/trap.ts'
import { exceptionOf, type ExceptionInstance } from '../runtime/exception.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { SavedRun } from '../runtime/saved-run.ts'
import type { CallOptions, RunFrame, RunHandle, Stop, StretchOptions } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { describeAccess, describeFrame } from './backtrace.ts'
import { RunBreakpoints, passCharge, reachBreakpoint } from './breakpoints.ts'
import { call, indirectCallee, lowerCallee, referencedCallee, returnToCaller, tailCall } from './calls.ts'
import { codeAt, restOfBlock } from './code-heap.ts'
import { Execution, pushFirstCall } from './execution.ts'
import { writeValues } from './frame-values.ts'
import { beginBlock, outOfFuel } from './fuel.ts'
import { callAgain, callHost, checkResults, finishCall, notify, wait } from './host-calls.ts'
import { EXIT_PC, machine } from './machine.ts'
import { OPS, REASON, REGISTER } from './ops.ts'
import { checkValues } from './restore-frames.ts'
import { loadRun } from './restore-run.ts'
import { cannotSave, saveRun } from './save-run.ts'
import { trap as trapReason } from './slow-handler.ts'
import { stage } from './stage.ts'
import { switchStacks } from './switch-stacks.ts'
import { catcherOf, newException, throwException, throwPosition, throwReference } from './throwing.ts'

/** What leaving the loop counts, in branches of the slice: a program that only calls its host is looked at as often. */
const LEAVING = 100
const FUEL_CHUNK = 1 << 30
const OUT_OF_BOUNDS = trapReason('TRAP_OUT_OF_BOUNDS')
/** Traps of accesses, which say which one. */
const NAMES_ACCESS: ReadonlySet<TrapCode> = new Set(['TRAP_OUT_OF_BOUNDS', 'TRAP_UNALIGNED_ATOMIC'])
/** Traps of no instruction: somebody outside ends the run between two blocks. */
const FROM_OUTSIDE: ReadonlySet<TrapCode> = new Set(['ABORTED', 'TIMEOUT', 'FUEL_EXHAUSTED'])

/** A call cannot stop: what it is held to ends it. */
const CALL: StretchOptions = { verdict: () => undefined }

export class InterpreterRun extends Execution implements RunHandle {
  /** Of a run that has not begun. */
  private readonly args: readonly Value[]
  /** Of a precise run: that it has ended in a trap, and its frames are still there. */
  private isKept = false
  private state: 'ready' | 'running' | 'stopped' | 'awaiting' | 'finished' = 'ready'

  constructor(
    func: FuncInstance,
    args: readonly Value[],
    kind: 'call' | 'run' | 'unmetered run',
    options?: CallOptions,
  ) {
    super(func, kind, options)
    this.args = args
  }

  /** A run that goes on where another was saved. */
  static restore(saved: SavedRun, options?: CallOptions): InterpreterRun {
    const { func, next, fuelUsed, frames } = saved
    const paid = next.kind === 'instruction' ? next.paid : 0
    if (!Number.isSafeInteger(fuelUsed) || fuelUsed < Math.max(0, paid)) {
      throw new SnapshotError(`${fuelUsed} units of fuel are used, of which ${paid} were paid for the instruction`)
    }
    const run = new InterpreterRun(func, next.kind === 'begin' ? next.args : [], 'run', options)
    run.fuelUsed = fuelUsed
    if (next.kind === 'begin' && frames.length === 0) checkValues(next.args, func.type.params, 'argument')
    else {
      loadRun(run, saved)
      run.state = 'stopped'
      // Who calls into its instances meanwhile comes after it.
      run.checkTurn()
    }
    return run
  }

  save(): SavedRun {
    if (!this.metered) throw cannotSave('it is not metered', 'RUN_UNMETERED')
    if (this.state === 'running') throw cannotSave('it is being driven', 'RUN_BUSY')
    const { func, args, fuelUsed } = this
    if (this.state === 'finished' && !this.isKept) throw cannotSave('it has ended', 'RUN_ENDED')
    if (this.instance === undefined && this.hostCall === undefined && this.outcome === undefined) {
      return { func, frames: [], next: { kind: 'begin', args }, fuelUsed }
    }
    this.comeBack()
    return saveRun(this, this.isKept)
  }

  get finished(): boolean {
    return this.state === 'finished'
  }

  get breakpoints(): RunBreakpoints {
    if (!this.metered) throw new UsageError('the run is not metered: it stops at no breakpoints', 'RUN_UNMETERED')
    return (this.ownBreakpoints ??= new RunBreakpoints())
  }

  /** Runs to the end; throws a Trap, or what a host function threw. */
  complete(): readonly Value[] {
    const { payer } = this
    const stop = this.resume(payer?.endsWithoutFuel === true ? payer.fuel : Infinity, CALL)
    if (stop.kind === 'done') return stop.results
    if (stop.kind === 'trap') throw stop.error
    if (stop.kind === 'fuel') throw this.exhausted()
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

  resume(fuel: number = Infinity, options: StretchOptions = {}): Stop {
    if (this.state === 'finished') throw new UsageError('the run has ended', 'RUN_ENDED')
    if (this.state === 'running') throw new UsageError('the run is being driven already', 'RUN_BUSY')
    if (this.state === 'awaiting') throw new UsageError('the run waits for a host function', 'RUN_AWAITING')
    const first = this.state === 'ready'
    if (!first) this.checkTurn()
    else if (this.func.instance !== undefined) this.occupy(this.func.instance)
    this.fuel = Math.floor(fuel)
    this.stretch = options
    if (first) this.mode = this.wantedMode
    else if (this.isOutdated) this.lowerAgain()
    this.state = 'running'
    this.isUnderWay = true
    try {
      this.enter(first)
      return this.leave((first ? this.begin() : this.goOn()) ?? this.drive())
    } catch (error) {
      if (!(error instanceof Error)) return this.leave({ kind: 'trap', error: new HostThrow(error) })
      return this.leave({ kind: 'trap', error: error instanceof Trap ? this.located(error) : error })
    }
  }

  settle(outcome: { readonly values: readonly Value[] } | { readonly error: unknown }): void {
    const { hostCall } = this
    // The run was aborted while the promise was under way.
    if (this.state === 'finished') return
    if (this.state !== 'awaiting' || hostCall === undefined) {
      throw new UsageError('the run does not wait for a host function')
    }
    this.comeBack()
    const { slot, returnPc } = hostCall
    if ('error' in outcome) this.outcome = { exception: this.caughtOf(outcome.error, returnPc), slot, returnPc }
    else {
      checkResults(hostCall.func, outcome.values)
      this.outcome = { values: outcome.values, slot, returnPc }
    }
    this.hostCall = undefined
    this.waiting = undefined
    this.abortListeners = undefined
    this.becomeSource()
    this.state = 'stopped'
  }

  /** What a promise rejected with, where it is an exception that is caught from where the host function was called; else it ends the run. */
  private caughtOf(error: unknown, returnPc: number): ExceptionInstance {
    const exception = exceptionOf(error)
    if (exception !== undefined && catcherOf(this, exception, throwPosition(returnPc)) !== undefined) return exception
    this.end(error instanceof Error ? error : new HostThrow(error))
    throw error
  }

  abort(reason?: unknown): void {
    if (this.state === 'running') throw new UsageError('the run is being driven: abort it from a poll', 'RUN_BUSY')
    const isLate = this.state === 'finished'
    this.state = 'finished'
    this.isKept = false
    this.waiting?.release()
    this.release(stage.resident === this)
    if (isLate) return
    this.vacate(true, new Trap('ABORTED', '', [], { cause: reason }))
    this.giveUp(reason)
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

  private leave(stop: Stop): Stop {
    this.isUnderWay = false
    if (stop.kind === 'done') this.end()
    else if (stop.kind === 'trap') this.end(stop.error)
    else {
      this.state = stop.kind === 'host' ? 'awaiting' : 'stopped'
      stage.resident = this
      this.vacate(false)
    }
    return stop
  }

  /** The end of a call that was held to the fuel of the run below it. */
  private exhausted(): Trap {
    const trap = this.located(new Trap('FUEL_EXHAUSTED', 'in a call that a host function made'))
    this.abort()
    return trap
  }

  /** The run is over. The frames of a precise one that has trapped stay, to be saved. */
  private end(trap?: Error): void {
    this.state = 'finished'
    this.vacate(true, trap)
    if (trap !== undefined && this.mode === 'precise') {
      this.isKept = true
      stage.resident = this
    } else this.release(true)
  }

  /** Writes the arguments and pushes the first frame; a host function is called straight away. */
  private begin(): Stop | undefined {
    const { func, args } = this
    if (args.length !== func.type.params.length) throw new InternalError('a run begins with the wrong arguments')
    this.fp = this.base
    this.sp = this.callBase
    if (func.host !== undefined) return callHost(this, func, args, this.base, EXIT_PC)
    const entry = this.roomFor(func, this.base, 0)
    writeValues(args, this.base)
    pushFirstCall(this)
    this.instance = func.instance!
    this.pc = entry
    return undefined
  }

  /** Goes on behind a call that has come to something while the run was stopped. */
  private goOn(): Stop | undefined {
    // A host function has charged more than there was while the run waited for it.
    if (this.fuel < 0) return { kind: 'fuel' }
    const { hostCall, outcome } = this
    if (this.isAtBreakpoint) return passCharge(this)
    if (outcome !== undefined) return finishCall(this, outcome)
    return hostCall === undefined ? undefined : callAgain(this, hostCall)
  }

  // ——— the driver ———

  private drive(): Stop {
    const stillOwing = this.paid > 0 ? outOfFuel(this) : undefined
    if (stillOwing !== undefined) return stillOwing
    for (;;) {
      const why = this.execute()
      if (this.isDue && why < REASON.trap && (!this.metered || this.isBetweenInstructions(why))) {
        if (this.slice < 0 && this.mustPause(why)) return { kind: 'pause' }
        if (this.isOutdated) {
          this.lowerAgain()
          this.enter(false)
          continue
        }
      }
      // A memory that another thread has grown meanwhile: the operation is done again.
      if (why === OUT_OF_BOUNDS && this.instance!.memories.some((memory) => memory.refresh())) continue
      const stop = why >= REASON.trap ? this.trap(TRAP_CODES[why - REASON.trap]!) : this.handle(why)
      if (stop !== undefined) return stop
    }
  }

  /** Whether the driver has something to do at the next instruction. */
  private get isDue(): boolean {
    return this.slice < 0 || this.isOutdated
  }

  /** Whether its code is not as precise as it should be. */
  private get isOutdated(): boolean {
    return this.mode !== this.wantedMode
  }

  /** Goes on in code of the wanted mode; not before it is entered again. */
  private lowerAgain(): void {
    this.comeBack()
    const saved = saveRun(this)
    this.mode = this.wantedMode
    this.fuelUsed = saved.fuelUsed
    this.isAtBreakpoint &&= this.mode === 'precise'
    loadRun(this, saved)
  }

  /** One stay in the loop. Gives why it ended. */
  private execute(): number {
    const { S, loop } = machine()
    // Where there is something to do, it goes no further than to the next instruction that is charged.
    const most = this.isDue ? 0 : Math.max(0, Math.min(this.fuel, FUEL_CHUNK))
    const chunk = this.metered ? most : FUEL_CHUNK
    S[REGISTER.pc] = this.pc
    S[REGISTER.fp] = this.fp
    S[REGISTER.sp] = this.sp
    S[REGISTER.fuel] = chunk
    S[REGISTER.slice] = this.slice
    stage.closed = true
    this.ownBreakpoints?.set()
    let why
    try {
      why = loop(this.instance!)
    } finally {
      this.ownBreakpoints?.lift()
      stage.closed = false
    }
    this.slice = S[REGISTER.slice]! - LEAVING
    this.pc = S[REGISTER.pc]!
    this.fp = S[REGISTER.fp]!
    this.sp = S[REGISTER.sp]!
    if (this.metered) this.charge(chunk - S[REGISTER.fuel]!)
    return why
  }

  /** Looks at the world outside, which may end the run, or ask for a pause: that comes at the next place that is fit for it. */
  private mustPause(why: number): boolean {
    this.beginSlice()
    stage.closed = true
    let answer
    try {
      answer = this.look()
    } finally {
      stage.closed = false
    }
    if (answer === undefined || (answer === 'pause' && !this.mayAwait)) return false
    if (answer !== 'pause') throw answer
    // A metered run stands between two instructions here.
    if (this.metered || why === REASON.slice) return true
    this.slice = -1
    return false
  }

  private handle(why: number): Stop | undefined {
    const { code, I32 } = machine()
    const { fp } = this
    // An operation that only the driver does has the reason before its operands.
    const pc = code[this.pc] === OPS.leave ? this.pc + 1 : this.pc
    const word = (k: number): number => code[pc + k]!
    switch (why) {
      case REASON.slice:
        return undefined
      case REASON.fuel:
        return outOfFuel(this)
      case REASON.block:
        return beginBlock(this)
      case REASON.breakpoint:
        return reachBreakpoint(this)
      case REASON.lower:
        return lowerCallee(this)
      case REASON.import:
        return call(this, this.instance!.func(word(1)), fp + word(2), pc + 3)
      case REASON.indirect: {
        const callee = indirectCallee(this, word(1), word(2), I32[fp + word(3)]! >>> 0)
        return call(this, callee, fp + word(4), pc + 5)
      }
      case REASON.tailOwn:
      case REASON.tailImport:
        return tailCall(this, this.instance!.func(word(1)), fp + word(2), word(3))
      case REASON.tailIndirect: {
        const callee = indirectCallee(this, word(1), word(2), I32[fp + word(3)]! >>> 0)
        return tailCall(this, callee, fp + word(4), word(5))
      }
      case REASON.callRef:
        return call(this, referencedCallee(this, word(1)), fp + word(2), pc + 3)
      case REASON.tailRef:
        return tailCall(this, referencedCallee(this, word(1)), fp + word(2), word(3))
      case REASON.throw: {
        const tag = this.instance!.tags[word(2)]!
        return throwException(this, newException(this, tag, fp + word(1)), pc)
      }
      case REASON.throwRef:
        return throwReference(this, machine().R[(fp + word(1)) >> 1] as ExceptionInstance | null)
      case REASON.wait:
        return wait(this)
      case REASON.notify:
        return notify(this)
      case REASON.contNew:
      case REASON.contBind:
      case REASON.suspend:
      case REASON.resume:
      case REASON.resumeThrow:
      case REASON.resumeThrowRef:
      case REASON.switch:
        return switchStacks(this, why)
      default:
        return returnToCaller(this)
    }
  }

  private trap(code: TrapCode): never {
    if (code === 'HEAP_EXHAUSTED') throw this.instance!.store.heap.exhausted()
    throw new Trap(code, NAMES_ACCESS.has(code) ? describeAccess(this.pc, this.fp, this.instance!) : '')
  }

  /** The trap with its stack; the whole block in which it happened counts as executed. */
  private located(trap: Trap): Trap {
    const placed = this.metered && !FROM_OUTSIDE.has(trap.code) ? codeAt(this.pc) : undefined
    if (placed?.mode === 'stepping' || placed?.mode === 'precise') {
      this.paidAhead = restOfBlock(placed, this.pc)
      this.charge(this.paidAhead)
    }
    if (trap.frames.length > 0) return trap
    const { frames, depth } = this.trace()
    return trap.withFrames(frames, depth)
  }
}
