// How the tests of the adversarial checklist make modules: from text where it is short, from bytes where it is long.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseModule } from '../../src/text/parse-module.ts'
import { Engine, type Instance, type InstantiateOptions, type Imports, type Module } from '../../src/index.ts'
import { ModuleError, UsageError, HeddleError } from '../../src/index.ts'

export const engine: Engine = new Engine()

export function compileText(text: string): Module {
  return engine.compile(parseModule(text))
}

export function instantiateText(text: string, imports: Imports = {}, options: InstantiateOptions = {}): Instance {
  return compileText(text).instantiateSync(imports, options)
}

/** The pieces one after the other, `count` times. A spread of a million arguments would be an error of its own. */
export function repeated(count: number, ...unit: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(unit.length * count)
  bytes.set(unit.slice(0, bytes.length))
  // What is there is doubled until it is enough.
  for (let filled = unit.length; filled < bytes.length; filled *= 2) bytes.copyWithin(filled, 0, filled)
  return bytes
}

/** What something ends in: `ok`, or the code of the error. Errors that are not Heddle's go on. */
export function codeOf(attempt: () => unknown): string {
  try {
    attempt()
    return 'ok'
  } catch (error) {
    if (error instanceof HeddleError) return error.code
    throw error
  }
}

/** Bytes that are kept alive by the result of `make`: heap and buffers. */
export function retained<T>(make: () => T): { readonly value: T; readonly bytes: number } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Buffers are freed in the background, some time after a collection.
  const measure = (): number => {
    for (let least = Infinity; ;) {
      collect()
      const { heapUsed, external } = process.memoryUsage()
      if (heapUsed + external > least - 1024 ** 2) return Math.min(least, heapUsed + external)
      least = heapUsed + external
    }
  }
  const before = measure()
  const value = make()
  return { value, bytes: measure() - before }
}

export { ModuleError, UsageError }
