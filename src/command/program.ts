// A program under way: its modules are instantiated and initialised one after the other, then its entry is called. It can be saved where
// any of these has stopped, and goes on from there.

import type { Imports } from '../embed/imports.ts'
import type { Instance } from '../embed/instance.ts'
import type { Module } from '../embed/module.ts'
import type { Run } from '../embed/run.ts'
import type { Snapshot } from '../embed/snapshot.ts'
import { HeddleError } from '../errors/heddle-error.ts'
import { listed } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { WasmException, type ExceptionInstance } from '../runtime/exception.ts'
import type { Value } from '../runtime/value.ts'
import { WasiExit } from '../wasi/preview1/process.ts'
import { WASI_MODULE } from '../wasi/preview1/wasi-provider.ts'
import { memoryHash } from './deterministic.ts'
import { momentOf, type ProgramHost, type SnapshotMoment } from './program-host.ts'
import { encodeProgramState, type ProgramStage, type ProgramState } from './program-state.ts'
import { RunResult, trapExitCode } from './run-result.ts'
import { formatValue, parseArguments, resultOf, type ResultValue } from './values.ts'

/** Entries that begin a program themselves. */
const BEGINNINGS: ReadonlySet<string | undefined> = new Set(['_start', '_initialize'])

export interface ProgramParts extends Pick<ProgramState, 'entry' | 'args' | 'preloads' | 'fuelUsed' | 'features'> {
  /** Those that are made. */
  readonly instances: readonly Instance[]
  /** Of those that are still to be made; the program's own is the last. */
  readonly modules: readonly Module[]
}

export class Program {
  private readonly host: ProgramHost
  private readonly parts: ProgramParts
  private readonly instances: Instance[]
  private readonly modules: Module[]
  /** What was called last. */
  private current: { readonly run: Run; readonly stage: ProgramStage } | undefined

  constructor(host: ProgramHost, parts: ProgramParts) {
    this.host = host
    this.parts = parts
    this.instances = [...parts.instances]
    this.modules = [...parts.modules]
  }

  /** Does all that is left to do. A trap is a result; throws what `run` throws. */
  finish(): Promise<RunResult> {
    return this.conduct(() => this.goOn())
  }

  /** The same for a program in the middle of a run, whose results are values as the engine keeps them. */
  finishFrom(run: Run, stage: ProgramStage): Promise<RunResult> {
    return this.conduct(async () => {
      const values = await this.drive(run, stage)
      if (stage === 'entry') return resultsOf(values)
      if (stage === 'start') await this.initialize()
      return this.goOn()
    })
  }

  private async goOn(): Promise<ResultValue[]> {
    for (let module = this.modules.shift(); module !== undefined; module = this.modules.shift()) {
      await this.instantiate(module)
      await this.initialize()
    }
    return this.enter()
  }

  private async instantiate(module: Module): Promise<void> {
    const made = this.instances.length
    const instance = await module.instantiate(this.imports(), {
      ...this.host.instanceOptions,
      record: this.host.recorder,
      driveStart: (run, starting) => {
        this.instances.push(starting)
        return this.drive(run, 'start')
      },
    })
    if (this.instances.length === made) this.instances.push(instance)
  }

  /** A module may import from those before it. */
  private imports(): Imports {
    const imports: Record<string, Imports[string]> = { ...this.host.imports }
    for (const [i, { exports }] of this.instances.entries()) {
      const name = this.parts.preloads[i]
      if (name !== undefined) imports[name] = { ...imports[name], ...exports }
    }
    return imports
  }

  /** The instance that was made last; a command begins with `_start` alone, and nothing is initialised twice. */
  private async initialize(): Promise<void> {
    const instance = this.instances.at(-1)!
    const isStarted = this.modules.length === 0 && BEGINNINGS.has(this.parts.entry)
    if (isStarted || typeof instance.exports['_initialize'] !== 'function') return
    await this.drive(instance.prepare('_initialize', [], this.host.driver), 'initialize')
  }

  private async enter(): Promise<ResultValue[]> {
    const { entry, args } = this.parts
    if (entry === undefined) return []
    const instance = this.instances.at(-1)!
    const paramName = (index: number): string | undefined => instance.paramName(entry, index)
    const values = parseArguments(entry, instance.typeOf(entry), args, paramName)
    return resultsOf(await this.drive(instance.prepareExact(entry, values, this.host.driver), 'entry'))
  }

  private drive(run: Run, stage: ProgramStage): Promise<unknown> {
    this.current = { run, stage }
    return this.host.driver.drive(run)
  }

  // ——— how it ends ———

  private async conduct(main: () => Promise<ResultValue[]>): Promise<RunResult> {
    const { wasi, countsFuel, isDeterministic, trace } = this.host
    let results: readonly ResultValue[] = []
    let trap: Trap | undefined
    let taken: Taken = {}
    let exitCode = 0
    let failure: unknown
    const whole = async (): Promise<void> => {
      try {
        results = await main()
        taken = this.takeOn('exit')
      } catch (error) {
        failure = error
        trap = trapOf(error, this.instances)
        if (trap !== undefined) taken = this.takeOn(momentOf(trap.code))
        else if (error instanceof WasiExit) taken = this.takeOn('exit')
        throw error
      } finally {
        this.giveUp(trap)
        this.host.recorder?.outcome(failure)
      }
    }
    try {
      // Closes what the guest has open: a snapshot is taken before.
      if (wasi === undefined) await whole()
      else exitCode = await wasi.run(whole)
    } catch (error) {
      if (trap === undefined) throw error
      exitCode = trapExitCode(trap)
    }
    const fuelUsed = countsFuel ? this.fuelUsed : undefined
    const hash = isDeterministic ? memoryHash(this.instances) : undefined
    const outcome = { exitCode, results, trap, fuelUsed, trace, memoryHash: hash, recording: this.host.recording }
    return new RunResult({ ...outcome, ...taken }, wasi)
  }

  private get fuelUsed(): number {
    return this.parts.fuelUsed + this.host.driver.fuelUsed
  }

  private giveUp(reason: Trap | undefined): void {
    const run = this.current?.run
    if (run?.finished === false) run.abort(reason?.code === 'ABORTED' ? reason.cause : reason)
  }

  private takeOn(moment: SnapshotMoment): Taken {
    if (!this.host.snapshotOn.has(moment)) return {}
    try {
      return { snapshot: this.snapshot(moment === 'exit') }
    } catch (error) {
      // How the program ended is to be told all the same.
      if (error instanceof HeddleError) return { snapshotError: error }
      throw error
    }
  }

  private snapshot(isEnded: boolean): Snapshot {
    const { current, host, parts } = this
    const last = this.instances.at(-1)
    if (last === undefined || (current === undefined && !isEnded)) {
      throw new HeddleError('RUN_ENDED', 'no function of the program had been called that could go on')
    }
    const modules = isEnded ? [] : this.modules
    const options = { nameOf: host.nameOf, instances: this.instances.slice(0, -1), modules }
    const taken = isEnded ? last.snapshot(options) : current!.run.snapshot(options)
    const knowsWasi = host.wasi === undefined || taken.providers.includes(WASI_MODULE)
    const state = encodeProgramState({
      stage: isEnded ? 'ended' : current!.stage,
      fuelUsed: this.fuelUsed,
      entry: isEnded ? undefined : parts.entry,
      args: isEnded ? [] : parts.args,
      preloads: parts.preloads.slice(0, this.instances.length + modules.length - 1),
      wasi: knowsWasi ? undefined : host.wasi.save(),
      unknownImports: host.unknownImports,
      features: parts.features,
    })
    return taken.withAttachment(state)
  }
}

interface Taken {
  readonly snapshot?: Snapshot | undefined
  readonly snapshotError?: HeddleError | undefined
}

function resultsOf(values: unknown): ResultValue[] {
  return (values as readonly Value[]).map(resultOf)
}

/** The trap that ends a program; an exception that it doesn't catch is one. */
export function trapOf(error: unknown, instances: readonly Instance[]): Trap | undefined {
  if (error instanceof Trap) return error
  if (!(error instanceof WasmException)) return undefined
  const { exception, frames, depth } = error
  return new Trap('UNCAUGHT_EXCEPTION', exceptionText(exception, instances), frames, { cause: error, depth })
}

/** `$err (i32 1, f64 2.5)`: the tag as the first module that has it calls it, and the values. */
function exceptionText({ tag, values }: ExceptionInstance, instances: readonly Instance[]): string {
  const name = instances.map(({ runtime }) => runtime.tagText(tag)).find((text) => text !== undefined)
  const results = values.map(resultOf)
  const text = (result: ResultValue): string => {
    const value = formatValue(result)
    // References are told by their type.
    return value.startsWith(result.type) ? value : `${result.type} ${value}`
  }
  return `${name ?? 'a tag'} (${listed(results, text, ', ')})`
}
