// Two instances of a random module, each with functions of the other in its table, as the comparison sees them: the host's, or ours driven
// in one of several ways. What a call comes to is text, so that two outcomes are equal where the texts are.

import {
  Engine,
  HeddleError,
  Snapshot,
  type HostContext,
  type HostFunction,
  type Instance,
  type Memory,
  type Module,
  type Run,
  type RunState,
  type Table,
} from 'heddle'
import { FUEL, IMPORTS } from './module-shape.ts'
import { native, nativeTrap, type NativeMemory, type NativeTable } from './native.ts'
import type { Random } from './random.ts'

type Exports = Readonly<Record<string, unknown>>

export interface Subject {
  /** Of the first instance, which is the one that is called. */
  readonly exports: Exports
  /** Those of the one instance, then those of the other. */
  readonly memories: () => readonly Uint8Array[]
  /** What can be seen of globals and tables from outside. */
  readonly state: () => string
  /** Calls an exported function and says how that went. */
  readonly call: (name: string, args: readonly unknown[]) => string | Promise<string>
  /** What the host functions saw since the last time. */
  readonly takeTrace: () => string
  /** Fuel used by all calls; 0 where none is counted. */
  readonly fuelUsed: () => number
}

/** Our codes of traps → the kinds that V8 tells apart. */
export const KINDS: Readonly<Record<string, string>> = {
  TRAP_UNREACHABLE: 'UNREACHABLE',
  TRAP_DIVIDE_BY_ZERO: 'ZERO',
  TRAP_INTEGER_OVERFLOW: 'NUMBER',
  TRAP_INVALID_CONVERSION: 'NUMBER',
  TRAP_OUT_OF_BOUNDS: 'MEMORY',
  TRAP_TABLE_OUT_OF_BOUNDS: 'TABLE',
  TRAP_UNDEFINED_ELEMENT: 'TABLE',
  TRAP_UNINITIALIZED_ELEMENT: 'SIGNATURE',
  TRAP_INDIRECT_CALL: 'SIGNATURE',
  TRAP_NULL_REFERENCE: 'NULL',
  TRAP_NULL_FUNCTION: 'NULL',
  TRAP_NULL_STRUCTURE: 'NULL',
  TRAP_NULL_ARRAY: 'NULL',
  TRAP_NULL_I31: 'NULL',
  TRAP_NULL_EXCEPTION: 'NULL',
  TRAP_ARRAY_OUT_OF_BOUNDS: 'ARRAY',
  TRAP_CAST: 'CAST',
  HEAP_EXHAUSTED: 'LIMIT',
  STACK_EXHAUSTED: 'STACK',
}

export const REENTERED = `f${IMPORTS.length}`

type HostFunctions = Readonly<Record<string, (...args: never[]) => unknown>>
/** The same functions for our engine, with a context in front. */
type OurFunctions = Readonly<Record<string, HostFunction>>

/** The functions that a module imports. `reenter` calls the instance that called. */
function hostFunctions(trace: string[], reenter: (x: number) => unknown): HostFunctions {
  const noted = (name: string, args: readonly unknown[]): void =>
    void trace.push(`${name}(${args.map((arg) => spell(arg, new Map())).join(' ')})`)
  return {
    log: (...args) => noted('log', args),
    mix: (a: number, b: bigint) => {
      noted('mix', [a, b])
      return a ^ Number(BigInt.asIntN(32, b ^ (b >> 32n)))
    },
    pair: (x: bigint) => {
      noted('pair', [x])
      return [Number(x & 0xffffn) / 8, BigInt.asIntN(64, x * 3n)]
    },
    back: (x: number) => {
      noted('back', [x])
      return reenter(x ^ 1)
    },
    keep: (x: unknown) => {
      noted('keep', [x])
      return trace.length % 3 === 0 ? 'from the host' : x
    },
  }
}

/** Undefined where the host refuses the module. */
export function nativeSubject(bytes: Uint8Array): Subject | undefined {
  if (!native.validate(bytes)) return undefined
  const trace: string[] = []
  const module = new native.Module(bytes)
  const instantiate = (): Exports => {
    const host = hostFunctions(trace, (x) => (exports[REENTERED] as (x: number) => unknown)(x))
    const { exports } = new native.Instance(module, { host })
    return exports
  }
  const exports = instantiate()
  const others = instantiate()
  exchangeFunctions(exports, others)
  const names = namesOf(exports, others)
  return {
    exports,
    memories: () => memoriesOf<NativeMemory>([exports, others]).map(({ buffer }) => new Uint8Array(buffer)),
    state: () => [exports, others].map((each) => spellState(each, names)).join('\n'),
    call: (name, args) => {
      try {
        return spellResults((exports[name] as (...args: readonly unknown[]) => unknown)(...args), names)
      } catch (error) {
        const kind = nativeTrap(error)
        if (kind === undefined) throw error
        return kind
      }
    },
    takeTrace: () => trace.splice(0).join(' '),
    fuelUsed: () => 0,
  }
}

/** The ways in which our engine runs a call. */
export const WAYS = ['called', 'metered', 'resumed', 'stepped', 'interleaved', 'awaited'] as const
export type Way = (typeof WAYS)[number]

export function ourSubject(module: Module, way: Way, random: Random): Subject {
  const trace: string[] = []
  const subject = instantiateOurs(module, trace, way === 'awaited')
  const other = instantiateOurs(module, trace, way === 'awaited')
  exchangeFunctions(subject.exports, other.exports)
  const names = namesOf(subject.exports, other.exports)
  const twin = (): Instance => module.instantiateSync({ host: silentHost() })
  const drive = driver(way, subject, random, twin)
  let fuelUsed = 0
  return {
    exports: subject.exports,
    memories: () => memoriesOf<Memory>([subject.exports, other.exports]).map(({ bytes }) => bytes),
    state: () => [subject, other].map((each) => spellState(each.exports, names)).join('\n'),
    call: async (name, args) => {
      const { state, fuel } = await drive(name, args)
      fuelUsed += fuel
      return spellEnding(state, names)
    },
    takeTrace: () => trace.splice(0).join(' '),
    fuelUsed: () => fuelUsed,
  }
}

/** One instance, whose calls run through, or stop now and then and are carried as bytes into another engine. */
export function loneSubject(module: Module, random: Random | undefined): Subject {
  const trace: string[] = []
  const host = withContext(hostFunctions(trace, (x) => instance.call(REENTERED, x)))
  const limits = { hostDepth: 3 * FUEL }
  let instance: Instance = module.instantiateSync({ host }, { limits })
  let fuelUsed = 0
  const finish = (name: string, args: readonly unknown[]): RunState => {
    let run: Run = instance.start(name, ...args)
    for (;;) {
      const state = run.run({ fuel: random?.pick([1, 7, 40, 200, 1000]) ?? Infinity })
      if (state.kind !== 'fuel') {
        fuelUsed += run.fuelUsed
        return state
      }
      const bytes = run.snapshot().encode({ modules: true })
      const restored = new Engine().restore(Snapshot.decode(bytes), { imports: { host }, limits })
      ;({ instance } = restored)
      run = restored.run!
    }
  }
  return {
    get exports() {
      return instance.exports
    },
    memories: () => memoriesOf<Memory>([instance.exports]).map(({ bytes }) => bytes),
    state: () => `${spellState(instance.exports, namesOf(instance.exports, {}))} ${instance.snapshot().hash()}`,
    call: (name, args) => spellEnding(finish(name, args), namesOf(instance.exports, {})),
    takeTrace: () => trace.splice(0).join(' '),
    fuelUsed: () => fuelUsed,
  }
}

function memoriesOf<Memory>(instances: readonly Exports[]): Memory[] {
  return instances.flatMap((exports) =>
    Object.keys(exports).flatMap((name) => (name.startsWith('m') ? [exports[name] as Memory] : [])),
  )
}

/** With imports that return promises where they are to be awaited. */
function instantiateOurs(module: Module, trace: string[], isAwaited: boolean): Instance {
  let context: HostContext | undefined
  const reenter = (x: number): unknown =>
    isAwaited ? finishAndCharge(instance.start(REENTERED, x), context!) : instance.call(REENTERED, x)
  const entries = Object.entries(hostFunctions(trace, reenter)).map(([name, func]): [string, HostFunction] => {
    const call = (given: HostContext, ...args: unknown[]): unknown => {
      context = given
      return func(...(args as never[]))
    }
    return [name, isAwaited ? (given: HostContext, ...args: unknown[]) => Promise.resolve(call(given, ...args)) : call]
  })
  const host = Object.fromEntries(entries)
  const instance: Instance = module.instantiateSync({ host }, { limits: { hostDepth: 3 * FUEL } })
  return instance
}

/** A run of its own is paid by nobody else: the function that starts it charges what a call from within would. */
async function finishAndCharge(run: Run, context: HostContext): Promise<unknown> {
  try {
    return await run.finish()
  } finally {
    context.charge(run.fuelUsed)
  }
}

/** Exchanges every other function in the tables of the instances: what one has of its own is then the other's, of the same type. */
function exchangeFunctions(a: Exports, b: Exports): void {
  const table = a['t0'] as Table
  const others = b['t0'] as Table
  for (let i = 1; i < table.length; i += 2) {
    const value = table.get(i)
    const name = Object.keys(a).find((each) => a[each] === value)
    if (name === undefined) continue
    table.set(i, b[name])
    others.set(i, value)
  }
}

/** What functions are called where they are a value. */
type Names = ReadonlyMap<unknown, string>

function namesOf(a: Exports, b: Exports): Names {
  const others = Object.entries(b).map(([name, value]) => [value, `other ${name}`] as const)
  return new Map([...Object.entries(a).map(([name, value]) => [value, name] as const), ...others])
}

function silentHost(): OurFunctions {
  return withContext(hostFunctions([], (x) => x))
}

function withContext(functions: HostFunctions): OurFunctions {
  return Object.fromEntries(
    Object.entries(functions).map(([name, func]) => [
      name,
      (_: HostContext, ...args: unknown[]) => func(...(args as never[])),
    ]),
  )
}

interface Ending {
  readonly state: RunState
  readonly fuel: number
}

function driver(
  way: Way,
  instance: Instance,
  random: Random,
  makeTwin: () => Instance,
): (name: string, args: readonly unknown[]) => Ending | Promise<Ending> {
  if (way === 'called' || way === 'awaited') {
    return async (name, args) => {
      const run = instance.start(name, ...args)
      try {
        const value: unknown = way === 'called' ? instance.call(name, ...args) : await run.finish()
        return { state: { kind: 'done', value }, fuel: run.fuelUsed }
      } catch (error) {
        return { state: { kind: 'trap', error: error as Error }, fuel: run.fuelUsed }
      }
    }
  }
  const chunk = (): number => (way === 'metered' ? Infinity : random.pick([1, 2, 3, 7, 50, 1000]))
  const twin = way === 'interleaved' ? makeTwin() : undefined
  return (name, args) => {
    const run = instance.start(name, ...args)
    const other = twin?.start(name, ...args.map((arg) => (typeof arg === 'function' ? null : arg)))
    const size = chunk()
    for (;;) {
      const state = way === 'stepped' ? run.step() : run.run({ fuel: size })
      if (state.kind !== 'fuel') return { state, fuel: run.fuelUsed }
      if (other !== undefined && !other.finished) other.run({ fuel: chunk() })
    }
  }
}

function spell(value: unknown, names: Names): string {
  if (typeof value === 'function') return names.get(value) ?? 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : String(value)
}

function spellEnding(state: RunState, names: Names): string {
  if (state.kind === 'done') return spellResults(state.value, names)
  if (state.kind !== 'trap') throw new Error(`the run ended in ${state.kind}`)
  const kind = state.error instanceof HeddleError ? KINDS[state.error.code] : undefined
  if (kind === undefined) throw state.error
  return kind
}

function spellResults(value: unknown, names: Names): string {
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value]
  return `value ${values.map((each) => spell(each, names)).join(' ')}`
}

function spellState(exports: Exports, names: Names): string {
  return Object.entries(exports)
    .flatMap(([name, value]) => {
      if (name.startsWith('g')) return [`${name}=${spell((value as { value: unknown }).value, names)}`]
      if (!name.startsWith('t')) return []
      const table = value as Table | NativeTable
      const elements = Array.from({ length: table.length }, (_, i) => spell(table.get(i), names))
      return [`${name}=[${elements.join(' ')}]`]
    })
    .join(' ')
}
