// Runs of the programs: begun, taken as bytes at each of their stops, restored in an engine of their own, and brought to their ends, which
// are text so that they can come from another process.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  Engine,
  Global,
  Memory,
  Snapshot,
  Store,
  Table,
  Trap,
  type Imports,
  type Instance,
  type Run,
  type RunState,
} from 'heddle'
import { Wasi, wasiProvider } from 'heddle/wasi'
import { projectRoot } from '../source-tree.ts'
import { EXTERNS, HOST, PROGRAMS, nameOf, readModules, type Program } from './programs.ts'

export interface Going {
  readonly instance: Instance
  readonly run: Run
  readonly wasi: Wasi | undefined
}

const FEATURES = { 'stack-switching': true, threads: true, 'legacy-exceptions': true }
const binaries = new Map<Program, Map<string, Uint8Array>>()

export function begun(name: string): Going {
  const program = PROGRAMS[name]!
  const engine = new Engine({ features: FEATURES })
  const store = new Store()
  const wasi = wasiFor(program)
  const imports: Record<string, Imports[string]> = { ...HOST }
  let instance: Instance | undefined
  for (const [module, bytes] of modulesOf(program)) {
    const options = {
      store,
      unknownImports: 'trap',
      ...(wasi === undefined ? {} : { wasi: wasiProvider(wasi) }),
    } as const
    instance = engine.compile(bytes).instantiateSync(imports, options)
    imports[module] = instance.exports
  }
  const [called, ...args] = program.call
  return { instance: instance!, run: instance!.start(called, ...args), wasi }
}

/** In an engine of its own, with modules that are compiled anew. */
export function restored(name: string, bytes: Uint8Array): Going {
  const program = PROGRAMS[name]!
  const wasi = wasiFor(program)
  const { instance, run } = new Engine({ features: FEATURES }).restore(Snapshot.decode(bytes), {
    modules: [...modulesOf(program).values()],
    imports: HOST,
    externs: EXTERNS,
    unknownImports: 'trap',
    ...(wasi === undefined ? {} : { wasi: wasiProvider(wasi) }),
  })
  return { instance, run: run!, wasi }
}

function modulesOf(program: Program): Map<string, Uint8Array> {
  let modules = binaries.get(program)
  if (modules === undefined) binaries.set(program, (modules = readModules(program)))
  return modules
}

function wasiFor({ wasi }: Program): Wasi | undefined {
  if (wasi === undefined) return undefined
  const files = Object.entries(wasi.files).map(([name, path]) => [name, readFileSync(join(projectRoot, path))] as const)
  return new Wasi({
    args: wasi.args,
    fs: Object.fromEntries(files),
    random: (bytes) => void bytes.fill(7),
  })
}

export function taken(run: Run): Uint8Array {
  return run.snapshot({ nameOf }).encode()
}

/** A stop of a run: the bytes of it. */
export interface Taken {
  readonly fuelUsed: number
  /** `begin`: nothing has happened yet. `settled`: what a host function had promised is there. */
  readonly at: RunState['kind'] | 'begin' | 'settled'
  readonly bytes: Uint8Array
}

/** What is taken of a run that stops every `k` units: before it begins, at each stop, and behind each promise that it waited for. */
export async function stopsOf(name: string, k: number): Promise<Taken[]> {
  const { run } = begun(name)
  const stops: Taken[] = []
  const take = (at: Taken['at']): void => void stops.push({ fuelUsed: run.fuelUsed, at, bytes: taken(run) })
  take('begin')
  for (;;) {
    const state = run.run({ fuel: k })
    if (state.kind === 'done' || state.kind === 'trap') return stops
    take(state.kind)
    if (state.kind !== 'host') continue
    await state.promise
    take('settled')
  }
}

/** The end of a run, with all that can be seen of the state in which that left its instances. */
export interface End {
  readonly result: string
  readonly fuelUsed: number
  readonly exports: readonly string[]
  /** What the function `look` of the program says, if it has one. */
  readonly look: string
  readonly output: string
  /** Of a snapshot of the instance. */
  readonly hash: string
}

export async function endOf({ instance, run, wasi }: Going): Promise<End> {
  const result = await resultOf(run, wasi)
  const { fuelUsed } = run
  const exports = Object.entries(instance.exports).map(([name, value]) => `${name}: ${spell(value)}`)
  let look = ''
  if ('look' in instance.exports) {
    const looking = instance.start('look')
    look = `${spell(await looking.finish())}, ${looking.fuelUsed} units`
  }
  const output = wasi === undefined ? '' : Buffer.from(wasi.stdout).toString()
  return { result, fuelUsed, exports, look, output, hash: instance.snapshot({ nameOf }).hash() }
}

async function resultOf(run: Run, wasi: Wasi | undefined): Promise<string> {
  try {
    const finish = async (): Promise<unknown> => run.finish()
    return spell(wasi === undefined ? await finish() : await wasi.run(finish))
  } catch (error) {
    if (error instanceof Trap) return error.toString()
    throw error
  }
}

function spell(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spell).join(', ')}]`
  if (value instanceof Memory) return `${value.byteLength} ${createHash('sha256').update(value.bytes).digest('hex')}`
  if (value instanceof Global) return spell(value.value)
  if (value instanceof Table) {
    return `${value.length} [${Array.from({ length: value.length }, (_, i) => spell(value.get(i))).join(', ')}]`
  }
  if (typeof value === 'function') return `function ${value.name}`
  const name = nameOf(value)
  if (name !== undefined) return name
  return typeof value === 'object' && value !== null ? 'a reference' : `${typeof value} ${String(value)}`
}

/** Snapshots for another process. */
export interface Batch {
  readonly program: string
  readonly snapshots: readonly Uint8Array[]
}
