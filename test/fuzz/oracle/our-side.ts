// Our side of the comparison: an instance of a random module on the interpreter, run in one of several ways.

import {
  Engine,
  HOST_TAG,
  HeddleError,
  Snapshot,
  WasmException,
  createException,
  createGlobal,
  createTag,
} from 'heddle'
import type { Instance, Memory, Module, Run, Table, Tag } from 'heddle'
import { encodeModule, parseWat } from 'heddle/wat'
import { KINDS } from '../subjects.ts'
import type { Observed } from './observe.ts'
import { payloadFor, valueOf, type Session } from './session.ts'
import { HostError, Support, type World, type WorldTable } from './support.ts'

/**
 * `called`: as JavaScript calls functions. A number: stopped after so many units of fuel, and resumed, to the end. `carried`: stopped every
 * now and then, and carried as bytes into another engine.
 */
export type Way = 'called' | 'carried' | number

const wasmTag = createTag(['i32'])
/** Under which the tag is exported that a module imports as `wasmtag`, which is another one wherever it was carried. */
const EXPORTED_TAG = 'the imported wasmtag'

export class EndlessError extends Error {}

export interface OurSide extends Observed {
  /** By all calls. */
  readonly fuelUsed: () => number
}

export function ourSide(given: Module, session: Session, way: Way, fuelLimit: number): OurSide {
  const module = way === 'carried' ? withExportedTag(given) : given
  let instance: Instance | undefined
  let fuelUsed = 0
  let runs = 0
  const exported = (name: string): unknown => instance?.exports[name]
  const tag = (): Tag => (exported(EXPORTED_TAG) as Tag | undefined) ?? wasmTag
  const world: World = {
    exported,
    call: (func, args) => (func as (...args: readonly unknown[]) => unknown)(...args),
    table: () => {
      const table = exported('table') as Table | undefined
      return table === undefined || !('get' in table) ? undefined : guardedTable(table)
    },
    throwTagged: (value) => {
      throw createException(tag(), [value])
    },
    isException: (error) => trapOf(error) === undefined,
  }
  const support = new Support(session, world)
  const imports: Record<string, Record<string, never>> = {}
  const define = (from: string, name: string, value: unknown): void => {
    ;(imports[from] ??= {})[name] = value as never
  }
  for (const [name, func] of Object.entries(support.functions())) {
    define('fuzzing-support', name, (_: unknown, ...args: never[]) => func(...args))
  }
  define('fuzzing-support', 'log-v128', vectorLog(support))
  define('fuzzing-support', 'wasmtag', wasmTag)
  define('fuzzing-support', 'jstag', HOST_TAG)
  for (const { kind, type, ...names } of module.imports) {
    if (kind === 'global') define(names.module, names.name, createGlobal(type, payloadFor(names)))
  }

  const things: unknown[] = []
  const nameOf = (thing: unknown): string => {
    if (!things.includes(thing)) things.push(thing)
    return `thing ${things.indexOf(thing)}`
  }
  const carry = (run: Run): Run => {
    const bytes = run.snapshot({ nameOf }).encode({ modules: true })
    const externs = Object.fromEntries(things.map((thing, i) => [`thing ${i}`, thing]))
    const host = { refuse: () => support.refuseVector() }
    const restored = new Engine().restore(Snapshot.decode(bytes), { imports: { ...imports, host }, externs })
    ;({ instance } = restored)
    return restored.run!
  }

  const drive = (begun: Run): unknown => {
    let run = begun
    // Stretches become longer, and begin with each call at another length.
    let stretch = 1 + ((runs++ * 7) % 23)
    try {
      for (;;) {
        const state = run.run({ fuel: typeof way === 'number' ? way : stretch })
        if (state.kind === 'done') return state.value
        if (state.kind === 'trap') throw state.error
        if (run.fuelUsed >= fuelLimit) throw new EndlessError('the call uses too much fuel')
        stretch *= 5
        if (way === 'carried') run = carry(run)
      }
    } finally {
      fuelUsed += run.fuelUsed
    }
  }
  return {
    instantiate: () => {
      try {
        instance = module.instantiateSync(imports)
      } catch (error) {
        // Imports that don't match are no outcome.
        if (error instanceof HeddleError && error.code === 'UNLINKABLE')
          throw new Error(error.message, { cause: error })
        throw error
      }
    },
    call: (name, args) => {
      const values = args.map((arg) => valueOf(arg, exported))
      try {
        const value = way === 'called' ? instance!.call(name, ...values) : drive(instance!.start(name, ...values))
        const results: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
        return results.map((each) => support.spell(each)).join(' ')
      } catch (error) {
        return spellError(error, tag())
      }
    },
    takeLog: () => support.takeLog(),
    memory: (name) => (exported(name) as Memory).bytes,
    table: (name) => {
      const table = exported(name) as Table
      return { length: table.length, get: (i) => support.spell(table.get(i)) }
    },
    global: (name) => support.spell((exported(name) as { readonly value: unknown }).value),
    spellError: (error) => spellError(error, tag()),
    fuelUsed: () => fuelUsed,
  }
}

function withExportedTag(module: Module): Module {
  const index = module.imports.filter(({ kind }) => kind === 'tag').findIndex(({ name }) => name === 'wasmtag')
  if (index < 0) return module
  const { syntax } = module
  const exports = [...syntax.exports, { name: EXPORTED_TAG, kind: 'tag', index } as const]
  return new Engine().compile(encodeModule({ ...syntax, exports }))
}

/** What isn't of the element type is an exception, which wasm may catch, and no mistake of the embedder's. */
function guardedTable(table: Table): WorldTable {
  return {
    length: table.length,
    get: (index) => table.get(index),
    set: (index, value) => {
      try {
        table.set(index, value)
      } catch {
        throw new HostError('not of the element type')
      }
    },
  }
}

const VECTOR_LOG = parseWat(`(module
  (import "host" "refuse" (func $refuse))
  (func (export "log-v128") (param v128) (call $refuse)))`)

/** A vector that is handed to JavaScript is an exception, which wasm may catch. Ours would be a mistake of the embedder's. */
function vectorLog(support: Support): unknown {
  const refuse = (): void => support.refuseVector()
  return new Engine().compile(VECTOR_LOG).instantiateSync({ host: { refuse } }).exports['log-v128']
}

function trapOf(error: unknown): string | undefined {
  return error instanceof HeddleError ? KINDS[error.code] : undefined
}

/** Errors that are no outcome of a program's, but of this comparison or of the engine, go on. */
function spellError(error: unknown, tag: Tag): string {
  if (error instanceof EndlessError) throw error
  const kind = trapOf(error)
  if (kind !== undefined) return kind
  if (error instanceof HeddleError && error.code === 'INTERNAL') throw error
  if (error instanceof WasmException && error.tag === tag) return `exception(${String(error.values[0])})`
  if (error instanceof HostError || error instanceof HeddleError) return 'exception'
  throw error
}
