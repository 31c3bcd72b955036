// Atomic instructions: each against the host's own, on unshared and shared memories, at once and where a run stops at each instruction.

import { describe, expect, it } from 'vitest'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import type { Instruction } from '../../../src/instructions/define.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import { I64, valTypeName } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { native } from '../../fuzz/native.ts'
import { call, finish, instance, resultsOf, start, thrownBy } from './wat-instance.ts'

const ACCESSES = INSTRUCTIONS.filter(
  ({ atomic }) => atomic !== undefined && !['wait', 'notify', 'fence'].includes(atomic),
)

const EDGES = [0n, 1n, -1n, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffffffn, 0x0123_4567_89ab_cdefn, -(2n ** 63n)]
/** What is in memory before: twice the same eight bytes, with all signs. */
const BEFORE = 0x80ff_7f01_fedc_8003n

function accessing({ name, signature }: Instruction, memory: string): string {
  const { params, results } = signature!
  const operands = params.map((_, i) => `(local.get ${i + 1})`).join(' ')
  const type = `(param i32 ${params.map(valTypeName).join(' ')}) (result ${results.map(valTypeName).join(' ')})`
  return `(module (memory (export "m") ${memory})
    (func (export "set") (param i64) (i64.store (i32.const 0) (local.get 0)) (i64.store (i32.const 8) (local.get 0)))
    (func (export "get") (param i32) (result i64) (i64.load (local.get 0)))
    (func (export "f") ${type} (${name} (local.get 0) ${operands})))`
}

/** All that the operands may be: pairs of edges, where there are two. */
function operandsOf({ signature }: Instruction): (number | bigint)[][] {
  const { params } = signature!
  const values = params.map((type) => (type === I64 ? EDGES : EDGES.map((x) => Number(BigInt.asIntN(32, x)))))
  const [first, second] = values
  if (first === undefined) return [[]]
  if (second === undefined) return first.map((a) => [a])
  // A comparison should also hold: with what is there, at each width.
  const there = params[0] === I64 ? [BEFORE, 0x03n, 0x8003n, 0xfedc_8003n] : [0x03, 0x8003, 0xfedc_8003 | 0]
  return [...first, ...there].flatMap((a) => second.map((b) => [a, b]))
}

describe('an atomic access', () => {
  it('has a row for each operation and width', () => {
    expect(ACCESSES).toHaveLength(63)
  })

  it.each(ACCESSES.flatMap((row) => ['1', '1 1 shared'].map((memory) => [row.name, memory, row] as const)))(
    '%s of a memory %s does what the host does',
    (_, memory, row) => {
      const text = accessing(row, memory)
      const own = instance(text)
      const { exports } = new native.Instance(new native.Module(encodeModule(parseModule(text))), {})
      const host = exports as Readonly<Record<string, (...args: unknown[]) => unknown>>
      const bytes = row.access!.bytes
      for (const address of [0, bytes, 16 - bytes]) {
        for (const operands of operandsOf(row)) {
          call(own, 'set', BEFORE)
          host['set']!(BEFORE)
          const result = host['f']!(address, ...operands)
          const expected = result === undefined ? [] : [result]
          expect(call(own, 'f', address, ...operands), `at ${address} with ${operands.join()}`).toEqual(expected)
          for (const at of [0, 8]) expect(call(own, 'get', at)).toEqual([host['get']!(at)])
        }
      }
    },
  )

  it.each(ACCESSES.map((row) => [row.name, row] as const))('%s is the same where a run stops at it', (_, row) => {
    const text = accessing(row, '1 1 shared')
    const [fast, stepped] = [instance(text), instance(text)]
    for (const operands of operandsOf(row).slice(0, 12)) {
      const expected = call(fast, 'f', 8, ...operands)
      expect(resultsOf(finish(start(stepped, 'f', 8, ...operands), 1))).toEqual(expected)
      expect(call(stepped, 'get', 8)).toEqual(call(fast, 'get', 8))
    }
  })

  it.each(ACCESSES.filter(({ access }) => access!.bytes > 1).map((row) => [row.name, row] as const))(
    '%s traps at every address that is not aligned, the offset counted, and changes nothing',
    (_, row) => {
      const own = instance(accessing(row, '1 1 shared'))
      call(own, 'set', BEFORE)
      const zeros = row.signature!.params.map((type) => (type === I64 ? 0n : 0))
      for (let address = 1; address < row.access!.bytes; address++) {
        expect(thrownBy(() => call(own, 'f', address, ...zeros))).toMatchObject({
          code: 'TRAP_UNALIGNED_ATOMIC',
          message: `unaligned atomic memory access: address 0x${address} + ${row.access!.bytes} in a memory of 65536 bytes`,
        })
      }
      expect(call(own, 'get', 0)).toEqual([BigInt.asIntN(64, BEFORE)])
    },
  )

  it('of another memory than the first is an access to that one', () => {
    const own = instance(`(module (memory 1) (memory 1 1 shared)
      (func (export "f") (result i32) (drop (i32.atomic.rmw.add 1 offset=4 (i32.const 4) (i32.const 7)))
        (i32.add (i32.atomic.load (i32.const 8)) (i32.mul (i32.const 10) (i32.atomic.load 1 (i32.const 8))))))`)
    expect(call(own, 'f')).toEqual([70])
  })

  it('of a memory with 64-bit addresses takes them whole', () => {
    const own = instance(`(module (memory i64 1 2 shared)
      (func (export "add") (param i64 i32) (result i32) (i32.atomic.rmw.add offset=8 (local.get 0) (local.get 1)))
      (func (export "wait") (param i64 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (i64.const 0)))
      (func (export "notify") (param i64) (result i32) (memory.atomic.notify offset=8 (local.get 0) (i32.const 1))))`)
    expect([...call(own, 'add', 16n, 7), ...call(own, 'add', 16n, 7)]).toEqual([0, 7])
    expect([...call(own, 'wait', 24n, 14n), ...call(own, 'wait', 24n, 0n), ...call(own, 'notify', 16n)]).toEqual([
      2, 1, 0,
    ])
    for (const address of [2n ** 32n + 16n, -8n, 0x10000n]) {
      expect(thrownBy(() => call(own, 'add', address, 1))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
      expect(thrownBy(() => call(own, 'wait', address, 0n))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    }
    expect(thrownBy(() => call(own, 'add', 17n, 1))).toMatchObject({ code: 'TRAP_UNALIGNED_ATOMIC' })
  })

  it('of a memory whose pages are single bytes ends where the memory does', () => {
    const own = instance(`(module (memory 13 14 shared (pagesize 1))
      (func (export "f") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 1)))
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))`)
    expect(call(own, 'f', 8)).toEqual([0])
    expect(thrownBy(() => call(own, 'f', 12))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    expect([...call(own, 'grow'), ...call(own, 'grow')]).toEqual([13, -1])
  })

  it('after growing is one of the new pages', () => {
    const own = instance(`(module (memory 1) (func (export "f") (result i64)
      (drop (i64.atomic.rmw.add (i32.const 0) (i64.const 5)))
      (drop (memory.grow (i32.const 1)))
      (drop (i64.atomic.rmw.add (i32.const 0x10000) (i64.atomic.load (i32.const 0))))
      (i64.load (i32.const 0x10000))))`)
    expect(call(own, 'f')).toEqual([5n])
  })
})

describe('a fence', () => {
  it('does nothing that a thread could see by itself, and needs no memory', () => {
    expect(call(instance('(module (func (export "f") (atomic.fence)))'), 'f')).toEqual([])
  })

  it('is printed as it is written', () => {
    const text = printModule(parseModule('(module (func atomic.fence))'))
    expect(text).toContain('atomic.fence\n')
    expect(printModule(parseModule(text))).toBe(text)
  })
})

describe('waiting and notifying, as far as one thread can', () => {
  const text = (memory: string): string => `(module (memory ${memory})
    (func (export "wait32") (param i32 i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))`

  it('compares all that was asked for', () => {
    const own = instance(text('1 1 shared'))
    own.memory.view.setBigInt64(8, -(2n ** 40n), true)
    expect(call(own, 'wait64', 8, -(2n ** 40n), 0n)).toEqual([2])
    expect(call(own, 'wait64', 8, 0n, 0n)).toEqual([1])
    expect(call(own, 'wait32', 8, 0, 0n)).toEqual([2])
    expect(call(own, 'wait32', 12, -256, 0n)).toEqual([2])
    expect(call(own, 'wait32', 12, -255, -1n)).toEqual([1])
  })

  it('on a memory that is not shared traps for a wait, whatever is there, and wakes nobody', () => {
    const own = instance(text('1'))
    for (const [name, expected] of [
      ['wait32', 0],
      ['wait64', 1n],
    ] as const) {
      expect(thrownBy(() => call(own, name, 0, expected, 0n))).toMatchObject({
        code: 'TRAP_UNSHARED_MEMORY',
        message: 'expected shared memory',
      })
    }
    expect(call(own, 'notify', 0, -1)).toEqual([0])
  })

  it('traps where the address is unaligned or out of bounds', () => {
    const own = instance(text('1 1 shared'))
    expect(thrownBy(() => call(own, 'wait64', 4, 0n, 0n))).toMatchObject({ code: 'TRAP_UNALIGNED_ATOMIC' })
    expect(thrownBy(() => call(own, 'wait32', 0x10000, 0, 0n))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    expect(thrownBy(() => call(own, 'notify', 2, 1))).toMatchObject({ code: 'TRAP_UNALIGNED_ATOMIC' })
    expect(thrownBy(() => call(own, 'notify', -4, 1))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
  })
})
