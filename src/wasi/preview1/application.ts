// How modules of WASI begin: a command by `_start`, a reactor by `_initialize`, each once and before anything else; a library has neither.
// https://github.com/WebAssembly/WASI/blob/wasi-0.1/application-abi.md

import { UsageError } from '../../errors/heddle-error.ts'

/** Of an instance, of any engine. */
export type WasiExports = Readonly<Record<string, unknown>>

type Entry = '_start' | '_initialize'

export class Application {
  #begunBy: Entry | undefined

  /** What begins the program; undefined for a library. Nothing begins twice. */
  begin(exports: WasiExports, by: Entry): (() => unknown) | undefined {
    if (this.#begunBy !== undefined) {
      throw new UsageError(
        `a program begins once, and this one has (${this.#begunBy}): make a new Wasi and a new instance`,
      )
    }
    const [start, initialize] = [exports['_start'], exports['_initialize']]
    if (by === '_start' && !isFunction(start)) {
      throw new UsageError(
        'this is no command: it exports no function "_start"; wasi.initialize is for reactors and libraries',
      )
    }
    if (by === '_initialize' && isFunction(start)) {
      throw new UsageError('this is a command: it exports "_start", and wasi.start is what runs it')
    }
    this.#begunBy = by
    const entry = by === '_start' ? start : initialize
    return isFunction(entry) ? entry : undefined
  }
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}
