// The host's own WebAssembly, as far as running scripts on it needs it, and the module `spectest` made of it. Node's types don't declare it.
// https://github.com/WebAssembly/spec/blob/main/interpreter/README.md#spectest-host-module

export type HostExports = Readonly<Record<string, unknown>>

type ErrorClass = new (message?: string) => Error

interface HostWebAssembly {
  readonly Module: {
    new (bytes: Uint8Array): object
    imports: (module: object) => readonly { readonly module: string; readonly name: string }[]
  }
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, HostExports>>,
  ) => { readonly exports: HostExports }
  readonly Memory: new (descriptor: object) => object
  readonly Table: new (descriptor: object) => object
  readonly Global: new (descriptor: object, value: unknown) => object
  readonly CompileError: ErrorClass
  readonly LinkError: ErrorClass
  readonly RuntimeError: ErrorClass
  /** What `throw` gives to JavaScript; no Error. */
  readonly Exception: ErrorClass
}

export const host: HostWebAssembly = (globalThis as unknown as { readonly WebAssembly: HostWebAssembly }).WebAssembly

const PRINTERS = ['', '_i32', '_i64', '_f32', '_f64', '_i32_f32', '_f64_f64']

export function hostSpectest(): HostExports {
  const { Memory, Table } = host
  return {
    ...Object.fromEntries(PRINTERS.map((types) => [`print${types}`, () => undefined])),
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    memory: new Memory({ initial: 1, maximum: 2 }),
    shared_memory: new Memory({ initial: 1, maximum: 2, shared: true }),
    table: new Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
    ...table64(),
  }
}

function global(value: string, initial: unknown): object {
  return new host.Global({ value, mutable: false }, initial)
}

/** Not every host has tables with 64-bit indices; an older one takes offence at bigints. */
function table64(): HostExports {
  try {
    return { table64: new host.Table({ initial: 10n, maximum: 20n, element: 'anyfunc', address: 'i64' }) }
  } catch {
    return {}
  }
}
