// The host's own WebAssembly, as far as the benchmark asks for it. Under --jitless there is none.

export interface HostWebAssembly {
  readonly validate: (bytes: Uint8Array) => boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports?: object,
  ) => { readonly exports: Readonly<Record<string, () => unknown>> }
}

export const host: HostWebAssembly | undefined = (globalThis as { WebAssembly?: HostWebAssembly }).WebAssembly

/** The export `run` of a module without imports, as the host runs it. */
export function hostRun({ Module, Instance }: HostWebAssembly, bytes: Uint8Array): () => number {
  return new Instance(new Module(bytes)).exports['run'] as () => number
}
