// The front door of the text format: re-exports, nothing else. Apart from the main one, so that a bundle without it stays small.

export { parseModule as parseWat, type ParseOptions } from './text/parse-module.ts'
export { printModule as printWat, printModuleChunks as printWatChunks, type PrintOptions } from './text/print-module.ts'
export { wasm2wat, wasm2watChunks, wat2wasm, type Wasm2WatOptions, type Wat2WasmOptions } from './command/convert.ts'
export { decodeModule, type DecodeOptions } from './binary/decode-module.ts'
export { decodeNames } from './binary/decode-names.ts'
export { encodeModule, type EncodeOptions } from './binary/encode-module.ts'
export { ModuleError, type ModuleErrorKind, type ModulePlace } from './errors/module-error.ts'
export type { Module } from './syntax/module.ts'
export type { Names } from './syntax/names.ts'
