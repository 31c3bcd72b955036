// WASI preview 1 for one guest: made from options, gives imports for any engine, and the files back after the run.
// The functions themselves are in the files named for them; every call passes through `#bind` here.

import { Abi } from './abi.ts'
import type { RawValue } from './abi.ts'
import { argsFunctions, encodeArgument } from './args.ts'
import { VirtualClock, clockFunctions } from './clock.ts'
import { WasiError, errnoCode } from './errno.ts'
import { fdIoFunctions } from './fd-io.ts'
import { ALL_RIGHTS, DIRECTORY_RIGHTS, FdTable, INPUT_RIGHTS, OUTPUT_RIGHTS } from './fd-table.ts'
import type { Handle } from './fd-table.ts'
import { fdFunctions } from './fd.ts'
import type { FileSystem } from './file-system.ts'
import { FUNCTION_NAMES, functionType } from './functions.ts'
import type { FunctionName } from './functions.ts'
import type { Guest, Implementations, WasiClock, WasiRandom } from './implementation.ts'
import { COLLECTED_OUTPUT_BYTES, DEFAULT_LIMITS } from './limits.ts'
import type { WasiLimits } from './limits.ts'
import type { GuestMemory } from './memory.ts'
import { pathOpenFunctions } from './path-open.ts'
import { pathFunctions } from './path.ts'
import { pollFunctions } from './poll.ts'
import { WasiExit, processFunctions } from './process.ts'
import { randomFunctions } from './random.ts'
import { sockFunctions } from './sock.ts'
import { CollectedOutput, InputStream, OutputStream } from './stdio.ts'
import type { OutputQuota, WasiInput, WasiOutput } from './stdio.ts'
import { CallRecorder } from './trace.ts'
import type { WasiListener } from './trace.ts'
import type { Tree } from './tree.ts'
import { TYPES } from './types.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'
import { drive, isPromise } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** Raw core values: i32 as number, i64 as bigint; the result is an errno. A promise suspends the guest. */
export type WasiFunction = (...args: RawValue[]) => Awaitable<number>

/** Everything is optional, and what is missing isn't granted. */
export interface WasiOptions {
  /** The program's name first. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Without it, stdin is at its end. */
  readonly stdin?: WasiInput
  /** Without a sink, what is written is collected: see `stdout` and `stderr` of the Wasi. */
  readonly stdout?: WasiOutput
  readonly stderr?: WasiOutput
  /** The folder `/`. */
  readonly fs?: Tree | FileSystem
  /** Folders by the names under which the guest finds them. */
  readonly preopens?: Readonly<Record<string, Tree | FileSystem>>
  /** Without it a VirtualClock. */
  readonly clock?: WasiClock
  /** Without it random_get answers ENOSYS: numbers that can be foretold are not given out as random. */
  readonly random?: WasiRandom
  readonly trace?: WasiListener
  /** Nanoseconds, for the trace alone, so that watching a guest doesn't move its clock. By default Date.now. */
  readonly traceClock?: () => bigint
  readonly limits?: Partial<WasiLimits>
}

const IMPLEMENTATIONS: Implementations = {
  ...argsFunctions,
  ...clockFunctions,
  ...fdFunctions,
  ...fdIoFunctions,
  ...pathFunctions,
  ...pathOpenFunctions,
  ...pollFunctions,
  ...processFunctions,
  ...randomFunctions,
  ...sockFunctions,
}

export class Wasi {
  readonly #abi = new Abi(TYPES)
  readonly #limits: WasiLimits
  readonly #table: FdTable
  readonly #state: Omit<Guest, 'memory'>
  readonly #fileSystems = new Map<string, FileSystem>()
  readonly #collected: readonly [stdout: CollectedOutput, stderr: CollectedOutput] = [
    new CollectedOutput(),
    new CollectedOutput(),
  ]
  readonly #calls = new Map<FunctionName, number>()
  readonly #trace: WasiListener | undefined
  readonly #traceClock: () => bigint
  #exit: WasiExit | undefined

  constructor(options: WasiOptions = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#table = new FdTable(this.#limits.files)
    this.#trace = options.trace
    this.#traceClock = options.traceClock ?? ((): bigint => BigInt(Date.now()) * 1_000_000n)
    this.#state = {
      args: (options.args ?? []).map(encodeArgument),
      environ: Object.entries(options.env ?? {}).map(([name, value]) => encodeArgument(`${name}=${value}`)),
      table: this.#table,
      limits: this.#limits,
      clock: options.clock ?? new VirtualClock(),
      random: options.random,
      abi: this.#abi,
      exit: (code, signal) => {
        this.#exit = new WasiExit(code, signal)
        throw this.#exit
      },
    }
    this.#openStdio(options)
    this.#openFolders(options)
  }

  /** The functions of wasi_snapshot_preview1 for one instance, whose memory is asked for anew on each call. */
  imports(memory: () => GuestMemory): Record<FunctionName, WasiFunction> {
    const guest: Guest = { ...this.#state, memory }
    return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, this.#bind(name, guest)])) as Record<
      FunctionName,
      WasiFunction
    >
  }

  /**
   * Runs a command (`_start`) or whatever else may end by proc_exit, closes what is open, and answers the exit code.
   * Errors of any other kind pass through.
   */
  run(start: () => unknown): Awaitable<number> {
    let running: unknown
    try {
      running = start()
    } catch (error) {
      this.close()
      if (error instanceof WasiExit) return error.exitCode
      throw error
    }
    if (isPromise(running)) return this.#runOn(running)
    this.close()
    return 0
  }

  async #runOn(running: Promise<unknown>): Promise<number> {
    try {
      await running
      return 0
    } catch (error) {
      if (error instanceof WasiExit) return error.exitCode
      throw error
    } finally {
      this.close()
    }
  }

  /** Closes every descriptor; what the guest calls afterwards answers EBADF. */
  close(): void {
    this.#table.closeAll()
  }

  /** What the guest said with proc_exit, undefined when it didn't. */
  get exitCode(): number | undefined {
    return this.#exit?.exitCode
  }

  /** What was collected so far where no sink was given. */
  get stdout(): Uint8Array {
    return this.#collected[0].bytes
  }

  get stderr(): Uint8Array {
    return this.#collected[1].bytes
  }

  /** How often each function was called. */
  get calls(): ReadonlyMap<FunctionName, number> {
    return this.#calls
  }

  /** The file systems by the names of their folders. */
  get fileSystems(): ReadonlyMap<string, FileSystem> {
    return this.#fileSystems
  }

  /** The content of every file on virtual file systems, by the guest's path. */
  files(): Record<string, Uint8Array> {
    const files: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>
    for (const [name, fileSystem] of this.#fileSystems) {
      if (!(fileSystem instanceof VirtualFileSystem)) continue
      const folder = name.replace(/\/+$/, '')
      for (const [path, content] of Object.entries(fileSystem.files())) files[folder + path] = content
    }
    return files
  }

  #openStdio({ stdin, stdout, stderr }: WasiOptions): void {
    const limited = this.#limits.outputBytes !== Infinity
    const quota: OutputQuota = { left: this.#limits.outputBytes }
    const collectedQuota = limited ? quota : { left: COLLECTED_OUTPUT_BYTES }
    const output = (sink: WasiOutput | undefined, collected: CollectedOutput): OutputStream =>
      sink === undefined
        ? new OutputStream((bytes) => collected.write(bytes), collectedQuota)
        : new OutputStream(sink, quota)
    this.#open(new InputStream(stdin), INPUT_RIGHTS, 0)
    this.#open(output(stdout, this.#collected[0]), OUTPUT_RIGHTS, 0)
    this.#open(output(stderr, this.#collected[1]), OUTPUT_RIGHTS, 0)
  }

  #openFolders({ fs, preopens }: WasiOptions): void {
    const folders = [...(fs === undefined ? [] : [['/', fs] as const]), ...Object.entries(preopens ?? {})]
    const now = (): bigint => this.#state.clock.now('realtime') ?? 0n
    for (const [name, content] of folders) {
      if (this.#fileSystems.has(name)) throw new TypeError(`two folders are called ${name}`)
      const dev = BigInt(this.#fileSystems.size + 1)
      const fileSystem = isFileSystem(content)
        ? content
        : new VirtualFileSystem(content, { limits: this.#limits, now, dev })
      this.#fileSystems.set(name, fileSystem)
      const preopen = encodeArgument(name).subarray(0, -1)
      this.#open(fileSystem.openRoot(), DIRECTORY_RIGHTS, ALL_RIGHTS, preopen)
    }
  }

  #open(handle: Handle, rights: number, inheriting: number, preopen?: Uint8Array): void {
    this.#table.checkFree()
    this.#table.add({ handle, rights, inheriting, flags: 0, position: 0, ...(preopen !== undefined && { preopen }) })
  }

  #bind(name: FunctionName, guest: Guest): WasiFunction {
    const type = functionType(name)
    const decode = this.#abi.decoder(type, this.#limits)
    const encode = this.#abi.encoder(type)
    const implementation = IMPLEMENTATIONS[name] as (guest: Guest, ...args: unknown[]) => unknown
    return (...raw) => {
      this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1)
      const recorder = this.#recorder(name, guest, raw)
      const succeed = (outcome: unknown): number => {
        try {
          encode(guest.memory(), raw, outcome)
        } catch (error) {
          return fail(error)
        }
        if (recorder !== undefined) this.#trace?.(recorder.finish('success', outcome))
        return 0
      }
      const fail = (error: unknown): number => {
        const errno = error instanceof WasiError ? error.errno : undefined
        if (recorder !== undefined) this.#trace?.(recorder.finish(errno, undefined))
        if (errno === undefined) throw error
        return errnoCode(errno)
      }
      let outcome: unknown
      try {
        const args = decode(guest.memory(), raw)
        recorder?.decoded(args)
        const begun = implementation(guest, ...args)
        outcome = isWaiting(begun) ? drive(begun) : begun
      } catch (error) {
        return fail(error)
      }
      return isPromise(outcome) ? outcome.then(succeed, fail) : succeed(outcome)
    }
  }

  #recorder(name: FunctionName, guest: Guest, raw: readonly RawValue[]): CallRecorder | undefined {
    if (this.#trace === undefined) return undefined
    return new CallRecorder(this.#abi, name, () => guest.memory(), raw, this.#traceClock)
  }
}

function isFileSystem(content: Tree | FileSystem): content is FileSystem {
  return typeof (content as Partial<FileSystem>).openRoot === 'function'
}

function isWaiting(begun: unknown): begun is Waiting<unknown> {
  return typeof begun === 'object' && begun !== null && 'next' in begun
}
