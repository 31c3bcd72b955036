// A run that is saved at each of its stops, dropped, and restored into another comes to what it would have come to: results, fuel, memories,
// globals, tables.

import { describe, expect, it } from 'vitest'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { SavedRun } from '../../../src/runtime/saved-run.ts'
import type { CallOptions } from '../../../src/runtime/tier.ts'
import type { Value } from '../../../src/runtime/value.ts'
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

/** Where it is, with the values that are numbers. */
function spelled({ frames, next, fuelUsed }: SavedRun): string {
  const values = (all: readonly Value[]): unknown => all.map(({ lo, hi, upper }) => [lo, hi, upper])
  const places = frames.map(({ funcIdx, offset, locals, operands }) => [
    funcIdx,
    offset,
    values(locals),
    values(operands),
  ])
  return JSON.stringify([places, next.kind, next.kind === 'instruction' ? next.paid : undefined, fuelUsed])
}

describe('a run that is saved and restored at each of its stops', () => {
  it.each(CASES)('comes to what it would have come to: %s (%s)', async (_, name, program) => {
    const expected = await through(program, name, {})
    if (name === 'main') expect(expected[0].error).toBeUndefined()
    for (const k of [1, 2, 3, 5, 7, 11, 100])
      expect(await movedEvery(k, program, name, {}), `every ${k}`).toEqual(expected)
  })

  it.each(CASES)('is saved as it was before it goes on: %s (%s)', async (_, name, program) => {
    for (const precise of [false, true]) {
      const different: unknown[] = []
      await drive(begin(made(program), name, { precise }), 1, (run) => {
        const saved = run.save()
        run.abort()
        const restored = interpreter.restore(saved, { ...PROGRAM_OPTIONS, precise })
        const again = restored.save()
        if (spelled(again) !== spelled(saved)) different.push([spelled(saved), spelled(again)])
        return restored
      })
      expect(different).toEqual([])
    }
  })

  it.each(CASES)('does so where it is precise: %s (%s)', async (_, name, program) => {
    const expected = await through(program, name, {})
    expect(await through(program, name, { precise: true })).toEqual(expected)
    expect(await through(program, name, { precise: true }, 1)).toEqual(expected)
    for (const k of [1, 4, 100]) expect(await movedEvery(k, program, name, { precise: true })).toEqual(expected)
  })
})
