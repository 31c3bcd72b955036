// Cost table version 1 is frozen: what stands here may only grow, by instructions that the version did not know.

import { describe, expect, it } from 'vitest'
import { COST_TABLE_VERSION } from '../../../src/instructions/cost-table.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'

describe('cost table version 1', () => {
  it('is what there is', () => {
    expect(COST_TABLE_VERSION).toBe(1)
  })

  it('has no cost for structure, and for nothing else', () => {
    const free = INSTRUCTIONS.filter(({ cost }) => cost === 0).map(({ name }) => name)
    expect(new Set(free)).toEqual(
      new Set(['block', 'loop', 'else', 'end', 'nop', 'try_table', 'try', 'catch', 'delegate', 'catch_all']),
    )
  })

  it('charges these by the length in the last operand, or the one before it, and nothing else', () => {
    const charged = INSTRUCTIONS.flatMap(({ name, charge }) => (charge === undefined ? [] : [[name, charge] as const]))
    expect(Object.fromEntries(charged)).toEqual({
      'memory.copy': { operand: 2, per: 8 },
      'memory.fill': { operand: 2, per: 8 },
      'memory.init': { operand: 2, per: 8 },
      'table.copy': { operand: 2, per: 1 },
      'table.fill': { operand: 2, per: 1 },
      'table.init': { operand: 2, per: 1 },
      'table.grow': { operand: 1, per: 1 },
      'array.new': { operand: 1, per: 1 },
      'array.new_default': { operand: 0, per: 1 },
      'array.new_data': { operand: 1, per: 1 },
      'array.new_elem': { operand: 1, per: 1 },
      'array.fill': { operand: 3, per: 1 },
      'array.copy': { operand: 4, per: 1 },
      'array.init_data': { operand: 3, per: 1 },
      'array.init_elem': { operand: 3, per: 1 },
    })
  })
})
