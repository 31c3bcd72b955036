// A process of its own, run by the newer Node of fuzz/: what its V8 makes of modules. It is the oracle.

import { native, nativeTrap, type NativeExports, type NativeMemory } from '../native.ts'
import { serve } from './messages.ts'
import { observe } from './observe.ts'
import { payloadFor, valueOf, type Session } from './session.ts'
import { Support, type World, type WorldTable } from './support.ts'

export type ExecuteRequest =
  | { readonly kind: 'validate'; readonly modules: readonly string[] }
  | { readonly kind: 'run'; readonly bytes: string; readonly session: Session }

/** The verdict on each module; or the lines of the observation. */
export type ExecuteReply = readonly (string | boolean)[]

interface NativeTable {
  readonly length: number | bigint
  readonly get: (index: number | bigint) => unknown
  readonly set: (index: number | bigint, value: unknown) => void
}

/** What this process's WebAssembly has and the older host's may not. */
interface NativeExceptions {
  readonly Tag: new (type: { readonly parameters: readonly string[] }) => object
  readonly JSTag: object
  readonly Exception: new (tag: object, payload: readonly unknown[]) => NativeException
}

interface NativeException {
  readonly is: (tag: object) => boolean
  readonly getArg: (tag: object, index: number) => unknown
}

const { Tag, JSTag, Exception } = native as unknown as NativeExceptions
const wasmTag = new Tag({ parameters: ['i32'] })
const none: NativeExports = {}

function run(bytes: Uint8Array, session: Session): string[] {
  let exports: NativeExports = none
  const world: World = {
    exported: (name) => exports[name],
    call: (func, args) => (func as (...args: readonly unknown[]) => unknown)(...args),
    table: () => {
      const table = exports['table']
      return table === undefined || !('get' in table) ? undefined : plainTable(table as unknown as NativeTable)
    },
    throwTagged: (value) => {
      // As the JS API has it: an exception of wasm's is no Error.
      // oxlint-disable-next-line typescript/only-throw-error
      throw new Exception(wasmTag, [value])
    },
    isException: (error) => nativeTrap(error) === undefined,
  }
  const support = new Support(session, world)
  const imports: Record<string, Record<string, unknown>> = {
    'fuzzing-support': { ...support.functions(), wasmtag: wasmTag, jstag: JSTag },
  }
  for (const global of session.globals) (imports[global.module] ??= {})[global.name] = payloadFor(global)
  return observe(session, {
    instantiate: () => {
      exports = new native.Instance(new native.Module(bytes), imports).exports
    },
    call: (name, args) => {
      try {
        const func = exports[name] as (...args: readonly unknown[]) => unknown
        const value = func(...args.map((arg) => valueOf(arg, (other) => exports[other])))
        const values: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
        return values.map((each) => support.spell(each)).join(' ')
      } catch (error) {
        return spellError(error)
      }
    },
    takeLog: () => support.takeLog(),
    memory: (name) => new Uint8Array((exports[name] as NativeMemory).buffer),
    table: (name) => {
      const table = plainTable(exports[name] as unknown as NativeTable)
      return { length: table.length, get: (i) => support.spell(table.get(i)) }
    },
    global: (name) => support.spell((exports[name] as { readonly value: unknown }).value),
    spellError,
  })
}

function spellError(error: unknown): string {
  const kind = nativeTrap(error)
  if (kind !== undefined) return kind
  return error instanceof Exception && error.is(wasmTag)
    ? `exception(${String(error.getArg(wasmTag, 0))})`
    : 'exception'
}

/** With numbers for indices, which are bigints where the table's are 64 bits wide. */
function plainTable(table: NativeTable): WorldTable {
  const index = (i: number): number | bigint => (typeof table.length === 'bigint' ? BigInt(i) : i)
  return {
    length: Number(table.length),
    get: (i) => table.get(index(i)),
    set: (i, value) => table.set(index(i), value),
  }
}

serve((request: ExecuteRequest): ExecuteReply => {
  if (request.kind === 'run') return run(Buffer.from(request.bytes, 'base64'), request.session)
  return request.modules.map((bytes) => native.validate(Buffer.from(bytes, 'base64')))
})
