// A module with its code copied out of the buffers that it lies in, so that two modules can be compared.

import type { Code, Module } from '../../../src/syntax/module.ts'

type Comparable<T> = T extends Code
  ? string
  : T extends Uint8Array | Uint32Array | ReadonlyMap<unknown, unknown>
    ? T
    : T extends object
      ? { readonly [key in keyof T]: Comparable<T[key]> }
      : T

/** Code becomes its bytes in hexadecimal. */
export function comparable(module: Module): Comparable<Module> {
  return replaceCode(module) as Comparable<Module>
}

function replaceCode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array || value instanceof Uint32Array || value instanceof Map) return value
  if (isCode(value)) return codeText(value)
  if (Array.isArray(value)) return value.map(replaceCode)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replaceCode(entry)]))
}

function isCode(value: object): value is Code {
  return 'bytes' in value && 'start' in value && 'end' in value
}

export function codeText({ bytes, start, end }: Code): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex')
}
