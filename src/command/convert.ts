// Text to binary and back, each in one call. Neither validates: `Engine.check` says whether what came out is a module.

import { decodeModule } from '../binary/decode-module.ts'
import { decodeNames } from '../binary/decode-names.ts'
import { encodeModule } from '../binary/encode-module.ts'
import { parseModule, type ParseOptions } from '../text/parse-module.ts'
import { printModule, printModuleChunks, type PrintOptions } from '../text/print-module.ts'
import type { Module } from '../syntax/module.ts'

export interface Wat2WasmOptions extends ParseOptions {
  /** Whether the identifiers go into a name section; true if absent. */
  readonly names?: boolean | undefined
}

/** Throws a ModuleError whose message shows the line with a caret. */
export function wat2wasm(text: string | Uint8Array, options: Wat2WasmOptions = {}): Uint8Array {
  return encodeModule(parseModule(text, options), { names: options.names ?? true })
}

export interface Wasm2WatOptions extends Omit<PrintOptions, 'names'> {
  /** Whether identifiers are made of the name section, which then isn't printed as such; true if absent. */
  readonly names?: boolean | undefined
}

export function wasm2wat(bytes: Uint8Array, options: Wasm2WatOptions = {}): string {
  const module = decodeModule(bytes)
  return printModule(module, printOptions(module, options))
}

/** The same in pieces, for texts of any length. */
export function wasm2watChunks(bytes: Uint8Array, options: Wasm2WatOptions = {}): Generator<string, void> {
  const module = decodeModule(bytes)
  return printModuleChunks(module, printOptions(module, options))
}

function printOptions(module: Module, { names = true, ...options }: Wasm2WatOptions): PrintOptions {
  return names ? { ...options, names: decodeNames(module) } : options
}
