// The host's own WebAssembly, as far as the tests need it: the oracle. Node's types don't declare it.

export interface NativeMemory {
  readonly buffer: ArrayBuffer
}
export interface NativeTable {
  readonly length: number
  get: (index: number) => unknown
}
export interface NativeGlobal {
  readonly value: unknown
}
export type NativeExports = Readonly<
  Record<string, NativeMemory | NativeTable | NativeGlobal | ((...args: unknown[]) => unknown)>
>
export type NativeImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface NativeWebAssembly {
  readonly validate: (bytes: Uint8Array) => boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: NativeImports) => { readonly exports: NativeExports }
  readonly RuntimeError: new () => Error
}

export const native: NativeWebAssembly = (globalThis as unknown as { WebAssembly: NativeWebAssembly }).WebAssembly

/** V8's wording → the kinds of traps that it tells apart. */
const TRAPS: readonly (readonly [wording: RegExp, kind: string])[] = [
  [/^unreachable/, 'UNREACHABLE'],
  [/by zero/, 'ZERO'],
  [/unrepresentable/, 'NUMBER'],
  [/memory access out of bounds|data segment/, 'MEMORY'],
  [/^table|element segment/, 'TABLE'],
  [/signature mismatch/, 'SIGNATURE'],
  [/null pointer|rethrowing null/, 'NULL'],
  [/illegal cast/, 'CAST'],
  [/^array/, 'ARRAY'],
  [/too large/, 'LIMIT'],
]

/** The kind of trap that an error of the host's WebAssembly is; undefined where it is none. */
export function nativeTrap(error: unknown): string | undefined {
  if (error instanceof RangeError && error.message.includes('call stack')) return 'STACK'
  if (!(error instanceof native.RuntimeError)) return undefined
  return TRAPS.find(([wording]) => wording.test(error.message))?.[1]
}
