// Item 9 of the adversarial checklist where modules are texts: whatever reads or writes nested code does so without recursion, and what it
// writes grows with the code, not with the depth.

import { Engine } from 'heddle'
import { objdumpChunks } from 'heddle/debug'
import { decodeModule, encodeModule, parseWat, printWat } from 'heddle/wat'
import { describe, expect, it } from 'vitest'
import { moduleOfBody } from '../unit/binary/module-bytes.ts'
import { repeated } from './module-text.ts'

const DEPTH = 100_000

const nested = (depth: number): Uint8Array => moduleOfBody(0, repeated(depth, 0x02, 0x40), repeated(depth + 1, 0x0b))

describe('adversarial.md 9: 100,000 nested blocks', () => {
  it.each([false, true])('are printed and parsed again, folded: %s', (folded) => {
    const bytes = nested(DEPTH)
    const text = printWat(decodeModule(bytes), { folded })
    expect(encodeModule(parseWat(text))).toEqual(bytes)
    // Indentation ends somewhere: else this would be 10 GB.
    const half = printWat(decodeModule(nested(DEPTH / 2)), { folded })
    expect(text.length / half.length).toBeLessThan(2.1)
  })

  it('are disassembled', () => {
    const length = (depth: number): number => {
      let sum = 0
      for (const chunk of objdumpChunks(nested(depth), 'nested.wasm', { disassemble: true })) sum += chunk.length
      return sum
    }
    expect(length(DEPTH) / length(DEPTH / 2)).toBeLessThan(2.1)
  })

  it('may stand in a text as parentheses, and lack one', () => {
    const text = `(module (func ${'(block '.repeat(DEPTH)}${')'.repeat(DEPTH)}))`
    expect(new Engine().check(parseWat(text))).toBeUndefined()
    expect(() => parseWat(text.slice(0, -1))).toThrow(/unexpected token|unclosed|unexpected end/)
  })
})
