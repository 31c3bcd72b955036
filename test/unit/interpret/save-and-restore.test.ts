// A run that is saved at each of its stops, dropped, and restored into another comes to what it would have come to: results, fuel, memories,
// globals, tables.

import { describe, expect, it } from 'vitest'
import type { CallOptions } from '../../../src/runtime/tier.ts'
import { drive, moved, type Ending } from './saved-runs.ts'
import { CASES, PROGRAM_OPTIONS, begin, made, moveContinuations, stateOf, type Program } from './stoppable-programs.ts'

async function through(program: Program, name: string, options: CallOptions, k = Infinity): Promise<[Ending, unknown]> {
  const of = made(program)
  const ending = await drive(begin(of, name, options), k, (run) => run)
  return [ending, stateOf(of)]
}

async function movedEvery(k: number, program: Program, name: string, options: CallOptions): Promise<[Ending, unknown]> {
  const of = made(program)
  const ending = await drive(begin(of, name, options), k, (run) => {
    const next = moved(run, { ...PROGRAM_OPTIONS, ...options })
    moveContinuations(of)
    return next
  })
  return [ending, stateOf(of)]
}

describe('a run that is saved and restored at each of its stops', () => {
  it.each(CASES)('comes to what it would have come to: %s (%s)', async (_, name, program) => {
    const expected = await through(program, name, {})
    if (name === 'main') expect(expected[0].error).toBeUndefined()
    for (const k of [1, 2, 3, 5, 7, 11, 100])
      expect(await movedEvery(k, program, name, {}), `every ${k}`).toEqual(expected)
  })

  it.each(CASES)('does so where it is precise: %s (%s)', async (_, name, program) => {
    const expected = await through(program, name, {})
    expect(await through(program, name, { precise: true })).toEqual(expected)
    expect(await through(program, name, { precise: true }, 1)).toEqual(expected)
    for (const k of [1, 4, 100]) expect(await movedEvery(k, program, name, { precise: true })).toEqual(expected)
  })
})
