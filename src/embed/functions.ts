// Functions and values across the boundary: an exported function as JavaScript calls it, a JavaScript function as wasm calls it, and what
// they take and give. In references a function is its exported function, an i31 a number, null is null, and what the host once handed in
// comes back as it is. Structures, arrays and exceptions are shown as opaque objects, the same one for the same reference: the host can
// keep them, compare them and hand them back, and a guest can reach nothing of the host's through them.
// https://webassembly.github.io/spec/js-api/#towebassemblyvalue

import { UsageError } from '../errors/heddle-error.ts'
import { nameText } from '../errors/quote.ts'
import { HostThrow } from '../errors/host-throw.ts'
import { presentValuesBy } from '../runtime/exception.ts'
import { FuncInstance, type HostCode } from '../runtime/func.ts'
import type { Store } from '../runtime/store.ts'
import type { CallOptions, Tier } from '../runtime/tier.ts'
import { HeapObject } from '../runtime/heap.ts'
import { hasRefType } from '../runtime/reference.ts'
import { fromJs, noVector, refValue, toJs, type Ref, type Value } from '../runtime/value.ts'
import { FUNC, V128, heapTypeOf, isRefType, type FuncType, type RefType, type ValType } from '../syntax/types.ts'
import { CLOSED, type CanonicalType } from '../validate/canonical-types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { topOf } from '../validate/matching.ts'
import { HostCallContext, type HostContext } from './host-context.ts'
import { once } from './once.ts'

/** An exported function. The same function is the same JavaScript function every time. */
export type ExportedFunction = (...args: unknown[]) => unknown

/** A function of the embedder's. i64 values are bigints; several results are an array; a promise, or what else has `then`, suspends the run. */
// What arrives is decided by the module's types, which TypeScript cannot see: the parameters are whatever the function says.
// oxlint-disable-next-line typescript/no-explicit-any
export type HostFunction = (context: HostContext, ...args: any[]) => unknown

const exported = new WeakMap<FuncInstance, ExportedFunction>()
const instances = new WeakMap<object, FuncInstance>()
const given = new WeakMap<FuncInstance, HostFunction>()
const tiers = new WeakMap<FuncInstance, { readonly tier: Tier; readonly options: CallOptions }>()

/** The tier that calls of a function from JavaScript go to. */
export function bindTier(func: FuncInstance, tier: Tier, options: CallOptions): void {
  if (!tiers.has(func)) tiers.set(func, { tier, options })
}

const storeTiers = new WeakMap<Store, { readonly tier: Tier; readonly options: CallOptions }>()

/** The tier for the functions of a store that nobody bound. */
export function bindStore(store: Store, tier: Tier, options: CallOptions): void {
  if (!storeTiers.has(store)) storeTiers.set(store, { tier, options })
}

let fallbackTier: Tier | undefined

/** The tier for functions that nobody bound: those that came out of tables. */
export function setFallbackTier(tier: Tier): void {
  fallbackTier ??= tier
}

/** The JavaScript function for a function of the store. */
export function toFunction(ref: unknown): ExportedFunction {
  const func = ref as FuncInstance
  return once(exported, func, () => {
    const call: ExportedFunction = (...args) => callFunction(func, args)
    Object.defineProperty(call, 'name', { value: func.name === undefined ? String(func.funcIdx) : nameText(func.name) })
    Object.defineProperty(call, 'length', { value: func.type.params.length })
    instances.set(call, func)
    return call
  })
}

/** The function of the store that an exported function stands for. */
function functionOf(value: unknown): FuncInstance | undefined {
  return typeof value === 'function' ? instances.get(value) : undefined
}

/** Whether it is a function of wasm, which takes no context in front of its arguments. */
export function isExportedFunction(value: unknown): boolean {
  return functionOf(value) !== undefined
}

function callFunction(func: FuncInstance, args: readonly unknown[]): unknown {
  const bound = tiers.get(func) ?? (func.instance && storeTiers.get(func.instance.store))
  const tier = bound?.tier ?? fallbackTier
  if (tier === undefined) throw new UsageError('the function belongs to no engine')
  return resultsToJs(tier.invoke(func, argumentsFromJs(func, args), bound?.options))
}

/** Missing arguments are an error: a zero that nobody meant is worse. */
export function argumentsFromJs(func: FuncInstance, args: readonly unknown[]): Value[] {
  refuseVectors(func.type, func.toString())
  const { params } = func.type
  if (args.length !== params.length) {
    throw new UsageError(
      `${func.toString()} takes ${params.length} ${params.length === 1 ? 'argument' : 'arguments'}, not ${args.length}`,
      'ARITY_MISMATCH',
    )
  }
  return params.map((type, i) => valueFromJs(type, args[i], `argument ${i + 1} of ${func.toString()}`))
}

/** Before a call, so that none has run in vain. https://webassembly.github.io/spec/js-api/#call-an-exported-function */
function refuseVectors({ params, results }: FuncType, name: string): void {
  if (params.includes(V128) || results.includes(V128)) throw noVector(`a parameter or result of ${name}`)
}

/** Nothing, one value, or an array. */
export function resultsToJs(values: readonly Value[]): unknown {
  if (values.length === 0) return undefined
  if (values.length === 1) return valueToJs(values[0]!)
  return values.map(valueToJs)
}

/** A host function of the given type, whatever that is a subtype of. */
export function fromFunction(canonical: CanonicalType, name: string, call: HostFunction): FuncInstance {
  const known = functionOf(call)
  if (known !== undefined) return known
  const shown = nameText(name)
  const type = canonical.comp as FuncType
  const givesReferences = type.results.some(isRefType)
  const host: HostCode = (args, caller) => {
    refuseVectors(type, shown)
    const outcome: unknown = call(new HostCallContext(caller, shown), ...(args.map(valueToJs) as never[]))
    const promise = outcome instanceof Promise || givesReferences ? outcome : promiseOf(outcome)
    if (!(promise instanceof Promise)) return resultsFromJs(type, shown, promise)
    return whenSettled(promise, (value) => resultsFromJs(type, shown, value))
  }
  const func = FuncInstance.fromHost(canonical, host, name)
  given.set(func, call)
  return func
}

export function whenSettled<T>(
  promise: Promise<T>,
  valuesOf: (outcome: T) => readonly Value[],
): Promise<readonly Value[]> {
  return promise.then(valuesOf, (reason: unknown) => {
    // As with what it throws: a call ends in an Error, whatever the reason.
    throw reason instanceof Error ? reason : new HostThrow(reason)
  })
}

/** What the embedder gave as a host function; undefined for other functions. */
export function givenFunction(func: FuncInstance): HostFunction | undefined {
  return given.get(func)
}

/** A promise of another realm or library is waited for as `await` would. Not where it may be a reference: that is not even looked at. */
function promiseOf(outcome: unknown): unknown {
  const { then } = (typeof outcome === 'object' && outcome !== null ? outcome : {}) as { then?: unknown }
  return typeof then === 'function' ? Promise.resolve(outcome) : outcome
}

/** The values that a host function's return value stands for. */
function resultsFromJs({ results }: FuncType, name: string, value: unknown): readonly Value[] {
  if (results.length === 0) return []
  if (results.length === 1) return [valueFromJs(results[0]!, value, `the result of ${name}`)]
  if (!Array.isArray(value) || value.length !== results.length) {
    throw new UsageError(`${name} must return an array of ${results.length} results`, 'ARITY_MISMATCH')
  }
  return results.map((type, i) => valueFromJs(type, value[i], `result ${i + 1} of ${name}`))
}

/** What JavaScript sees of a structure, an array or an exception: an identity and nothing else. */
type OpaqueReference = object

const opaque = new WeakMap<HeapObject, OpaqueReference>()
const meant = new WeakMap<OpaqueReference, HeapObject>()

export function refToJs(ref: Ref): unknown {
  if (FuncInstance.is(ref)) return toFunction(ref)
  if (!HeapObject.is(ref)) return ref
  return once(opaque, ref, () => {
    const shown = Object.freeze(Object.create(null) as object)
    meant.set(shown, ref)
    return shown
  })
}

/** The reference of a closed type that a JavaScript value stands for. `what` names the value in the error. */
export function refFromJs(type: RefType, x: unknown, what: string): Ref {
  const isFunction = topOf(heapTypeOf(type), CLOSED) === FUNC
  const ref = functionOf(x) ?? (isOpaque(x) ? meant.get(x) : x)
  const isThere = !isFunction || ref === null || FuncInstance.is(ref)
  if (isThere && hasRefType(ref, type, CLOSED)) return ref
  const wanted = isFunction ? 'null or an exported function of type' : 'of type'
  throw new UsageError(
    `${what} must be ${wanted} ${closedTypeName(type)}, not ${x === null || typeof x === 'number' ? String(x) : typeof x}`,
    'TYPE_MISMATCH',
  )
}

function isOpaque(x: unknown): x is OpaqueReference {
  return typeof x === 'object' && x !== null && meant.has(x)
}

export function valueToJs(value: Value): unknown {
  return isRefType(value.type) ? refToJs(value.ref) : toJs(value)
}

presentValuesBy(valueToJs)

export function valueFromJs(type: ValType, x: unknown, what: string): Value {
  return isRefType(type) ? refValue(type, refFromJs(type, x, what)) : fromJs(type, x, what)
}
