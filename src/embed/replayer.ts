// Does again what a recording has from outside, and compares what wasm does with what it did then. The first difference ends it: nothing is
// executed on what would be stale.

import { HeddleError } from '../errors/heddle-error.ts'
import { Trap } from '../errors/trap.ts'
import { DivergenceError, RecordingError } from '../errors/recording-error.ts'
import type { Caller, FuncInstance, HostCode } from '../runtime/func.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { Store } from '../runtime/store.ts'
import { stackFrame, type Poll, type RunHandle, type Stop, type Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import type { Waits } from '../runtime/waits.ts'
import type { Input, RecordedEvent } from '../snapshot/recording-data.ts'
import { indexEvents, type EventIndex } from '../snapshot/recording-events.ts'
import { RecordingReader, recordedEvent, type RecordingContent } from '../snapshot/recording-file.ts'
import { eventText } from '../snapshot/recording-text.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'
import { I32, type ValType } from '../syntax/types.ts'
import type { Module } from './module.ts'
import { fork } from './fork.ts'
import { Instance } from './instance.ts'
import { shownByBuffers } from './recorded-output.ts'
import { RecordedThings } from './recorded-things.ts'
import { changeThing } from './replayed-changes.ts'
import { replayedImports } from './replayed-imports.ts'
import { SUSPENDED } from './recorder.ts'

/** What the program printed, by the number of the stream: 1 is standard output, 2 standard error. */
export type ReplayOutput = (stream: number, bytes: Uint8Array) => void

interface ReplayerOptions {
  readonly output?: ReplayOutput | undefined
  readonly poll?: Poll | undefined
}

interface ReplayedRun {
  readonly handle: RunHandle
  /** Whether no host function has begun it. */
  readonly isOutermost: boolean
  /** By the last event that counted its fuel. */
  counted: number
  /** The types of what it waits for. */
  awaited: readonly ValType[] | undefined
  /** Its end, which it reached without fuel where it had stopped when it was recorded: a host function had charged more than there was. */
  early: Stop | undefined
}

/** What executes and counts fuel: a run, or a call that counts for the one below it. */
interface Execution {
  readonly handle: RunHandle
  /** Whose fuel it is. */
  readonly account: ReplayedRun
  readonly below: Execution | undefined
}

/** How the last call or run at the top level has ended, or stopped. */
interface Ending {
  readonly values: readonly Value[]
  readonly error: Error | undefined
}

const NOTHING: Ending = { values: [], error: undefined }

/** The recording ends in the middle of wasm. */
class RecordingEnd extends HeddleError {
  constructor() {
    super('RECORDING_END', 'the recording ends here')
  }
}

const NEVER = (): void => undefined
/** By it an event begins that ends a call from outside. */
const INTERRUPT = firstByteOf({ kind: 'interrupt', thrown: { kind: 'trap', code: '', detail: '' }, fuel: 0 })

const FUEL_STOP = firstByteOf({ kind: 'fuel', fuel: 0 })
const TRAP = firstByteOf({ kind: 'trap', thrown: { kind: 'trap', code: '', detail: '' }, fuel: 0 })

export class Replayer {
  readonly instances: Instance[] = []
  readonly index: EventIndex
  ending: Ending = NOTHING
  /** How all ended, as the recording says; undefined where it doesn't. */
  outcome: { readonly error: Error | undefined } | undefined
  private readonly modules: readonly Module[]
  private readonly tier: Tier
  private readonly store: Store
  private readonly things: RecordedThings
  private readonly output: ReplayOutput | undefined
  private readonly poll: Poll | undefined
  private readonly reader: RecordingReader
  private readonly scratch = new ByteWriter()
  private number = 0
  private readonly runs: ReplayedRun[] = []
  /** What executes; undefined in a call that counts no fuel. */
  private current: Execution | undefined
  /** The call of a host function that is being answered. */
  private hostCall: { readonly args: readonly Value[]; readonly caller: Caller } | undefined
  /** What ended the replay inside wasm. */
  private fault: Error | undefined
  private isInWasm = false
  /** Ends the call or stretch that executes, as something outside did when it was recorded. */
  private interruption: Error | undefined
  /** Where a run stood that stopped, or was given up. */
  private place: Pick<Trap, 'frames' | 'depth'> = { frames: [], depth: 0 }

  /** `modules`: those of the header, in its order. */
  constructor(content: RecordingContent, modules: readonly Module[], tier: Tier, options: ReplayerOptions) {
    const { events, header } = content
    this.index = indexEvents(events)
    this.reader = new RecordingReader(events)
    this.modules = modules
    this.tier = tier
    this.output = options.output
    const { poll } = options
    this.poll =
      poll &&
      (() => {
        const answer = poll()
        if (!(answer instanceof Error)) return undefined
        this.fault ??= answer
        return answer
      })
    const limiter = header.hasLimiter ? this.askLimiter.bind(this) : undefined
    this.store = new Store(header.limits, limiter, { growsByQuota: true })
    this.things = new RecordedThings(this.store, this.index.returning)
  }

  /** By all runs together but those that host functions began. */
  get fuelUsed(): number {
    return this.runs.reduce((sum, { handle, isOutermost }) => (isOutermost ? sum + handle.fuelUsed : sum), 0)
  }

  /** What it all ended with, if not well: what the recording says of that, else how the last call or run has ended. */
  get error(): Error | undefined {
    const { outcome, ending } = this
    if (outcome === undefined) return ending.error
    return outcome.error && (ending.error ?? outcome.error)
  }

  /** Does everything; yields in the top level's runs after every `slice` units of fuel. */
  *replay(slice: number): Generator<void, void> {
    const { reader } = this
    try {
      while (reader.pos < reader.end) {
        const { number } = this
        const event = this.read()
        if (event.kind === 'resume') yield* this.resume(event, number, slice)
        else this.perform(event as Input)
      }
    } catch (error) {
      if (!(error instanceof RecordingEnd)) throw error
    }
  }

  private read(): RecordedEvent {
    const { reader } = this
    if (reader.pos >= reader.end) throw new RecordingEnd()
    this.number++
    return recordedEvent.read(reader)
  }

  /** Wasm has done this: the recording must have the same next. */
  private expect(actual: RecordedEvent): void {
    const { reader, scratch } = this
    scratch.length = 0
    recordedEvent.write(scratch, actual)
    if (!scratch.standsIn(reader.bytes, reader.pos)) throw this.divergence(actual)
    reader.pos += scratch.length
    this.number++
  }

  private divergence(actual: RecordedEvent): Error {
    const { number } = this
    const text = (event: RecordedEvent): string =>
      eventText(event, (func) => this.things.hosts.items[func]?.name ?? `host function ${func}`)
    return new DivergenceError(number, text(this.read()), text(actual))
  }

  /** Fuel that the run has used since the last event that counted it. */
  private spent(execution: Execution | undefined = this.current): number {
    if (execution === undefined) return 0
    const { account } = execution
    const spent = usedBy(execution) - account.counted
    account.counted += spent
    return spent
  }

  /** What goes wrong in here ends the replay, whatever wasm makes of it. */
  private guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.fault ??= error as Error
      throw error
    }
  }

  private checkFault(): void {
    if (this.fault !== undefined) throw this.fault
  }

  // What comes from outside.

  private perform(event: Input): void {
    const { things } = this
    switch (event.kind) {
      case 'instantiate':
        return this.instantiate(event)
      case 'call':
        return this.call(event)
      case 'start': {
        const func = this.definedFunc(event)
        const args = things.values(event.args, func.type.params)
        const options = { poll: this.poll, waits: this.waits, metered: true }
        const handle = this.tier.start(func, args, options)
        this.runs.push({
          handle,
          isOutermost: this.hostCall === undefined,
          counted: 0,
          awaited: undefined,
          early: undefined,
        })
        return
      }
      case 'resume':
        for (const _ of this.resume(event, this.number - 1, Infinity));
        return
      case 'settle':
        return this.settle(event)
      case 'reject':
        return this.reject(event)
      case 'abort': {
        const { handle } = this.run(event.run)
        this.notePlace(handle)
        handle.abort()
        return
      }
      case 'charge':
        return this.charge(event)
      case 'output':
        return this.print(event)
      case 'outcome':
        this.outcome = { error: event.thrown && this.located(things.error(event.thrown)) }
        return
      default:
        changeThing(things, event)
    }
  }

  private definedFunc({ func }: Extract<Input, { readonly kind: 'call' | 'start' }>): FuncInstance {
    const callee = this.things.func(func)
    if (callee.host !== undefined) throw new RecordingError('the recording calls a host function from outside')
    return callee
  }

  private run(number: number): ReplayedRun {
    return this.runs[number]!
  }

  private print({ stream, count, bytes }: Extract<Input, { readonly kind: 'output' }>): void {
    const { hostCall } = this
    const memory = hostCall?.caller.instance?.memory
    const shown = bytes ?? (hostCall && memory && shownByBuffers(hostCall.args, memory, count))
    if (shown === undefined) throw new RecordingError('the recording prints what is not there')
    this.output?.(stream, shown)
  }

  // Instances.

  private instantiate({ module: number, imports, ok }: Extract<Input, { readonly kind: 'instantiate' }>): void {
    const module = this.modules[number]
    if (module === undefined)
      throw new RecordingError(`the recording speaks of module ${number} of ${this.modules.length}`)
    const { things } = this
    let failure: unknown
    let instance
    const externs = replayedImports(module.compiled, imports, {
      things,
      store: this.store,
      hostCode: (func) => this.hostCode(func),
    })
    try {
      instance = instantiate(this.store, module.compiled, externs).instance
    } catch (error) {
      failure = error
    }
    if ((instance !== undefined) !== ok) {
      const came = failure instanceof Error ? `a failure: ${failure.message}` : 'success'
      throw new DivergenceError(this.number - 1, ok ? 'an instantiation that succeeds' : 'one that fails', came)
    }
    if (instance === undefined) return
    things.addInstance(instance)
    this.instances.push(new Instance({ instance, tier: this.tier, call: {}, fork }))
  }

  // Calls and runs.

  private call(event: Extract<Input, { readonly kind: 'call' }>): void {
    const { things, current } = this
    const func = this.definedFunc(event)
    const args = things.values(event.args, func.type.params)
    const ending = current === undefined ? this.plainCall(func, args) : this.countedCall(func, args, current)
    this.checkFault()
    const fuel = this.spent()
    if (this.interruption === undefined && this.isInterruptNext) this.interrupt(fuel)
    if (this.interruption !== undefined) return this.end(this.interruptedEnding(ending.error))
    if (ending.error !== undefined) this.expect({ kind: 'trap', thrown: things.outgoingThrow(ending.error), fuel })
    else this.expect({ kind: 'done', values: ending.values.map((value) => things.outgoing(value)), fuel })
    this.end(ending)
  }

  /** Nobody knows how far one came that was ended from outside: where nothing came of it, nothing of it is done. */
  private plainCall(func: FuncInstance, args: readonly Value[]): Ending {
    if (this.isInterruptNext) return { values: [], error: this.interrupt(0) }
    const options = { poll: this.poll, waits: this.waits }
    return this.within(undefined, () => {
      try {
        return { values: this.tier.invoke(func, args, options), error: undefined }
      } catch (error) {
        return { values: [], error: error as Error }
      }
    })
  }

  /** Its fuel says exactly how far it came: so it is done as a run, and its fuel charged to who made it. */
  private countedCall(func: FuncInstance, args: readonly Value[], below: Execution): Ending {
    const options = { poll: this.poll, waits: this.waits, metered: true }
    const handle = this.tier.start(func, args, options)
    const end = this.index.fuelAtEnd.get(this.number - 1) ?? Infinity
    const limit = end - usedBy(below)
    const stop = this.within({ handle, account: below.account, below }, () => handle.resume(Math.max(0, limit)))
    const ending = this.endingOfCall(stop, handle.fuelUsed >= limit)
    if (!handle.finished) handle.abort()
    below.handle.charge(handle.fuelUsed)
    return ending
  }

  private endingOfCall(stop: Stop, isExhausted: boolean): Ending {
    switch (stop.kind) {
      case 'done':
        // It was charged more than there was, and had not come to its end.
        if (isExhausted && this.reader.peekByte() === TRAP) return { values: [], error: new Trap('FUEL_EXHAUSTED') }
        return { values: stop.results, error: undefined }
      case 'trap':
        return { values: [], error: stop.error }
      case 'host':
        return { values: [], error: new HeddleError('ASYNC_IMPORT', 'a host function gave a promise in a call') }
      default:
        return { values: [], error: new Trap('FUEL_EXHAUSTED') }
    }
  }

  private charge({ run, fuel }: Extract<Input, { readonly kind: 'charge' }>): void {
    const account = this.run(run)
    const isCurrent = this.current?.account === account
    const { handle } = isCurrent ? this.current! : account
    handle.charge(fuel)
    if (isCurrent) this.spent()
    else account.counted += fuel
  }

  private within<T>(execution: Execution | undefined, work: () => T): T {
    const { current, hostCall, isInWasm } = this
    this.current = execution
    this.hostCall = undefined
    this.isInWasm = true
    try {
      return work()
    } finally {
      this.current = current
      this.hostCall = hostCall
      this.isInWasm = isInWasm
    }
  }

  /** At the top level, this is how all ends if nothing follows. */
  private end(ending: Ending): void {
    if (this.hostCall === undefined) this.ending = ending
  }

  private get isInterruptNext(): boolean {
    return this.reader.peekByte() === INTERRUPT
  }

  /** What something outside ended it with, at this place. */
  private interrupt(fuel: number): Error {
    const { reader, number } = this
    const { pos } = reader
    const event = this.read()
    if (event.kind !== 'interrupt' || event.fuel !== fuel) {
      reader.pos = pos
      this.number = number
      throw this.divergence({ kind: 'fuel', fuel })
    }
    this.interruption = this.things.error(event.thrown)
    return this.interruption
  }

  /** The error with the place that wasm gave it. */
  private interruptedEnding(error: Error | undefined): Ending {
    const { interruption } = this
    this.interruption = undefined
    return { values: [], error: error instanceof Trap ? error : interruption }
  }

  private *resume(
    { run: number }: Extract<Input, { readonly kind: 'resume' }>,
    eventNumber: number,
    slice: number,
  ): Generator<void, void> {
    const run = this.run(number)
    const { handle, early } = run
    if (early !== undefined) {
      run.early = undefined
      return this.stopped(run, early)
    }
    if (handle.finished || run.awaited !== undefined)
      throw new RecordingError('the recording resumes a run that cannot go on')
    const end = this.index.fuelAtEnd.get(eventNumber) ?? Infinity
    for (;;) {
      const left = Math.max(0, end - handle.fuelUsed)
      const execution = { handle, account: run, below: undefined }
      const stop = this.within(execution, () => handle.resume(Math.min(left, slice)))
      this.checkFault()
      if (stop.kind !== 'fuel' || left <= slice) return this.stopped(run, stop)
      yield
    }
  }

  private stopped(run: ReplayedRun, stop: Stop): void {
    const { things } = this
    if (this.interruption !== undefined) {
      return this.end(this.interruptedEnding(stop.kind === 'trap' ? stop.error : undefined))
    }
    const fuel = this.spent({ handle: run.handle, account: run, below: undefined })
    if (stop.kind === 'fuel') this.notePlace(run.handle)
    if (stop.kind === 'done' && this.reader.peekByte() === FUEL_STOP) {
      run.early = stop
      return this.expect({ kind: 'fuel', fuel })
    }
    if (this.isInterruptNext) {
      const error = this.located(this.interrupt(fuel))
      run.handle.abort()
      return this.end(this.interruptedEnding(error))
    }
    switch (stop.kind) {
      case 'done':
        this.expect({ kind: 'done', values: stop.results.map((value) => things.outgoing(value)), fuel })
        return this.end({ values: stop.results, error: undefined })
      case 'trap':
        this.expect({ kind: 'trap', thrown: things.outgoingThrow(stop.error), fuel })
        return this.end({ values: [], error: stop.error })
      case 'host':
        // Its promise is never settled: what it came to is recorded.
        this.expect({ kind: 'awaiting', fuel })
        return this.end(NOTHING)
      case 'fuel':
      case 'pause':
      case 'breakpoint':
        this.expect({ kind: 'fuel', fuel })
        return this.end(NOTHING)
    }
  }

  private notePlace(handle: RunHandle): void {
    this.place = { frames: handle.stack().map(stackFrame), depth: handle.depth }
  }

  private located(error: Error): Error {
    return error instanceof Trap ? error.withFrames(this.place.frames, this.place.depth) : error
  }

  private settle(event: Extract<Input, { readonly kind: 'settle' }>): void {
    const run = this.run(event.run)
    if (run.awaited === undefined) throw new RecordingError('the recording settles a run that does not wait')
    const values = this.things.values(event.values, run.awaited)
    run.awaited = undefined
    run.handle.settle({ values })
  }

  private reject(event: Extract<Input, { readonly kind: 'reject' }>): void {
    const run = this.run(event.run)
    if (run.awaited === undefined) throw new RecordingError('the recording settles a run that does not wait')
    run.awaited = undefined
    try {
      run.handle.settle({ error: this.things.error(event.thrown) })
    } catch (error) {
      if (!run.handle.finished) throw error
      this.end({ values: [], error: error as Error })
    }
  }

  // What wasm asks the host for.

  private hostCode(number: number): HostCode {
    return (args, caller) => {
      let answer
      try {
        this.checkFault()
        answer = this.interruptedHere() ?? this.answerCall(number, args, caller)
      } catch (error) {
        this.fault ??= error as Error
        throw error
      }
      if ('thrown' in answer) throw answer.thrown
      return answer.outcome
    }
  }

  private answerCall(
    number: number,
    args: readonly Value[],
    caller: Caller,
  ): { readonly outcome: ReturnType<HostCode> } | { readonly thrown: Error } {
    const { hostCall, current, things } = this
    const values = args.map((arg) => things.outgoing(arg))
    this.expect({ kind: 'host-call', func: number, args: values, fuel: this.spent() })
    const { results } = things.hosts.at(number).type
    this.hostCall = { args, caller }
    this.isInWasm = false
    try {
      for (;;) {
        const event = this.read()
        switch (event.kind) {
          case 'return': {
            const outcome = things.values(event.values, results)
            return this.interruptedInCall() ?? { outcome }
          }
          case 'throw': {
            const thrown = things.error(event.thrown)
            return this.interruptedInCall() ?? { thrown }
          }
          case 'promise':
            if (current !== undefined && current.below === undefined) current.account.awaited = results
            return this.interruptedInCall() ?? { outcome: new Promise(NEVER) }
          default:
            this.perform(event as Input)
        }
      }
    } finally {
      this.hostCall = hostCall
      this.isInWasm = true
    }
  }

  /** Where a call was ended from outside behind this, nobody knows where: it ends here. */
  private interruptedInCall(): { readonly thrown: Error } | undefined {
    return this.current === undefined ? this.interruptedHere() : undefined
  }

  /** Wasm was ended when it came here. */
  private interruptedHere(): { readonly thrown: Error } | undefined {
    if (!this.isInterruptNext) return undefined
    const error = this.interrupt(this.spent())
    // Wasm could catch others.
    return {
      thrown: error instanceof Trap ? error : new HeddleError('INTERRUPTED', 'ended from outside', { cause: error }),
    }
  }

  private askLimiter(what: 'memory' | 'table', current: number, desired: number): boolean {
    // Growth by the host is done again as it was: it had leave then.
    return !this.isInWasm || this.question({ kind: 'ask', what, current, desired }) !== 0
  }

  private question(event: RecordedEvent): number {
    const answer = this.guard(() => this.interruptedHere() ?? this.answerTo(event))
    if ('thrown' in answer) throw answer.thrown
    return answer.answer
  }

  private answerTo(event: RecordedEvent): { readonly answer: number } | { readonly thrown: Error } {
    this.expect(event)
    this.isInWasm = false
    for (;;) {
      const next = this.read()
      if (next.kind === 'answer' || next.kind === 'throw') {
        this.isInWasm = true
        return next.kind === 'answer' ? next : { thrown: this.things.error(next.thrown) }
      }
      this.perform(next as Input)
    }
  }

  private readonly waits: Waits = {
    suspend: ({ memory, ...rest }) => {
      const answer = this.question({ kind: 'wait', memory: this.things.memories.positionOf(memory), ...rest })
      if (answer !== SUSPENDED) return answer
      if (this.current !== undefined) this.current.account.awaited = [I32]
      return { result: new Promise(NEVER), release: () => undefined }
    },
    block: ({ memory, ...rest }) =>
      this.question({ kind: 'wait', memory: this.things.memories.positionOf(memory), ...rest }),
    notify: (memory, address, count) =>
      this.question({ kind: 'notify', memory: this.things.memories.positionOf(memory), address, count }),
  }
}

/** Fuel of the account that is used up, with what calls have used that are under way. */
function usedBy({ handle, below }: Execution): number {
  return handle.fuelUsed + (below === undefined ? 0 : usedBy(below))
}

function firstByteOf(event: RecordedEvent): number {
  const writer = new ByteWriter()
  recordedEvent.write(writer, event)
  return writer.view()[0]!
}
