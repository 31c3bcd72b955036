// References across the boundary. A function is its exported function, an i31 a number, null is null, and what the host once handed in
// comes back as it is. Structures, arrays and exceptions are shown as opaque objects, the same one for the same reference: the host can
// keep them, compare them and hand them back, and a guest can reach nothing of the host's through them.
// https://webassembly.github.io/spec/js-api/#towebassemblyvalue

import { UsageError } from '../errors/heddle-error.ts'
import { FuncInstance } from '../runtime/func.ts'
import { HeapObject } from '../runtime/heap.ts'
import { hasRefType } from '../runtime/reference.ts'
import { fromJs, refValue, toJs, type Ref, type Value } from '../runtime/value.ts'
import { FUNC, heapTypeOf, isRefType, type RefType, type ValType } from '../syntax/types.ts'
import { CLOSED } from '../validate/canonical-types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { topOf } from '../validate/matching.ts'
import { functionOf, toFunction } from './functions.ts'
import { once } from './once.ts'

/** What JavaScript sees of a structure, an array or an exception: an identity and nothing else. */
export type OpaqueReference = object

const opaque = new WeakMap<HeapObject, OpaqueReference>()
const meant = new WeakMap<OpaqueReference, HeapObject>()

export function refToJs(ref: Ref): unknown {
  if (ref instanceof FuncInstance) return toFunction(ref)
  if (!(ref instanceof HeapObject)) return ref
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
  const isThere = !isFunction || ref === null || ref instanceof FuncInstance
  if (isThere && hasRefType(ref, type, CLOSED)) return ref
  const wanted = isFunction ? 'null or an exported function of type' : 'of type'
  throw new UsageError(
    `${what} must be ${wanted} ${closedTypeName(type)}, not ${x === null ? 'null' : typeof x}`,
    'TYPE_MISMATCH',
  )
}

function isOpaque(x: unknown): x is OpaqueReference {
  return typeof x === 'object' && x !== null && meant.has(x)
}

export function valueToJs(value: Value): unknown {
  return isRefType(value.type) ? refToJs(value.ref) : toJs(value)
}

export function valueFromJs(type: ValType, x: unknown, what: string): Value {
  return isRefType(type) ? refValue(type, refFromJs(type, x, what)) : fromJs(type, x, what)
}
