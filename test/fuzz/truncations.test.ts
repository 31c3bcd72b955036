// Every beginning of the example modules: a typed error or, where a section ends, a valid module; and the verdict of the host.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everySection } from '../unit/binary/module-bytes.ts'
import { beginnings, judgeAll, readExamples } from './mutants.ts'

const isFull = process.env['HEDDLE_FUZZ'] === 'full'
const EXAMPLES = [{ path: 'everySection', bytes: everySection }, ...readExamples()]

const { stackTraceLimit } = Error
// Most of the time would go into stack traces that nobody reads.
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

describe('a module that breaks off is valid where the host says so, and else a ModuleError (adversarial.md 1)', () => {
  it('is tried with the examples and, where they are, the kernels', () => {
    expect(EXAMPLES.length).toBeGreaterThan(3)
  })

  it.each(EXAMPLES)('$path', ({ bytes }) => {
    const stride = isFull || bytes.length < 30_000 ? 1 : 5
    const { complaints, tally } = judgeAll(beginnings(bytes, stride))
    expect(complaints).toEqual([])
    expect(tally.get('malformed')).toBeGreaterThan(bytes.length / stride / 2)
  })
})
