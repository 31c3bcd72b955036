// Random modules: after each call, what the marks of a memory tell is compared with a look at every byte of it.

import { Engine, type HostContext, type HostFunction, type Memory } from 'heddle'
import { describe, expect, it } from 'vitest'
import { I32, I64, type ValType } from '../../src/syntax/types.ts'
import { changedPages, countMarks, differingPages } from '../unit/runtime/memory-state.ts'
import { generateModule } from './generate-module.ts'
import { IMPORTS, NUMBERS } from './module-shape.ts'
import { Random } from './random.ts'

const MODULES = 200
const FUEL = 20_000

const engine = new Engine()

/** Host functions that give something of the right type, and write a little on the way. */
function hostFunctions(random: Random): Record<string, HostFunction> {
  const value = (type: ValType): unknown => (type === I64 ? 5n : type === I32 ? 7 : 0.5)
  return Object.fromEntries(
    IMPORTS.map(({ name, type: { results } }) => [
      name,
      ({ memory }: HostContext) => {
        memory.write(random.below(memory.byteLength - 8), Uint8Array.of(1, 2, 3))
        const values = results.map(value)
        return values.length > 1 ? values : values[0]
      },
    ]),
  )
}

describe('the changed pages of a random module', () => {
  it(`are those that differ, by all bytes, after each call (${MODULES} modules)`, () => {
    let changed = 0
    let spared = 0
    for (let seed = 0; seed < MODULES; seed++) {
      const { shape, bytes } = generateModule(seed, { simd: true, multiMemory: true, memory64: true })
      const random = new Random(seed)
      const instance = engine.compile(bytes).instantiateSync({ host: hostFunctions(random) })
      const memories = shape.memories.map((_, x) => (instance.exports[`m${x}`] as Memory).runtime)
      for (const [funcIdx, { type, exported }] of shape.funcs.entries()) {
        if (!exported || type.params.some((param) => !NUMBERS.includes(param))) continue
        const args = type.params.map((param) => (param === I64 ? BigInt(random.i32()) : random.i32()))
        instance.start(`f${funcIdx}`, ...args).run({ fuel: FUEL })
        for (const memory of memories) {
          expect(changedPages(memory)).toEqual(differingPages(memory))
        }
      }
      for (const memory of memories) {
        changed += changedPages(memory).length
        spared += memory.marks.length - countMarks(memory)
      }
    }
    expect(changed).toBeGreaterThan(MODULES)
    expect(spared).toBeGreaterThan(MODULES)
  })
})
