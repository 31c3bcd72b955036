// What active data segments have written is not in a snapshot, whosever they are, as long as their modules are: it is made again of those.

import { describe, expect, it } from 'vitest'
import { Store, createMemory, type Instance, type Memory } from '../../../src/index.ts'
import { carried, instantiate } from './snapshot-text.ts'

const DATA = 40_000
const data = (at: number): string => `(data (i32.const ${at}) "${'abcd'.repeat(DATA / 4)}")`

const importing = (m: Memory, body: string, link = {}): Instance =>
  instantiate(`(module (import "" "m" (memory 1)) ${body})`, { '': { m, ...link } })

describe('a snapshot', () => {
  it('has no bytes of the segments that several instances wrote into a memory of the host', () => {
    const memory = createMemory(new Store(), { min: 2 })
    const first = importing(memory, `${data(0)} (func (export "f"))`)
    const second = importing(memory, `(import "" "f" (func)) ${data(39_990)}`, { f: first.exports['f'] as never })
    memory.write(100_000, 'changed')
    expect(second.snapshot().encode().length).toBeLessThan(6_000)
    expect(carried(second).instance.memory!.hash()).toBe(memory.hash())
  })

  it('has those of an instance that could not be made', () => {
    const memory = createMemory(new Store(), { min: 2 })
    const own = importing(memory, data(0))
    expect(() => importing(memory, `(data (i32.const 3) "left") (data (i32.const 131072) "x")`)).toThrow(
      'out of bounds',
    )
    expect(carried(own).instance.memory!.hash()).toBe(memory.hash())
  })

  it('of what was restored has no more than the first', () => {
    const own = instantiate(`(module (memory 1) ${data(10)}
      (func (export "f") (i32.store (i32.const 12) (i32.const 0)) (memory.fill (i32.const 50000) (i32.const 1) (i32.const 5000))))`)
    own.call('f')
    const first = own.snapshot().encode()
    const again = carried(own).instance
    expect(again.snapshot().encode()).toEqual(first)
    again.memory!.write(20_000, 'more')
    expect(carried(again).instance.memory!.hash()).toBe(again.memory!.hash())
  })
})
