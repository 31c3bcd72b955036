// Records what comes from outside into the instances of one store: calls, results of host functions, what the host wrote meanwhile, in which
// order. It stands between the tier and the embedder: runs and host functions are wrapped, and nobody else notices.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { COST_TABLE_VERSION } from '../instructions/cost-table.ts'
import type { Caller, FuncInstance, HostCode } from '../runtime/func.ts'
import type { ExternVal, Instance } from '../runtime/instance.ts'
import { Store, type Limiter } from '../runtime/store.ts'
import type { CallOptions, Poll, RunHandle, Stop, Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { hostWaits, type WaitRequest, type Waits } from '../runtime/waits.ts'
import type { RecordedEvent, RecordedImport, RecordedThrow } from '../snapshot/recording-data.ts'
import { encodeRecording, recordedEvent, type SavedModule } from '../snapshot/recording-file.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'
import { HostChanges } from './host-changes.ts'
import type { InstantiateOptions, Module } from './module.ts'
import { RecordedImports } from './recorded-imports.ts'
import { isShownByBuffers } from './recorded-output.ts'
import { RecordedRun, type RunRecorder } from './recorded-run.ts'
import { RecordedThings } from './recorded-things.ts'

/** Where control is: in wasm, by a run or by a call, or with the host. */
type Place = RecordedRun | RecordedCall | HostCall | typeof QUESTION

/** A call that can't be stopped, while it executes. */
class RecordedCall {
  /** What something outside ended it with. */
  interruption: Error | undefined
}

interface HostCall {
  readonly args: readonly Value[]
  readonly caller: Caller
}

/** Somebody is asked who must not call into wasm: a limiter, or who waits. */
const QUESTION = Symbol('question')

/** What there is of the store once it is known. */
interface Session {
  readonly store: Store
  readonly things: RecordedThings
  readonly imports: RecordedImports
  readonly changes: HostChanges
  readonly hasLimiter: boolean
}

/**
 * Records everything that happens to the instances that are made with it: `module.instantiate(imports, { record: recorder })`. They are of one
 * store, and hold nothing of another one.
 */
export class Recorder {
  private session: Session | undefined
  private readonly modules: Module[] = []
  private readonly log = new ByteWriter(4096)
  private readonly places: Place[] = []
  /** A run that has stopped and may go on at once: then nobody needs to know where. */
  private held: RecordedRun | undefined
  private runs = 0

  /**
   * The recording up to now. With `modules` it carries the modules, too, so that nothing else is needed to replay it; else it has their hashes.
   */
  encode(options: { readonly modules?: boolean } = {}): Uint8Array {
    const { held, log } = this
    const events = new ByteWriter(log.length + 16)
    events.writeBytes(log.view())
    if (held !== undefined) recordedEvent.write(events, held.heldStop())
    const modules = this.modules.map((module): SavedModule => ({
      hash: module.compiled.hash,
      isDeterministic: module.compiled.isDeterministic,
      bytes: options.modules === true ? module.compiled.bytes : undefined,
    }))
    const { store, hasLimiter } = this.session ?? { store: new Store(), hasLimiter: false }
    const header = { costVersion: COST_TABLE_VERSION, limits: { ...store.limits }, hasLimiter, modules }
    return encodeRecording({ header, events: events.view() })
  }

  // For the engine: instances.

  /** The store of an instance that is to be made. */
  join({ store: given, limits, limiter }: InstantiateOptions): Store {
    if (this.session !== undefined) {
      if (given !== undefined && given !== this.session.store) {
        throw new UsageError('a recorder records one store: this instance is to be made in another one')
      }
      return this.session.store
    }
    const store = given ?? new Store(limits, limiter)
    if (store.usage().instances > 0) {
      throw new UsageError('there are instances in the store already: what they did is not in the recording')
    }
    const things = new RecordedThings(store)
    this.session = {
      store,
      things,
      imports: new RecordedImports(
        store,
        things,
        (number, host) => (args, caller) => this.hostCall(number, host, args, caller),
      ),
      changes: new HostChanges(
        things,
        (event) => this.emit(event),
        () => !this.isInWasm,
      ),
      hasLimiter: store.limiter !== undefined,
    }
    store.growsByQuota = true
    if (store.limiter !== undefined) store.limiter = this.limiter(store.limiter)
    return store
  }

  /** Makes an instance: `make` is given what stands for the imports. */
  instantiate(module: Module, externs: readonly ExternVal[], make: (externs: ExternVal[]) => Instance): Instance {
    const { things, imports, changes } = this.session!
    changes.collect()
    const data: RecordedImport[] = []
    const linked = externs.map((extern) => {
      const taken = imports.take(extern)
      data.push(taken.data)
      return taken.value
    })
    const event = { kind: 'instantiate', module: this.moduleNumber(module), imports: data } as const
    let instance
    try {
      instance = make(linked)
      things.addInstance(instance)
    } finally {
      this.emit({ ...event, ok: instance !== undefined })
      changes.watch()
      // Segments were written, also into memories of others.
      changes.begin()
    }
    return instance
  }

  private get things(): RecordedThings {
    return this.session!.things
  }

  private collect(): void {
    this.session!.changes.collect()
  }

  private turnToHost(): void {
    this.session!.changes.begin()
  }

  private moduleNumber(module: Module): number {
    if (!this.modules.includes(module)) this.modules.push(module)
    return this.modules.indexOf(module)
  }

  /** The program prints something: what a stream is given, by the stream's number. */
  output(stream: number, bytes: Uint8Array): void {
    const place = this.places.at(-1)
    const call = typeof place === 'object' && 'args' in place ? place : undefined
    const isShown =
      call?.caller.instance !== undefined && isShownByBuffers(call.args, call.caller.instance.memory, bytes)
    this.emit({ kind: 'output', stream, count: bytes.length, bytes: isShown ? undefined : bytes })
  }

  /** How all ended, for who replays it: in an error, or well. */
  outcome(error: unknown): void {
    if (this.session === undefined) return
    this.collect()
    this.emit({ kind: 'outcome', thrown: error === undefined ? undefined : this.things.incomingThrow(error) })
  }

  // Between the host and wasm.

  private get isInWasm(): boolean {
    const place = this.places.at(-1)
    return place instanceof RecordedCall || place instanceof RecordedRun
  }

  private emit(event: RecordedEvent): void {
    this.tellHeld()
    recordedEvent.write(this.log, event)
  }

  private tellHeld(): void {
    const { held } = this
    if (held === undefined) return
    this.held = undefined
    recordedEvent.write(this.log, held.takeStop())
  }

  /** The run whose fuel is used where control is: calls that host functions make count for it. */
  private get account(): RecordedRun | undefined {
    for (let i = this.places.length - 1; i >= 0; i--) {
      const place = this.places[i]
      if (place instanceof RecordedRun) return place
    }
    return undefined
  }

  /** Fuel that wasm has used since the last event that counted it. */
  private spent(): number {
    return this.account?.takeSpent() ?? 0
  }

  /** The host's turn is over. What it has changed is noted, and what it has charged. */
  private endTurn(run: RecordedRun | undefined = this.account): void {
    this.collect()
    if (run === undefined || (run === this.held && !run.wasCharged)) return
    if (run === this.held) this.tellHeld()
    const fuel = run.takeSpent()
    if (fuel !== 0) this.emit({ kind: 'charge', run: run.number, fuel })
  }

  private hostCall(number: number, host: HostCode, args: readonly Value[], caller: Caller): ReturnType<HostCode> {
    // The host has called it by itself.
    if (!this.isInWasm) return host(args, caller)
    const { things } = this
    const event = { func: number, args: args.map((arg) => things.outgoing(arg)), fuel: this.spent() }
    return this.turnOf(
      { args, caller },
      { kind: 'host-call', ...event },
      () => host(args, caller),
      (outcome) =>
        outcome instanceof Promise
          ? { kind: 'promise' }
          : { kind: 'return', values: outcome.map((value) => things.incoming(value)) },
    )
  }

  /** The host's turn, from an event to the one that tells what it gave, or threw. */
  private turnOf<T>(place: Place, event: RecordedEvent, act: () => T, eventOf: (outcome: T) => RecordedEvent): T {
    this.emit(event)
    this.turnToHost()
    this.places.push(place)
    try {
      const outcome = act()
      this.endTurn()
      this.emit(eventOf(outcome))
      return outcome
    } catch (error) {
      this.endTurn()
      this.emit({ kind: 'throw', thrown: this.thrown(error) })
      throw error
    } finally {
      this.places.pop()
    }
  }

  private thrown(error: unknown): RecordedThrow {
    try {
      return this.things.incomingThrow(error)
    } catch (fault) {
      return this.things.incomingThrow(fault)
    }
  }

  private limiter(limiter: Limiter): Limiter {
    return (what, current, desired) => {
      if (!this.isInWasm) return limiter(what, current, desired)
      return this.question({ kind: 'ask', what, current, desired }, () => limiter(what, current, desired), Number)
    }
  }

  private question<T>(event: RecordedEvent, ask: () => T, answerOf: (answer: T) => number): T {
    return this.turnOf(QUESTION, event, ask, (answer) => ({ kind: 'answer', answer: answerOf(answer) }))
  }

  private waits(waits: Waits): Waits {
    const { memories } = this.things
    const ask = <T>({ memory, ...rest }: WaitRequest, wait: () => T): T =>
      this.question({ kind: 'wait', memory: memories.positionOf(memory), ...rest }, wait, (outcome) =>
        typeof outcome === 'number' ? outcome : SUSPENDED,
      )
    return {
      suspend: (request) => ask(request, () => waits.suspend(request)),
      block: (request, poll) => ask(request, () => waits.block(request, poll)),
      notify: (memory, address, count) =>
        this.question(
          { kind: 'notify', memory: memories.positionOf(memory), address, count },
          () => waits.notify(memory, address, count),
          Number,
        ),
    }
  }

  // Calls and runs.

  /** The tier that calls into the recorded instances go through. */
  through(tier: Tier): Tier {
    return {
      ...tier,
      invoke: (func, args, options) => this.invoke(tier, func, args, options),
      start: (func, args, options) => this.start(tier, func, args, options),
    }
  }

  /** Host functions are called by the host itself then; a fork of a recorded instance is another instance. */
  private isRecorded({ instance }: FuncInstance): boolean {
    return instance !== undefined && instance.store === this.session?.store
  }

  private watched(options: CallOptions | undefined): CallOptions {
    const { poll, waits = hostWaits } = options ?? {}
    return { ...options, waits: this.waits(waits), poll: poll && this.hearing(poll) }
  }

  /** What ends a run or a call from outside ends the innermost one. */
  private readonly hearing = <T extends ReturnType<Poll>>(poll: () => T): (() => T) => {
    return () => {
      const answer = poll()
      const place = this.places.at(-1)
      if (answer instanceof Error && (place instanceof RecordedCall || place instanceof RecordedRun))
        place.interruption = answer
      return answer
    }
  }

  private invoke(tier: Tier, func: FuncInstance, args: readonly Value[], options?: CallOptions): readonly Value[] {
    if (!this.isRecorded(func) || this.places.at(-1) === QUESTION) return tier.invoke(func, args, options)
    const { things } = this
    this.endTurn()
    this.emit({ kind: 'call', func: things.funcName(func), args: args.map((arg) => things.incoming(arg)) })
    const call = new RecordedCall()
    this.places.push(call)
    try {
      const values = tier.invoke(func, args, this.watched(options))
      this.emit({ kind: 'done', values: values.map((value) => things.outgoing(value)), fuel: this.spent() })
      return values
    } catch (error) {
      this.emit(this.ending(call, error))
      throw error
    } finally {
      this.places.pop()
      this.turnToHost()
    }
  }

  /** Who else is in an instance, a replay does not know: what is refused for that is an end from outside. */
  private ending(place: RecordedCall | RecordedRun, error: unknown): RecordedEvent {
    const outside = place.interruption ?? (isRefusal(error) ? error : undefined)
    place.interruption = undefined
    const fuel = this.spent()
    return outside === undefined
      ? { kind: 'trap', thrown: this.things.outgoingThrow(error), fuel }
      : { kind: 'interrupt', thrown: this.things.incomingThrow(outside), fuel }
  }

  private start(tier: Tier, func: FuncInstance, args: readonly Value[], options?: CallOptions): RunHandle {
    if (!this.isRecorded(func)) return tier.start(func, args, options)
    const { things } = this
    // Where it is stopped, or what it was given meanwhile, is told by its fuel.
    const handle = tier.start(func, args, { ...this.watched(options), metered: true })
    this.endTurn()
    this.emit({ kind: 'start', func: things.funcName(func), args: args.map((arg) => things.incoming(arg)) })
    const recorder: RunRecorder = {
      things,
      stretch: this.stretch.bind(this),
      note: (event) => {
        this.endTurn()
        this.emit(event())
      },
      hearing: this.hearing,
    }
    return new RecordedRun(handle, this.runs++, recorder)
  }

  private stretch(run: RecordedRun, go: () => Stop): Stop {
    // It is ended for that.
    if (this.places.at(-1) === QUESTION) return go()
    const { log } = this
    this.endTurn()
    this.endTurn(run)
    const { held } = this
    if (held !== run) this.tellHeld()
    const begin = log.length
    // Where it goes on as it stopped, and nothing has happened since, nothing needs to be told.
    if (held === run) this.held = undefined
    else this.emit({ kind: 'resume', run: run.number })
    this.places.push(run)
    try {
      const stop = go()
      const event = this.stopEvent(run, stop)
      if (event !== undefined) this.emit(event)
      else {
        run.hold()
        this.held = run
      }
      return stop
    } catch (error) {
      // It may not go on now, and nothing has happened.
      log.length = begin
      if (held === run) this.held = run
      throw error
    } finally {
      this.places.pop()
      this.turnToHost()
    }
  }

  /** Undefined where it may go on at once. */
  private stopEvent(run: RecordedRun, stop: Stop): RecordedEvent | undefined {
    switch (stop.kind) {
      case 'fuel':
      case 'pause':
      case 'breakpoint':
        return undefined
      case 'done':
        return { kind: 'done', values: stop.results.map((value) => this.things.outgoing(value)), fuel: this.spent() }
      case 'host':
        return { kind: 'awaiting', fuel: this.spent() }
      case 'trap':
        return this.ending(run, stop.error)
    }
  }
}

/** Whether an instance was in use otherwise, or may not be used any more. */
function isRefusal(error: unknown): error is HeddleError {
  return error instanceof HeddleError && REFUSALS.has(error.code)
}

const REFUSALS: ReadonlySet<string> = new Set(['INSTANCE_BUSY', 'INSTANCE_INTERRUPTED'])

/** The answer to a wait that suspends the run. */
export const SUSPENDED = -1
