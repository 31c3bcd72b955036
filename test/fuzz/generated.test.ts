// A fixed part of the differential fuzz of binaryen's modules: what a current V8 made of them is recorded, so that neither is needed.
// `npm run fuzz` compares new ones, with V8 itself.

import { Engine } from 'heddle'
import { describe, expect, it } from 'vitest'
import { runOurs } from './oracle/compare.ts'
import { readFixtures } from './oracle/fixtures.ts'
import { roundTripFault } from './oracle/round-trips.ts'

const FIXTURES = readFixtures()
const engine = new Engine()

const ENDINGS = ['ARRAY', 'CAST', 'MEMORY', 'NULL', 'NUMBER', 'TABLE', 'UNREACHABLE', 'ZERO', 'exception']

describe('modules of binaryen', () => {
  it('are there in every kind of ending', () => {
    expect(FIXTURES.length).toBeGreaterThanOrEqual(40)
    const endings = FIXTURES.flatMap(({ lines }) =>
      lines.map((line) => / (exception|[A-Z]+)(\(-?\d+\))?(?= after |$)/.exec(line)?.[1]),
    )
    expect(endings).toEqual(expect.arrayContaining(ENDINGS))
  })

  it.each(FIXTURES)(
    'have results, traps, host calls, memory, tables and globals as V8 has them, stopped, carried elsewhere, or neither: $seed',
    (fixture) => {
      expect(runOurs(engine, fixture)).toEqual({ lines: fixture.lines })
    },
  )

  it.each(FIXTURES)('stay themselves when encoded, printed and parsed: $seed', ({ bytes }) => {
    expect(roundTripFault(bytes)).toBeUndefined()
  })
})
