// A run: one call into wasm, as the driver of the machine's loop. The loop executes; whatever needs the world outside comes here and is
// handed on: host functions, functions of other instances, functions not lowered yet, fuel, traps. A run that stops leaves its frames on
// the machine's stack until another run needs the place; then they are parked in the run itself.

import { InternalError, UsageError } from '../errors/heddle-error.ts'
import { HostThrow } from '../errors/host-throw.ts'
import { TRAP_CODES, Trap, type TrapCode } from '../errors/trap.ts'
import { exceptionOf, type ExceptionInstance } from '../runtime/exception.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { CallOptions, RunFrame, RunHandle, Stop } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { describeAccess, describeFrame } from './backtrace.ts'
import { call, indirectCallee, lowerCallee, referencedCallee, returnToCaller, tailCall } from './calls.ts'
import { codeAt, restOfBlock } from './code-heap.ts'
import { Execution, SLICE, pushFirstCall } from './execution.ts'
import { wordsOf, writeValues } from './frame-values.ts'
import { beginBlock, outOfFuel } from './fuel.ts'
import { callHost, done, notify, wait, writeResults } from './host-calls.ts'
import { EXIT_PC, machine } from './machine.ts'
import { REASON, REGISTER } from './ops.ts'
import { trap as trapReason } from './slow-handler.ts'
import { stage } from './stage.ts'
import { switchStacks } from './switch-stacks.ts'
import { catcherOf, land, newException, throwException, throwPosition, throwReference } from './throwing.ts'

/** What leaving the loop counts, in branches of the slice: a program that only calls its host is looked at as often. */
const LEAVING = 100
const FUEL_CHUNK = 1 << 30
const OUT_OF_BOUNDS = trapReason('TRAP_OUT_OF_BOUNDS')
/** Traps of accesses, which say which one. */
const NAMES_ACCESS: ReadonlySet<TrapCode> = new Set(['TRAP_OUT_OF_BOUNDS', 'TRAP_UNALIGNED_ATOMIC'])

export class InterpreterRun extends Execution implements RunHandle {
  private readonly args: readonly Value[]
  private state: 'ready' | 'running' | 'stopped' | 'awaiting' | 'finished' = 'ready'

  constructor(
    func: FuncInstance,
    args: readonly Value[],
    kind: 'call' | 'run' | 'unmetered run',
    options?: CallOptions,
  ) {
    if (args.length !== func.type.params.length) {
      throw new UsageError(`${func.toString()} takes ${func.type.params.length} arguments, not ${args.length}`)
    }
    super(func, kind, options)
    this.args = args
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
    this.comeBack()
    if ('error' in outcome) return this.settleError(outcome.error, pending.returnPc)
    writeResults(pending.func, outcome.values, this.base + pending.slot)
    this.settledWords = wordsOf(pending.func.type.results)
    this.pc = pending.returnPc
    this.pending = undefined
    this.waiting = undefined
    this.state = 'stopped'
  }

  /** What a promise rejected with is thrown where the host function was called. */
  private settleError(error: unknown, returnPc: number): void {
    const exception = exceptionOf(error)
    const catcher = exception === undefined ? undefined : catcherOf(this, exception, throwPosition(returnPc))
    if (catcher === undefined) {
      this.state = 'finished'
      this.release(true)
      throw error
    }
    land(this, exception!, catcher)
    this.pending = undefined
    this.state = 'stopped'
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

  /** Writes the arguments and pushes the first frame; a host function is called straight away. */
  private begin(): Stop | undefined {
    this.fp = this.base
    this.sp = this.callBase
    writeValues(this.args, this.base)
    if (this.func.host !== undefined) return callHost(this, this.func, this.base, EXIT_PC)
    pushFirstCall(this)
    this.instance = this.func.instance!
    this.jumpTo(this.func)
    return undefined
  }

  // ——— the driver ———

  private drive(): Stop {
    // A host function was all that was called, and its promise has settled.
    if (this.sp === this.callBase) return done(this)
    const stillOwing = this.paid > 0 ? outOfFuel(this) : undefined
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
        return outOfFuel(this)
      case REASON.block:
        return beginBlock(this)
      case REASON.lower:
        return lowerCallee(this)
      case REASON.import:
        return call(this, this.instance!.func(word(1)), fp + word(2), pc + 3)
      case REASON.indirect: {
        const callee = indirectCallee(this, word(1), word(2), I32[fp + word(3)]! >>> 0)
        return call(this, callee, fp + word(4), pc + 5)
      }
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
        const tag = this.instance!.tags[word(3)]!
        return throwException(this, newException(this, tag, fp + word(2)), pc)
      }
      case REASON.throwRef:
        return throwReference(this, machine().R[(fp + word(2)) >> 1] as ExceptionInstance | null)
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
    const placed = this.metered ? codeAt(this.pc) : undefined
    if (placed?.mode === 'stepping') this.charge(restOfBlock(placed, this.pc))
    if (trap.frames.length > 0) return trap
    const { frames, depth } = this.trace()
    return trap.withFrames(frames, depth)
  }
}
