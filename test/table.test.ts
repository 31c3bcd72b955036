// The promises of the instruction table: what every row may be relied on for by the decoder, the validator, the text format and the
// tiers. The host's WebAssembly is the witness for types and alignments.

import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import type { Instruction } from '../src/instructions/define.ts'
import { PROPOSALS } from '../src/instructions/proposals.ts'
import {
  INSTRUCTIONS,
  PLAIN_ROWS,
  instructionByName,
  instructionByOpcode,
  proposalOf,
  rowsBehind,
} from '../src/instructions/table.ts'
import { expressionsOf } from '../src/interpret/ops.ts'
import * as convert from '../src/numeric/convert.ts'
import * as f32 from '../src/numeric/f32.ts'
import * as f32x4 from '../src/numeric/f32x4.ts'
import * as f64 from '../src/numeric/f64.ts'
import * as f64x2 from '../src/numeric/f64x2.ts'
import * as i16x8 from '../src/numeric/i16x8.ts'
import * as i32 from '../src/numeric/i32.ts'
import * as i32x4 from '../src/numeric/i32x4.ts'
import * as i64 from '../src/numeric/i64.ts'
import * as i64x2 from '../src/numeric/i64x2.ts'
import * as i8x16 from '../src/numeric/i8x16.ts'
import * as v128 from '../src/numeric/v128.ts'
import { F32, F64, I32, I64, V128, valTypeName, type ValType } from '../src/syntax/types.ts'
import { HOST_ROWS } from './fuzz/host-features.ts'
import { NO_IMMEDIATES, codeOf, hostAccepts, moduleOf, writeLine } from './unit/validate/hand-assembled.ts'

const NUMBERS = [I32, I64, F32, F64, V128]

/** What an expression may use: these functions, and those of `numeric/` that exist. */
// prettier-ignore
const LIBRARIES: Readonly<Record<string, object>> = {
  Math, convert, f32, f64, i32, i64, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2, v128,
}

/** Operands of 64 bits of which only the low half counts: shift counts, and what is cut off. */
const LOW_HALF_ONLY = /^i64\.(shl|shr_[su]|rotl|rotr)#1$|^i64\.(extend(8|16|32)_s|store(8|16|32))#0$|^i32\.wrap_i64#0$/

/** Only the sign counts. */
const HIGH_HALF_ONLY = /^f64\.copysign#1$/

const expressions = INSTRUCTIONS.filter((row) => row.expr !== undefined)
const fixed = INSTRUCTIONS.filter((row) => row.signature !== undefined)

function textOf(row: Instruction): string {
  return expressionsOf(row).join(' ; ')
}

/** What an expression mentions besides its operands: memory, the lanes, the slot of a vector, immediates. */
function surroundings({ access, signature, immediates }: Instruction): string[] {
  const { params, results } = signature!
  return [
    ...(access === undefined ? [] : ['$d', '$a']),
    ...(params.includes(V128) || results.includes(V128) ? ['$v'] : []),
    ...(results.includes(V128) ? ['$r'] : []),
    ...(immediates.includes('laneidx') ? ['$x'] : []),
    ...(immediates.includes('lanes') ? ['$w0', '$w1', '$w2', '$w3'] : []),
  ]
}

function namesOf(rows: readonly Instruction[]): string[] {
  return rows.map(({ name }) => name)
}

describe('opcodes and names', () => {
  it('give each row an opcode of its own', () => {
    expect(new Set(INSTRUCTIONS.map((row) => row.opcode)).size).toBe(INSTRUCTIONS.length)
  })

  it('find each row by its opcode', () => {
    for (const row of INSTRUCTIONS) {
      const prefix = row.opcode >>> 16
      expect(instructionByOpcode(row.opcode)).toBe(row)
      expect((prefix === 0 ? PLAIN_ROWS : rowsBehind(prefix)!)[row.opcode & 0xffff]).toBe(row)
    }
  })

  it('find each row by its name, and an annotated or nullable form by the opcode in the plain one', () => {
    const annotated = new Set(INSTRUCTIONS.flatMap((row) => row.annotated ?? row.nullable ?? []))
    for (const row of INSTRUCTIONS) {
      const found = instructionByName(row.name)
      expect(annotated.has(row.opcode) ? instructionByOpcode((found!.annotated ?? found!.nullable)!) : found).toBe(row)
    }
  })

  it('find nothing where there is nothing', () => {
    expect(instructionByName('i32.nothing')).toBeUndefined()
    expect(instructionByOpcode(0xff)).toBeUndefined()
    expect(instructionByOpcode((0xfc << 16) | 0xff)).toBeUndefined()
    expect(rowsBehind(0xff)).toBeUndefined()
  })

  it('are spelled as the text format spells keywords', () => {
    expect(namesOf(INSTRUCTIONS).filter((name) => !/^[a-z][a-z0-9]*([._][a-z0-9]+)*$/.test(name))).toEqual([])
  })

  it('belong to one proposal each', () => {
    for (const proposal of PROPOSALS) for (const row of proposal.rows) expect(proposalOf(row)).toBe(proposal)
    expect(INSTRUCTIONS).toHaveLength(PROPOSALS.flatMap(({ rows }) => rows).length)
  })
})

describe('a row', () => {
  it('has a type or a typing rule, and both only where it accesses memory or names lanes', () => {
    const wrong = INSTRUCTIONS.filter(({ signature, rule, access, immediates }) =>
      access === undefined && !immediates.some((kind) => kind === 'laneidx' || kind === 'lanes')
        ? (signature === undefined) === (rule === undefined)
        : !signature || !rule,
    )
    expect(namesOf(wrong)).toEqual([])
  })

  it('of fixed type is an expression, unless it does nothing or is atomic', () => {
    expect(namesOf(fixed.filter(({ expr, atomic }) => expr === undefined && atomic === undefined))).toEqual(['nop'])
  })

  it('that is an expression has a fixed type, and an expression for each result', () => {
    const wrong = expressions.filter(
      ({ signature, further = [] }) => signature === undefined || signature.results.length > 1 + further.length,
    )
    expect(namesOf(wrong)).toEqual([])
    expect(namesOf(INSTRUCTIONS.filter(({ expr, further }) => expr === undefined && further !== undefined))).toEqual([])
  })

  it('has at most one list among its immediates, and indices that fit two fields', () => {
    const shapes = /^(\w+idx \w+idx|\w+idx u32|memarg laneidx|blocktype catches|typeidx( tagidx)? onclauses)$/
    const wrong = INSTRUCTIONS.filter(({ immediates }) => immediates.length > 1 && !shapes.test(immediates.join(' ')))
    expect(namesOf(wrong)).toEqual([])
  })

  it('of a constant instruction has no index but of a global, a function or a type', () => {
    const indices = INSTRUCTIONS.filter((row) => row.constant).flatMap((row) =>
      row.immediates.filter((kind) => kind.endsWith('idx')),
    )
    expect(new Set(indices)).toEqual(new Set(['globalidx', 'funcidx', 'typeidx']))
  })

  it('accesses memory through a memarg', () => {
    const wrong = INSTRUCTIONS.filter(
      ({ access, immediates }) => (access !== undefined) !== (immediates[0] === 'memarg'),
    )
    expect(namesOf(wrong)).toEqual([])
  })
})

describe('an expression', () => {
  it.each(expressions.map((row) => [row.name, row] as const))('%s mentions exactly its operands', (_, row) => {
    const mentioned = new Set(textOf(row).match(/\$(?:\d+[lhb]?|[a-z]+\d?)/g))
    const allowed = new Set<string>()
    row.signature!.params.forEach((type, i) => {
      const [value, low, high, bits] = [`$${i}`, `$${i}l`, `$${i}h`, `$${i}b`]
      const operand = `${row.name}#${i}`
      const halves = LOW_HALF_ONLY.test(operand) ? [low] : HIGH_HALF_ONLY.test(operand) ? [high] : [low, high]
      const ways =
        type === I32 || type === V128
          ? [[value]]
          : type === I64
            ? [halves]
            : type === F32
              ? [[value], [bits]]
              : [[value], halves]
      const taken = ways.filter((way) => way.every((name) => mentioned.has(name)))
      expect(taken, `operand ${i} by value or by bits`).toHaveLength(1)
      taken[0]!.forEach((name) => allowed.add(name))
    })
    for (const name of surroundings(row)) {
      expect(mentioned).toContain(name)
      allowed.add(name)
    }
    if (row.high?.includes('$low')) allowed.add('$low')
    expect(row.expr).not.toContain('$low')
    expect([...mentioned].filter((name) => !allowed.has(name))).toEqual([])
  })

  it('uses nothing but functions of Math and numeric/ that exist, and the view in which it accesses memory', () => {
    const unknown = expressions.flatMap((row) => {
      const words =
        textOf(row)
          .replace(/\$\w+(\.[gs]et(Int|Uint|Float)\d+)?/g, '')
          .match(/[A-Za-z_]\w*(\.\w+)?/g) ?? []
      return words.filter((word) => {
        const [library = '', name = ''] = word.split('.')
        const found: unknown = LIBRARIES[library] && Reflect.get(LIBRARIES[library], name)
        // What a function left for the results behind the first is a number, as `i64.hi` is.
        const left = library === 'i64' && typeof found === 'number'
        return !/^(true|x?[0-9a-f]+)$/.test(word) && typeof found !== 'function' && !left
      })
    })
    expect(unknown).toEqual([])
  })

  it('is JavaScript', () => {
    for (const row of expressions) {
      expect(parseSync('row.js', textOf(row)).errors, row.name).toEqual([])
    }
  })

  it('gives a high half exactly where the result has one, by itself or through i64.hi', () => {
    const wrong = expressions.filter(({ signature, high, bits, expr, access }) => {
      const [result] = signature!.results
      const wide = result === I64 || (result === F64 && bits === true)
      const left = access === undefined && /^(i64|i64x2|convert)\.\w+\([^()]*\)$/.test(expr!)
      return wide ? (high === undefined) !== left : high !== undefined
    })
    expect(namesOf(wrong)).toEqual([])
  })

  it('that is a condition gives an i32, and one that gives bits a float', () => {
    expect(namesOf(expressions.filter((row) => row.test && row.signature!.results[0] !== I32))).toEqual([])
    expect(namesOf(expressions.filter((row) => row.bits && ![F32, F64].includes(row.signature!.results[0]!)))).toEqual(
      [],
    )
  })
})

describe('the host agrees', () => {
  const witnessed = fixed.filter((row) => HOST_ROWS.includes(row))

  it.each(witnessed.map((row) => [row.name, row] as const))('on the type of %s, and on no other', (_, row) => {
    const address = row.access === undefined ? [] : [I32]
    const params = [...address, ...row.signature!.params]
    const { results } = row.signature!
    expect(hostTakes(row, params, results)).toBe(true)
    for (let i = 0; i < params.length; i++) {
      for (const other of NUMBERS.filter((type) => type !== params[i])) {
        expect(hostTakes(row, params.with(i, other), results), `${valTypeName(other)} as operand ${i}`).toBe(false)
      }
    }
    for (const other of NUMBERS.filter((type) => type !== results[0])) {
      expect(hostTakes(row, params, [other]), `${valTypeName(other)} as result`).toBe(false)
    }
  })

  it('on the natural alignment of every access', () => {
    for (const row of witnessed.filter(({ access }) => access !== undefined)) {
      const natural = Math.log2(row.access!.bytes)
      const params = [I32, ...row.signature!.params]
      expect(hostTakes(row, params, row.signature!.results, natural), row.name).toBe(true)
      expect(hostTakes(row, params, row.signature!.results, natural + 1), row.name).toBe(false)
    }
  })
})

/** A function that hands its parameters to one instruction and returns what it gives. */
function hostTakes(
  row: Instruction,
  params: readonly ValType[],
  results: readonly ValType[],
  align = row.atomic === undefined ? 0 : Math.log2(row.access!.bytes),
): boolean {
  const code = codeOf((writer) => {
    writer.writeU32(0)
    params.forEach((_, i) => writeLine(writer, `local.get ${i}`))
    writer.write(row, { ...NO_IMMEDIATES, align })
    writeLine(writer, 'end')
  })
  return hostAccepts(
    moduleOf({
      types: [{ kind: 'func', params, results }],
      funcs: [{ typeIdx: 0, code }],
      memories: [{ addrType: 'i32', limits: { min: 1 }, shared: false }],
    }),
  )
}
