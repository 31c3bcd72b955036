// Something around every host function of an import object: to watch calls, or to name who threw.

import { isExportedFunction, type HostFunction } from './functions.ts'
import type { ImportValue, Imports } from './imports.ts'

/** What stands for a host function. */
export type WrapFunction = (module: string, name: string, call: HostFunction) => HostFunction

/** The same imports with their host functions wrapped. What is no host function stays: exports of instances, memories, numbers. */
export function wrapImports(imports: Imports, wrap: WrapFunction): Imports {
  return mapObject(imports, (names, module) =>
    isObject(names) ? mapObject(names, (value, name) => wrapped(names, module, name, value, wrap)) : names,
  )
}

function wrapped(
  names: object,
  module: string,
  name: string,
  value: ImportValue | undefined,
  wrap: WrapFunction,
): ImportValue | undefined {
  if (typeof value !== 'function' || isExportedFunction(value)) return value
  return wrap(module, name, (...args) => value.apply<object, typeof args, unknown>(names, args))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Own enumerable properties alone, whatever they are called. */
function mapObject<T, U>(object: Readonly<Record<string, T>>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]))
}
