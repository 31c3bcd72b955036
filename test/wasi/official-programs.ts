// The official programs of WASI preview 1, and how one is run: on which file system, by which engine. Runs on dist/, in the tests'
// process and in a child that belongs to another user.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'heddle'
import { HostFileSystem } from 'heddle/node'
import { Wasi, guestMemory, type FileSystem, type WasiClock } from 'heddle/wasi'

export interface Program {
  readonly language: string
  readonly name: string
}

/** A file system in memory, or a real folder that is held in one of the two ways. */
export const FILE_SYSTEMS = ['virtual', 'descriptors', 'paths'] as const
export const ENGINES = ["the host's WebAssembly", 'the interpreter'] as const

export interface Way {
  readonly fileSystem: (typeof FILE_SYSTEMS)[number]
  readonly engine: (typeof ENGINES)[number]
  /** With ERRNO_MODE_UNIX, by which programs in Rust accept only the code that Unix gives where systems differ. */
  readonly strict: boolean
}

interface Specification {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly root?: string
  readonly exit_code?: number
  readonly stdout?: string
  readonly stderr?: string
}

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export function officialPrograms(suite: string): Program[] {
  return ['c', 'rust', 'assemblyscript'].flatMap((language) =>
    readdirSync(join(suite, language))
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => ({ language, name: file.slice(0, -'.wasm'.length) })),
  )
}

/** How it is started, and what is to come of it. */
export function specificationOf(folder: string, program: string): Specification {
  const file = join(folder, `${program}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Specification) : {}
}

/** What went wrong, undefined where nothing did. The program gets a fresh copy of its folder. */
export async function failureOf(suite: string, program: Program, way: Way): Promise<string | undefined> {
  const folder = join(suite, program.language)
  const specification = specificationOf(folder, program.name)
  const { root, exit_code: exitCode = 0, stdout, stderr } = specification
  const copy = mkdtempSync(join(tmpdir(), 'heddle-wasi-'))
  try {
    if (root !== undefined) copyFolder(join(folder, root), copy)
    const open = openDescriptors()
    const fs = root === undefined ? undefined : fileSystemOf(copy, way)
    const ended = await runProgram(join(folder, `${program.name}.wasm`), program.name, specification, way, fs)
    if (ended.exitCode !== exitCode) return `exit code ${ended.exitCode}: ${ended.stderr}`
    if (stdout !== undefined && ended.stdout !== stdout) return `it printed ${ended.stdout}`
    if (stderr !== undefined && ended.stderr !== stderr) return `it said ${ended.stderr}`
    return openDescriptors() === open
      ? undefined
      : `descriptors of the process are open: ${openDescriptors()}, before ${open}`
  } catch (error) {
    return `it trapped: ${String(error)}`
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Of this process, where the system tells; timers and pipes have theirs for the whole time. */
export function openDescriptors(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0
}

function fileSystemOf(
  folder: string,
  { fileSystem }: Way,
): FileSystem | Record<string, Uint8Array | { type: 'directory' }> {
  return fileSystem === 'virtual'
    ? treeOf(folder)
    : new HostFileSystem({ root: folder, access: 'rw', held: fileSystem })
}

const clock: WasiClock = {
  now: (id) => (id === 'realtime' ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint()),
  sleep: (ns) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ns) / 1e6),
}

async function runProgram(
  file: string,
  name: string,
  { args = [], env }: Specification,
  { engine, strict }: Way,
  fs: ReturnType<typeof fileSystemOf> | undefined,
): Promise<Ended> {
  const options = {
    env: { ...env, ...(strict && { ERRNO_MODE_UNIX: '1' }) },
    clock,
    random: (bytes: Uint8Array) => void crypto.getRandomValues(bytes),
    ...(fs !== undefined && { fs }),
  }
  const bytes = readFileSync(file)
  if (engine === 'the interpreter') return run(bytes, { ...options, args: [...args], argv0: `${name}.wasm` })
  const wasi = new Wasi({ ...options, args: [`${name}.wasm`, ...args] })
  const native = (globalThis as unknown as { readonly WebAssembly: NativeWebAssembly }).WebAssembly
  const instance = new native.Instance(new native.Module(bytes), { wasi_snapshot_preview1: wasi.imports(() => memory) })
  const memory = guestMemory(instance.exports['memory'] as { readonly buffer: ArrayBuffer })
  const exitCode = await wasi.run(instance.exports['_start'] as () => void)
  return { exitCode, stdout: Buffer.from(wasi.stdout).toString(), stderr: Buffer.from(wasi.stderr).toString() }
}

interface NativeWebAssembly {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** Without modes: those of the suite may let nobody write. */
function copyFolder(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      mkdirSync(join(to, entry.name))
      copyFolder(join(from, entry.name), join(to, entry.name))
    } else writeFileSync(join(to, entry.name), readFileSync(join(from, entry.name)))
  }
}

function treeOf(folder: string, prefix = ''): Record<string, Uint8Array | { type: 'directory' }> {
  const tree: Record<string, Uint8Array | { type: 'directory' }> = {}
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${prefix}/${entry.name}`
    if (entry.isDirectory())
      Object.assign(tree, { [path]: { type: 'directory' } }, treeOf(join(folder, entry.name), path))
    else tree[path] = readFileSync(join(folder, entry.name))
  }
  return tree
}
