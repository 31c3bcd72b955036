// Every byte of the example modules changed, bit by bit where they are small: a typed error or a valid module, and the verdict of the host.
// HEDDLE_FUZZ=full changes every byte of the large ones too.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everySection } from '../unit/binary/module-bytes.ts'
import { changedBytes, judgeAll, readExamples } from './mutants.ts'

const isFull = process.env['HEDDLE_FUZZ'] === 'full'
const BITS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80]
const EXAMPLES = [{ path: 'everySection', bytes: everySection }, ...readExamples()]

const { stackTraceLimit } = Error
// Most of the time would go into stack traces that nobody reads.
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

describe('a module with one changed byte is valid where the host says so, and else a ModuleError (adversarial.md 2)', () => {
  it.each(EXAMPLES.filter(({ bytes }) => bytes.length <= 1_200))('$path, each bit of each byte', ({ bytes }) => {
    const { complaints, tally } = judgeAll(changedBytes(bytes, [...BITS, 0xff]))
    expect(complaints).toEqual([])
    expect(tally.get('malformed')).toBeGreaterThan(0)
  })

  it.each(EXAMPLES.filter(({ bytes }) => bytes.length > 1_200))('$path', ({ bytes }) => {
    const stride = isFull ? 1 : Math.ceil(bytes.length / 5_000)
    for (const mask of isFull ? BITS : [0x55]) {
      const { complaints, tally } = judgeAll(changedBytes(bytes, [mask], stride))
      expect(complaints).toEqual([])
      expect(tally.get('invalid')).toBeGreaterThan(0)
    }
  })
})
