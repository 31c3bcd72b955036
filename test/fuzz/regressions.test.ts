// What fuzzing found, at its smallest.

import { describe, expect, it } from 'vitest'
import { Engine, type Instance, type RunState } from '../../src/index.ts'
import { parseModule } from '../../src/text/parse-module.ts'

function instantiate(text: string): Instance {
  return new Engine().compile(parseModule(text)).instantiateSync()
}

describe('an instruction that costs more than a stretch has', () => {
  const FILL =
    '(module (memory 1) (func (export "f") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0))))'

  it('is one step nevertheless', () => {
    const run = instantiate(FILL).start('f', 800)
    const states: RunState[] = []
    do states.push(run.step())
    while (!run.finished && states.length < 10)
    // Three operands and the fill, behind which nothing is left.
    expect(states.map(({ kind }) => kind)).toEqual(['fuel', 'fuel', 'fuel', 'done'])
    expect(run.fuelUsed).toBe(4 + 800 / 8)
  })

  it('is one step too where it traps, however long it would have been', () => {
    const run = instantiate(FILL).start('f', -1)
    let state = run.step()
    for (let i = 0; i < 4 && state.kind === 'fuel'; i++) state = run.step()
    expect(state).toMatchObject({ kind: 'trap', error: { code: 'TRAP_OUT_OF_BOUNDS' } })
  })

  it.each([1, 2, 3, 7, 1000])('comes about in stretches of %i units, at the same cost', (fuel) => {
    const run = instantiate(FILL).start('f', 800)
    let state = run.run({ fuel })
    for (let i = 0; i < 1000 && state.kind === 'fuel'; i++) state = run.run({ fuel })
    expect([state.kind, run.fuelUsed]).toEqual(['done', 104])
  })
})
