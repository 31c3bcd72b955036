// What a program finds around it, made of the options of `run` and `resume`: WASI, a store with quotas, and what it may use of time and
// fuel.

import { optionNames } from '../errors/check-options.ts'
import type { OutputListener } from '../wasi/preview1/standard-streams.ts'
import { BUDGET_OPTIONS, type BudgetOptions } from '../embed/budget.ts'
import type { ImportProvider } from '../runtime/import-provider.ts'
import type { Imports, LinkOptions, UnknownImports } from '../embed/imports.ts'
import type { InstantiateOptions } from '../embed/module.ts'
import { Recorder } from '../embed/recorder.ts'
import type { SnapshotOptions } from '../embed/snapshot.ts'
import { checkLimits } from '../errors/check-limits.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import type { TrapCode } from '../errors/trap.ts'
import { STORE_LIMITS, Store, type Limiter, type StoreLimits } from '../runtime/store.ts'
import { DEFAULT_LIMITS, type WasiLimits } from '../wasi/preview1/limits.ts'
import type { WasiRandom } from '../wasi/preview1/implementation.ts'
import type { WasiCall, WasiListener, WasiObserver } from '../wasi/preview1/trace.ts'
import { wasiProvider } from '../wasi/preview1/wasi-provider.ts'
import { WASI_OPTIONS, Wasi, type WasiOptions } from '../wasi/preview1/wasi.ts'
import { deterministicRandom, isDeterministic, type Deterministic } from './deterministic.ts'
import { RunDriver } from './run-driver.ts'

/** Why a program has stopped, or ended. */
export type SnapshotMoment = 'trap' | 'exit' | 'fuel' | 'timeout' | 'abort'

const MOMENTS: readonly SnapshotMoment[] = ['trap', 'exit', 'fuel', 'timeout', 'abort']

/** The budget is one for start functions and the program; `fuel: Infinity` only counts. */
export interface HostOptions extends Omit<WasiOptions, 'args' | 'limits' | 'trace'>, BudgetOptions {
  readonly imports?: Imports | undefined
  readonly unknownImports?: UnknownImports | undefined
  readonly onUnknownCall?: LinkOptions['onUnknownCall']
  /** Asked before a memory or table grows. */
  readonly limiter?: Limiter | undefined
  /** `wasi` collects the calls of WASI functions in the result; a function gets each as it is over, and an observer as it begins, too. */
  readonly trace?: 'wasi' | WasiListener | WasiObserver | undefined
  readonly limits?: Partial<StoreLimits & WasiLimits> | undefined
  /**
   * When a snapshot is taken, which is in the result then, for `resume`. `exit`: of the instance, when the program has ended by itself. The
   * others: of the run, where it has stopped. Fuel is counted for these; `trap` executes one instruction at a time, which is slower still.
   */
  readonly snapshotOn?: SnapshotMoment | readonly SnapshotMoment[] | undefined
  /** The same run on every host: canonical NaNs, a virtual clock, random numbers from a seed, growth by the limits alone. Fuel is counted. */
  readonly deterministic?: boolean | Deterministic | undefined
  /** For snapshots: the names of the host's objects that the guest holds. */
  readonly nameOf?: SnapshotOptions['nameOf']
}

export const HOST_OPTIONS: readonly string[] = [
  ...WASI_OPTIONS.filter((name) => name !== 'args'),
  ...BUDGET_OPTIONS,
  ...optionNames<Omit<HostOptions, keyof WasiOptions | keyof BudgetOptions>>({
    imports: true,
    unknownImports: true,
    onUnknownCall: true,
    limiter: true,
    snapshotOn: true,
    deterministic: true,
    nameOf: true,
  }),
]

/** At which moment a program is that has ended in a trap. */
export function momentOf(code: TrapCode): SnapshotMoment {
  switch (code) {
    case 'FUEL_EXHAUSTED':
      return 'fuel'
    case 'TIMEOUT':
      return 'timeout'
    case 'ABORTED':
      return 'abort'
    default:
      return 'trap'
  }
}

export class ProgramHost {
  readonly driver: RunDriver
  readonly wasi: Wasi | undefined
  readonly imports: Imports
  readonly trace: WasiCall[] = []
  /** Whether the result says how much fuel was used. */
  readonly countsFuel: boolean
  readonly snapshotOn: ReadonlySet<SnapshotMoment>
  readonly nameOf: SnapshotOptions['nameOf']
  readonly unknownImports: UnknownImports
  readonly isDeterministic: boolean
  readonly recorder: Recorder | undefined
  private readonly givesRecording: boolean
  private readonly options: HostOptions
  private readonly store: Store
  private readonly provider: ImportProvider | undefined

  /** `args`: those of WASI, the program's name first; without them, those of the state that it will be given. */
  constructor(options: HostOptions, usesWasi: boolean, args?: readonly string[], record: boolean | Recorder = false) {
    const { fuel, limits = {} } = options
    checkLimits(limits, [...Object.keys(STORE_LIMITS), ...Object.keys(DEFAULT_LIMITS)], 'runs')
    this.options = options
    this.snapshotOn = momentsIn(options)
    this.nameOf = options.nameOf
    this.unknownImports = options.unknownImports ?? 'error'
    this.imports = options.imports ?? {}
    const saves = [...this.snapshotOn].some((moment) => moment !== 'exit')
    this.isDeterministic = isDeterministic(options)
    this.recorder = record === true ? new Recorder() : record || undefined
    this.givesRecording = record === true
    this.countsFuel = saves || fuel !== undefined || this.isDeterministic
    this.driver = new RunDriver({ ...options, fuel: this.countsFuel ? (fuel ?? Infinity) : undefined })
    this.store = new Store(pick(limits, STORE_LIMITS), options.limiter, { growsByQuota: this.isDeterministic })
    const random = deterministicRandom(options)
    this.wasi = usesWasi ? this.createWasi(args, random) : undefined
    this.provider = this.wasi && wasiProvider(this.wasi)
  }

  /** For instances that are made, and for those that are restored. */
  get instanceOptions(): Pick<
    InstantiateOptions,
    'store' | 'wasi' | 'unknownImports' | 'onUnknownCall' | 'poll' | 'precise'
  > {
    return {
      store: this.store,
      wasi: this.provider,
      unknownImports: this.unknownImports,
      onUnknownCall: this.options.onUnknownCall,
      poll: this.driver.poll,
      precise: this.snapshotOn.has('trap'),
    }
  }

  /** For the result, where nobody else has it. */
  get recording(): Uint8Array | undefined {
    return this.givesRecording ? this.recorder?.encode() : undefined
  }

  private createWasi(args: readonly string[] | undefined, random: WasiRandom | undefined): Wasi {
    const { trace, limits, onOutput } = this.options
    const { recorder } = this
    const collect: WasiListener = (call) => void this.trace.push(call)
    const recordOutput: OutputListener = (stream, bytes) => {
      recorder?.output(stream, bytes)
      onOutput?.(stream, bytes)
    }
    return new Wasi({
      ...wasiOptionsOf(this.options),
      ...(random !== undefined && { random }),
      ...(recorder !== undefined && { onOutput: recordOutput }),
      limits: pick(limits, DEFAULT_LIMITS),
      ...(args !== undefined && { args }),
      ...(trace !== undefined && { trace: trace === 'wasi' ? collect : trace }),
    })
  }
}

function momentsIn({ snapshotOn = [] }: HostOptions): ReadonlySet<SnapshotMoment> {
  const moments: readonly SnapshotMoment[] = typeof snapshotOn === 'string' ? [snapshotOn] : snapshotOn
  const unknown = moments.find((moment) => !MOMENTS.includes(moment))
  if (unknown === undefined) return new Set(moments)
  throw new UsageError(`a snapshot is taken on ${MOMENTS.join(', ')}, not ${quoted(unknown)}`)
}

/** What of the options is WASI's; `limits` and `trace` mean something else there. */
export function wasiOptionsOf(options: Omit<WasiOptions, 'limits' | 'trace'>): WasiOptions {
  const names = WASI_OPTIONS.filter((name) => name !== 'limits' && name !== 'trace' && name in options)
  return Object.fromEntries(names.map((name) => [name, options[name as keyof typeof options]]))
}

/** Those of the limits that `known` has. */
export function pick<T extends object>(limits: object | undefined, known: T): Partial<T> {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([name]) => Object.hasOwn(known, name))) as Partial<T>
}
