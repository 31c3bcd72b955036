// WASI preview 1 for one guest: made from options, gives imports for any engine, and the files back after the run.
// How a call is done is in call.ts, and the functions themselves are in the files named for them.

import { limitsWith } from '../../errors/check-limits.ts'
import { checkOptions, optionNames } from '../../errors/check-options.ts'
import { UsageError } from '../../errors/heddle-error.ts'
import { isBytes } from '../../errors/is-bytes.ts'
import { Application, type WasiExports } from './application.ts'
import { encodeArgument } from './args.ts'
import { Calls } from './call.ts'
import type { CallOptions, WasiFunction } from './call.ts'
import { checkWasiOptions } from './check-wasi-options.ts'
import { Readings, VirtualClock } from './clock.ts'
import { PREVIEW1 } from './dialect.ts'
import type { Dialect } from './dialect.ts'
import { FdTable, INPUT_RIGHTS, OUTPUT_RIGHTS } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { FileSystem } from './file-system.ts'
import type { FunctionName } from './functions.ts'
import type { Guest, Program, WasiClock, WasiRandom } from './implementation.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { WasiLimits } from './limits.ts'
import type { GuestMemory } from './memory.ts'
import { preopenDescriptor } from './preopen.ts'
import { WasiExit } from './process.ts'
import { socketDescriptor } from './sock.ts'
import type { Listener, Socket } from './socket.ts'
import { restoreState } from './restore.ts'
import { saveState } from './save.ts'
import { STREAM_NAMES } from './saved-state.ts'
import { StandardStreams, type OutputListener } from './standard-streams.ts'
import type { WasiInput, WasiOutput } from './stdio.ts'
import type { Tree, TreeEntry } from './tree.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'
import { isPromise } from './waiting.ts'
import type { Awaitable } from './waiting.ts'

/** Everything is optional, and what is missing isn't granted. */
export interface WasiOptions extends CallOptions {
  /** The program's name first. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Without it, stdin is at its end. */
  readonly stdin?: WasiInput
  /** Without a sink, what is written is collected: see `stdout` and `stderr` of the Wasi. */
  readonly stdout?: WasiOutput
  readonly stderr?: WasiOutput
  /** Told of what is written to stdout (1) and stderr (2). */
  readonly onOutput?: OutputListener
  /** The folder `/`. */
  readonly fs?: Tree | FileSystem
  /** Folders by the names under which the guest finds them. */
  readonly preopens?: Readonly<Record<string, Tree | FileSystem>>
  /** Connections, and what they arrive at: they have the descriptors behind the folders, and are closed with them. */
  readonly sockets?: readonly (Socket | Listener)[]
  /** Without it a VirtualClock. */
  readonly clock?: WasiClock
  /** Without it random_get answers ENOSYS: numbers that can be foretold are not given out as random. */
  readonly random?: WasiRandom
  readonly limits?: Partial<WasiLimits>
}

export const WASI_OPTIONS: readonly string[] = optionNames<WasiOptions>({
  args: true,
  env: true,
  stdin: true,
  stdout: true,
  stderr: true,
  onOutput: true,
  fs: true,
  preopens: true,
  sockets: true,
  clock: true,
  random: true,
  limits: true,
  trace: true,
  traceClock: true,
  traceBytes: true,
  interpose: true,
})

export class Wasi {
  readonly #limits: WasiLimits
  readonly #table: FdTable
  readonly #program: Program
  readonly #state: Omit<Guest, 'memory' | 'abi'>
  readonly #streams: StandardStreams
  /** As the options have them. */
  readonly #granted: ReadonlyMap<string, FileSystem>
  readonly #given: { readonly args: boolean; readonly env: boolean }
  #fileSystems: ReadonlyMap<string, FileSystem>
  readonly #calls: Calls
  readonly #application = new Application()

  constructor(options: WasiOptions = {}) {
    checkOptions(options, WASI_OPTIONS, 'a Wasi')
    checkWasiOptions(options)
    this.#limits = limitsWith(DEFAULT_LIMITS, options.limits, 'guests of WASI')
    this.#table = new FdTable(this.#limits.files)
    this.#calls = new Calls(options)
    this.#program = {
      args: (options.args ?? []).map(encodeArgument),
      environ: Object.entries(options.env ?? {}).map(([name, value]) => encodeArgument(`${name}=${value}`)),
      exit: undefined,
    }
    this.#given = { args: options.args !== undefined, env: options.env !== undefined }
    this.#state = {
      program: this.#program,
      table: this.#table,
      limits: this.#limits,
      clock: options.clock ?? new VirtualClock(),
      readings: new Readings(),
      random: options.random,
      exit: (code, signal) => {
        this.#program.exit = new WasiExit(code, signal)
        throw this.#program.exit
      },
    }
    this.#streams = new StandardStreams(options, this.#limits.outputBytes)
    this.#granted = this.#grantedFolders(options)
    this.#fileSystems = this.#granted
    this.#openStreams()
    try {
      for (const [name, fileSystem] of this.#granted) this.#open(() => preopenDescriptor(name, fileSystem))
      for (const socket of options.sockets ?? []) this.#open(() => socketDescriptor(socket))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /**
   * Everything that the guest has here, as bytes: docs/wasi-state.md. A call that waits counts as not made. What a file system, a
   * reader or a sink of the host's keeps is not in it.
   */
  save(): Uint8Array {
    return saveState({ ...this.#state, streams: this.#streams, folders: this.#fileSystems })
  }

  /**
   * Goes on from what `save` gave: untrusted bytes, which get nothing that this Wasi was not given. Throws a HeddleError, and is as it
   * was then, where they are damaged (`SNAPSHOT_MALFORMED`), or contradict themselves or what is granted (`SNAPSHOT_INVALID`).
   */
  restore(saved: Uint8Array): void {
    if (this.#calls.counts.size > 0) throw new UsageError('a guest has used this Wasi already: restore into a new one')
    this.#fileSystems = restoreState(saved, {
      ...this.#state,
      streams: this.#streams,
      granted: this.#granted,
      given: this.#given,
    })
  }

  /** The functions of one dialect, by default wasi_snapshot_preview1, for one instance, whose memory is asked for anew on each call. */
  imports(memory: () => GuestMemory): Record<FunctionName, WasiFunction>
  imports<Name extends FunctionName>(memory: () => GuestMemory, dialect: Dialect<Name>): Record<Name, WasiFunction>
  imports(memory: () => GuestMemory, dialect: Dialect = PREVIEW1): Record<FunctionName, WasiFunction> {
    return this.#calls.functions(dialect, this.#state, checkedMemory(memory))
  }

  /**
   * Runs a command: calls `_start`, once, closes what is open, and answers the exit code. With the exports of an instance of any engine;
   * asynchronous ones (`instance.async`) give a promise.
   */
  start(exports: WasiExports): Awaitable<number> {
    const start = this.#application.begin(exports, '_start')
    return this.run(() => start?.())
  }

  /**
   * Begins a reactor or a library, whose exports may be called then: calls `_initialize`, once, where there is one. What is open stays
   * open: `close` is for when nobody calls it any more. A WasiExit passes through.
   */
  initialize(exports: WasiExports): Awaitable<void> {
    const running = this.#application.begin(exports, '_initialize')?.()
    return isPromise(running) ? running.then(() => undefined) : undefined
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

  /** Nobody waits for this promise of a call any more: nothing more of the call happens. */
  abandon(outcome: Promise<number>): void {
    this.#calls.abandon(outcome)
  }

  /** The descriptors that the guest opened itself and has not closed. */
  get openedDescriptors(): readonly number[] {
    return this.#table.opened()
  }

  /** What the guest said with proc_exit, undefined when it didn't. */
  get exitCode(): number | undefined {
    return this.#program.exit?.exitCode
  }

  /** What was collected so far where no sink was given. */
  get stdout(): Uint8Array {
    return this.#streams.stdout.collected
  }

  get stderr(): Uint8Array {
    return this.#streams.stderr.collected
  }

  /** How often each function was called. */
  get calls(): ReadonlyMap<FunctionName, number> {
    return this.#calls.counts
  }

  /** The file systems by the names of their folders. */
  get fileSystems(): ReadonlyMap<string, FileSystem> {
    return this.#fileSystems
  }

  /**
   * All that is on virtual file systems, by the guest's path, as data from which an equal file system can be made: with modes, times, links
   * and empty folders.
   */
  tree(): Tree {
    const tree: Record<string, TreeEntry> = Object.create(null) as Record<string, TreeEntry>
    for (const [name, fileSystem] of this.#fileSystems) {
      if (!(fileSystem instanceof VirtualFileSystem)) continue
      const folder = name.replace(/\/+$/, '')
      for (const [path, entry] of Object.entries(fileSystem.toTree())) {
        const isLinked = typeof entry === 'object' && 'type' in entry && entry.type === 'hard-link'
        tree[folder + path] = isLinked ? { ...entry, path: folder + entry.path } : entry
      }
    }
    return tree
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

  #openStreams(): void {
    for (const name of STREAM_NAMES) {
      const rights = name === 'stdin' ? INPUT_RIGHTS : OUTPUT_RIGHTS
      this.#open(() => ({ handle: this.#streams.of(name), rights, inheriting: 0, flags: 0, position: 0 }))
    }
  }

  #grantedFolders({ fs, preopens }: WasiOptions): ReadonlyMap<string, FileSystem> {
    const granted = new Map<string, FileSystem>()
    const folders = [...(fs === undefined ? [] : [['/', fs] as const]), ...Object.entries(preopens ?? {})]
    const now = (): bigint => this.#state.clock.now('realtime') ?? 0n
    for (const [name, content] of folders) {
      if (granted.has(name)) throw new UsageError(`two folders are called ${name}`)
      const options = { limits: this.#limits, now, dev: BigInt(granted.size + 1) }
      granted.set(name, isFileSystem(content) ? content : new VirtualFileSystem(content, options))
    }
    return granted
  }

  #open(descriptor: () => Descriptor): void {
    this.#table.checkFree()
    this.#table.add(descriptor())
  }
}

/** For those whom no compiler tells: the first call says what is missing, and the others don't ask. */
function checkedMemory(memory: () => GuestMemory): () => GuestMemory {
  const wanted = 'imports takes a function that gives the memory: () => guestMemory(instance.exports.memory)'
  if (typeof memory !== 'function') throw new UsageError(wanted)
  let isChecked = false
  return () => {
    const given = memory()
    if (isChecked) return given
    if (!isBytes((given as Partial<GuestMemory> | undefined)?.bytes)) throw new UsageError(wanted)
    isChecked = true
    return given
  }
}

function isFileSystem(content: Tree | FileSystem): content is FileSystem {
  return typeof (content as Partial<FileSystem>).openRoot === 'function'
}
