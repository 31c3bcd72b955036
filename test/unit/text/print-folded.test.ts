// The folded form: which instructions become operands, and that their order is never changed.

import { describe, expect, it } from 'vitest'
import { printModule } from '../../../src/text/print-module.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { I32 } from '../../../src/syntax/types.ts'
import { moduleOfBody } from './module-builder.ts'

function printFolded(instructions: readonly number[], parts: Partial<Module> = {}): string[] {
  const lines = printModule(moduleOfBody(instructions, parts), { folded: true }).split('\n')
  const start = lines.findIndex((line) => line.startsWith('  (func '))
  return lines.slice(start + 1, lines.indexOf('  )', start)).map((line) => line.slice(4))
}

describe('folding', () => {
  it('puts operands inside their instruction', () => {
    expect(printFolded([0x41, 0, 0x41, 1, 0x41, 2, 0x6a, 0x36, 2, 0])).toEqual([
      '(i32.store',
      '  (i32.const 0)',
      '  (i32.add',
      '    (i32.const 1)',
      '    (i32.const 2)))',
    ])
  })

  it('stops at what leaves no value', () => {
    expect(printFolded([0x41, 1, 0x01, 0x41, 2, 0x6a, 0x1a])).toEqual([
      '(i32.const 1)',
      '(nop)',
      '(drop',
      '  (i32.add',
      '    (i32.const 2)))',
    ])
  })

  it('takes a call with two results as two operands, and never as one', () => {
    const types = [
      { kind: 'func', params: [], results: [] },
      { kind: 'func', params: [], results: [I32, I32] },
    ] as const
    const imports = [{ module: '', name: '', type: { kind: 'func', typeIdx: 1 } }] as const
    expect(printFolded([0x10, 0, 0x6a, 0x1a, 0x10, 0, 0x1a, 0x1a], { types, imports })).toEqual([
      '(drop',
      '  (i32.add',
      '    (call 0)))',
      '(call 0)',
      '(drop)',
      '(drop)',
    ])
  })

  it('puts the condition of an if before its branches, and keeps an else that is there', () => {
    const condition = [0x41, 1, 0x45]
    expect(printFolded([...condition, 0x04, 0x40, 0x01, 0x05, 0x0b, ...condition, 0x04, 0x40, 0x0b])).toEqual([
      '(if ;; label = @1',
      '  (i32.eqz',
      '    (i32.const 1))',
      '  (then',
      '    (nop))',
      '  (else))',
      '(if ;; label = @1',
      '  (i32.eqz',
      '    (i32.const 1))',
      '  (then))',
    ])
  })

  it('leaves the label of an if out of its condition', () => {
    // block (br 0) … if … br 0: in the condition 0 is the block, in the branch it is the if.
    const code = [0x02, 0x40, 0x41, 1, 0x41, 2, 0x0d, 0, 0x04, 0x40, 0x0c, 0, 0x0b, 0x0b]
    expect(printFolded(code)).toEqual([
      '(block ;; label = @1',
      '  (i32.const 1)',
      '  (br_if 0 (;@1;)',
      '    (i32.const 2))',
      '  (if ;; label = @2',
      '    (then',
      '      (br 0 (;@2;)))))',
    ])
  })

  it('takes a block with a result as an operand, and its parameters as none of its own', () => {
    const types = [
      { kind: 'func', params: [], results: [] },
      { kind: 'func', params: [I32], results: [I32] },
    ] as const
    expect(printFolded([0x41, 1, 0x03, 1, 0x45, 0x0b, 0x1a], { types })).toEqual([
      '(i32.const 1)',
      '(drop',
      '  (loop (type 1) (param i32) (result i32) ;; label = @1',
      '    (i32.eqz)))',
    ])
  })

  it('keeps code that no rule admits', () => {
    expect(printFolded([0x41, 1, 0x1c, 2, 0x7f, 0x7f, 0x10, 9, 0x0e, 0, 9, 0x0b].slice(0, -1))).toEqual([
      '(i32.const 1)',
      '(select (result i32 i32))',
      '(call 9)',
      '(br_table 9)',
    ])
  })

  it('of a chain of a million operands neither recurses nor indents without end', () => {
    const length = 1_000_000
    const bytes = new Uint8Array(length + 4).fill(0x45)
    bytes.set([0, 0x41, 0])
    bytes[length + 3] = 0x0b
    const code = { bytes, start: 0, end: bytes.length }
    const text = printModule(moduleOfBody([], { funcs: [{ typeIdx: 0, code }] }), { folded: true })
    expect(text.length).toBeLessThan(120 * length)
    expect(text.split(')').length - 1).toBeGreaterThan(length)
  })
})
