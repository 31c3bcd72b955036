// How large a module may be: the "Implementation-defined Limits" of the JS API, which every engine of the web shares. A module over
// one of them is refused with an error of kind `limit`, before anything is allocated for it.
// https://webassembly.github.io/spec/js-api/#limits

export interface ModuleLimits {
  readonly moduleBytes: number
  readonly types: number
  /** Supertypes above a type. */
  readonly subtypeDepth: number
  readonly funcs: number
  readonly imports: number
  readonly exports: number
  readonly globals: number
  readonly datas: number
  readonly elems: number
  readonly tables: number
  /** Minimum size of one table, and entries of one initialisation. */
  readonly tableSize: number
  readonly memories: number
  readonly tags: number
  /** Fields of one struct; operands of one array.new_fixed. */
  readonly fields: number
  /** Minimum size of one memory with 64-bit addresses, in pages of 64 KiB. */
  readonly memory64Pages: number
  readonly params: number
  readonly results: number
  /** One function body, with its locals. */
  readonly bodyBytes: number
  /** Locals of one function, with its parameters. */
  readonly locals: number
  /** Targets of one br_table. */
  readonly brTableTargets: number
}

export const MODULE_LIMITS: ModuleLimits = {
  moduleBytes: 1_073_741_824,
  types: 1_000_000,
  subtypeDepth: 63,
  funcs: 1_000_000,
  imports: 1_000_000,
  exports: 1_000_000,
  globals: 1_000_000,
  datas: 100_000,
  elems: 10_000_000,
  tables: 100_000,
  tableSize: 10_000_000,
  memories: 100,
  tags: 1_000_000,
  fields: 10_000,
  memory64Pages: 2 ** 37 - 1,
  params: 1_000,
  results: 1_000,
  bodyBytes: 7_654_321,
  locals: 50_000,
  brTableTargets: 65_520,
}
