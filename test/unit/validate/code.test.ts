// Typing of bodies: where the algorithm is easy to get wrong, and code that is large or nested on purpose. That every instruction has
// the type of the specification is shown by table.test.ts and host.test.ts.

import { describe, expect, it } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import type { InstructionWriter } from '../../../src/instructions/instruction-writer.ts'
import type { FuncType } from '../../../src/syntax/types.ts'
import { EXTERNREF, FUNCREF, I32, I64 } from '../../../src/syntax/types.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { body, codeOf, funcType, moduleOf, moduleWith, writeLine } from './hand-assembled.ts'

function verdict(module: Module): string {
  try {
    validateModule(module)
    return 'valid'
  } catch (error) {
    if (error instanceof ModuleError) return `${error.kind}: ${error.reason}`
    throw error
  }
}

/** A module with something of everything to refer to; the function under test has the type and comes last. */
function inContext(type: string, ...lines: readonly string[]): Module {
  return moduleOf({
    types: [funcType('->'), funcType('i32 -> i32'), funcType('i32 i64 -> f32 f64'), funcType(type)],
    imports: [
      { module: 'm', name: 'f', type: { kind: 'func', typeIdx: 2 } },
      { module: 'm', name: 'g', type: { kind: 'global', type: { type: I64, mutable: false } } },
      { module: 'm', name: 'v', type: { kind: 'global', type: { type: I32, mutable: true } } },
    ],
    funcs: [{ typeIdx: 3, code: body(['2 i32', '1 f64'], ...lines) }],
    tables: [FUNCREF, EXTERNREF].map((elem) => ({ type: { addrType: 'i32', elem, limits: { min: 1 } } })),
    memories: [{ addrType: 'i32', limits: { min: 1 }, shared: false }],
    elems: [
      { type: FUNCREF, mode: { kind: 'passive' }, items: Uint32Array.of(0) },
      { type: EXTERNREF, mode: { kind: 'passive' }, items: [] },
    ],
    datas: [{ mode: { kind: 'passive' }, bytes: new Uint8Array(1) }],
  })
}

const MISMATCH = 'invalid: type mismatch'

describe('a body is valid', () => {
  it.each<[string, string, readonly string[]]>([
    ['which calls with operands in order', '-> f32 f64', ['i32.const 1', 'i64.const 2', 'call 0']],
    ['which returns from the middle', 'i32 -> i32', ['local.get 0', 'return', 'drop', 'drop']],
    ['which takes block parameters', '-> i32', ['i32.const 1', 'block 1', 'i32.eqz', 'end']],
    [
      'which loops with its parameters',
      'i32 -> i32',
      ['local.get 0', 'loop 1', 'local.tee 0', 'local.get 0', 'br_if 0', 'end'],
    ],
    [
      'with an if that passes its parameters through',
      'i32 -> i32',
      ['local.get 0', 'local.get 0', 'if 1', 'i32.eqz', 'end'],
    ],
    ['with operands below a block that it does not touch', '-> i64', ['i64.const 1', 'block', 'nop', 'end']],
    ['with two branches', 'i32 -> f64', ['local.get 0', 'if f64', 'f64.const 0', 'else', 'unreachable', 'end']],
    ['which selects numbers', '-> i64', ['i64.const 1', 'i64.const 2', 'i32.const 0', 'select']],
    [
      'which selects references by type',
      '-> funcref',
      ['ref.null func', 'ref.func 0', 'i32.const 0', 'select funcref'],
    ],
    [
      'which branches by table to several blocks',
      'i32 ->',
      ['block', 'block', 'local.get 0', 'br_table 0 1 2', 'end', 'end'],
    ],
    ['with declared locals behind parameters', 'i64 -> f64', ['local.get 1', 'local.set 2', 'local.get 3']],
    ['which tail-calls', 'i32 i64 -> f32 f64', ['local.get 0', 'local.get 1', 'return_call 0']],
    ['which moves tables and segments', '->', ['i32.const 0', 'i32.const 0', 'i32.const 0', 'table.init 1 1']],
  ])('%s', (_, type, lines) => {
    expect(verdict(inContext(type, ...lines))).toBe('valid')
  })
})

describe('a body is invalid', () => {
  it.each<[string, string, readonly string[], string]>([
    [
      'with operands in the wrong order',
      '-> f32 f64',
      ['i64.const 2', 'i32.const 1', 'call 0'],
      `${MISMATCH}: instruction requires [i32 i64] but stack has [i64 i32]`,
    ],
    [
      'which takes operands from outside of its block',
      '->',
      ['i32.const 1', 'block', 'drop', 'end'],
      `${MISMATCH}: instruction requires an operand but stack has []`,
    ],
    [
      'which leaves an operand in a block',
      '->',
      ['block', 'i32.const 1', 'end'],
      `${MISMATCH}: block requires [] but stack has [i32]`,
    ],
    [
      'which leaves an operand at its end',
      '-> i32',
      ['i32.const 1', 'i32.const 1'],
      `${MISMATCH}: block requires [i32] but stack has [i32 i32]`,
    ],
    [
      'with an if without else that gives a value',
      '-> i32',
      ['i32.const 1', 'if i32', 'i32.const 1', 'end'],
      `${MISMATCH}: block requires [i32] but stack has []`,
    ],
    [
      'with an else that gives another type',
      '-> i32',
      ['i32.const 1', 'if i32', 'i32.const 1', 'else', 'i64.const 1', 'end'],
      `${MISMATCH}: block requires [i32] but stack has [i64]`,
    ],
    ['with a second else', '->', ['i32.const 1', 'if', 'else', 'else', 'end'], 'invalid: else without a matching if'],
    ['whose branch brings no value', '-> i32', ['br 0'], `${MISMATCH}: instruction requires [i32] but stack has []`],
    [
      'whose branch to a loop brings results',
      '->',
      ['loop i32', 'i32.const 1', 'br 0', 'i64.const 1', 'end', 'drop'],
      `${MISMATCH}: block requires [i32] but stack has [i64]`,
    ],
    [
      'which selects references without a type',
      '->',
      ['ref.null func', 'ref.null func', 'i32.const 0', 'select', 'drop'],
      `${MISMATCH}: select without a type takes numbers`,
    ],
    [
      'which selects different types',
      '->',
      ['i32.const 0', 'i64.const 0', 'i32.const 0', 'select', 'drop'],
      `${MISMATCH}: operands of select differ`,
    ],
    ['which selects two results', '->', ['i32.const 0', 'select i32 i32'], 'invalid: invalid result arity'],
    [
      'whose branch table has targets of different arity',
      '->',
      ['block i32', 'block', 'i32.const 0', 'br_table 0 1', 'end', 'i32.const 0', 'end', 'drop'],
      `${MISMATCH}: the targets take different numbers of operands`,
    ],
    [
      'whose branch table has targets of different types',
      '->',
      [
        'block i64',
        'block i32',
        'i32.const 0',
        'i32.const 0',
        'br_table 1 0',
        'end',
        'drop',
        'i64.const 0',
        'end',
        'drop',
      ],
      `${MISMATCH}: instruction requires [i64] but stack has [i32]`,
    ],
    ['which sets an immutable global', '->', ['i64.const 1', 'global.set 0'], 'invalid: immutable global 0'],
    [
      'which aligns beyond the natural alignment',
      '->',
      ['i32.const 0', 'i64.load 4 0', 'drop'],
      'invalid: alignment must not be larger than natural',
    ],
    [
      'which calls through a table of host references',
      '->',
      ['i32.const 0', 'call_indirect 0 1'],
      `${MISMATCH}: expected funcref but found externref`,
    ],
    [
      'which copies between tables of different types',
      '->',
      ['i32.const 0', 'i32.const 0', 'i32.const 0', 'table.copy 0 1'],
      `${MISMATCH}: expected funcref but found externref`,
    ],
    [
      'which fills a table with the segment of another type',
      '->',
      ['i32.const 0', 'i32.const 0', 'i32.const 0', 'table.init 1 0'],
      `${MISMATCH}: expected funcref but found externref`,
    ],
    [
      'which tail-calls with other results',
      '->',
      ['i32.const 0', 'i64.const 0', 'return_call 0'],
      `${MISMATCH}: the results of a tail call are not the function's`,
    ],
    [
      'which asks a number whether it is null',
      '->',
      ['i32.const 0', 'ref.is_null', 'drop'],
      `${MISMATCH}: instruction requires a reference but stack has [i32]`,
    ],
  ])('%s', (_, type, lines, expected) => {
    expect(verdict(inContext(type, ...lines))).toBe(expected)
  })

  it('with an offset beyond 32 bits', () => {
    const code = codeOf((writer) => {
      writer.writeByte(0)
      writeLine(writer, 'i32.const 0')
      writer.writeBytes(Uint8Array.of(0x28, 0, 0x80, 0x80, 0x80, 0x80, 0x10))
      for (const line of ['drop', 'end']) writeLine(writer, line)
    })
    const module = inContext('->')
    expect(verdict({ ...module, funcs: [{ typeIdx: 3, code }] })).toBe('invalid: offset out of range')
  })
})

describe('behind what never returns', () => {
  it.each([
    ['operands are there at need', ['unreachable', 'i32.add', 'drop']],
    ['operands may be of any type', ['unreachable', 'select', 'i64.eqz', 'drop']],
    ['operands that are there are dropped at first', ['i64.const 1', 'unreachable', 'i32.eqz', 'drop']],
    [
      'a missing operand takes any type in select',
      ['unreachable', 'i64.const 1', 'i32.const 1', 'select', 'i64.eqz', 'drop'],
    ],
    ['a reference is asked for nothing', ['unreachable', 'ref.is_null', 'drop']],
    ['a block starts anew', ['unreachable', 'block', 'nop', 'end']],
    [
      'a branch table may have targets of different types',
      ['block i32', 'block i64', 'unreachable', 'br_table 0 1 1', 'end', 'drop', 'i32.const 0', 'end', 'drop'],
    ],
  ])('%s', (_, lines) => {
    expect(verdict(inContext('->', ...lines))).toBe('valid')
  })

  it.each([
    ['operands that are pushed count', ['unreachable', 'i64.const 1', 'i32.add', 'drop']],
    [
      'a conditional branch gives what it takes',
      ['block i32', 'unreachable', 'br_if 0', 'i64.eqz', 'drop', 'i32.const 0', 'end', 'drop'],
    ],
    ['a block inside can be reached again', ['unreachable', 'block', 'drop', 'end']],
    ['code after the block can be reached again', ['block', 'unreachable', 'end', 'drop']],
    ['too many results are too many', ['unreachable', 'i32.const 1']],
    ['a branch table needs targets of one arity', ['block i32', 'unreachable', 'br_table 0 1', 'end', 'drop']],
  ])('nevertheless %s', (_, lines) => {
    expect(verdict(inContext('->', ...lines))).toMatch(/^invalid: type mismatch/)
  })
})

describe('code that is large on purpose', () => {
  const repeat = (count: number, ...lines: readonly string[]) => {
    const chunk = codeOf((writer) => lines.forEach((line) => writeLine(writer, line))).bytes
    return (writer: InstructionWriter): void => {
      for (let i = 0; i < count; i++) writer.writeBytes(chunk)
    }
  }
  const large = (type: string, ...parts: readonly ((writer: InstructionWriter) => void)[]): Module => {
    const code = codeOf((writer) => {
      writer.writeByte(0)
      for (const part of parts) part(writer)
      writeLine(writer, 'end')
    })
    return moduleOf({ types: [funcType(type)], funcs: [{ typeIdx: 0, code }] })
  }

  it.each(['block', 'loop'])('may nest a million times: %s (adversarial.md 9)', (name) => {
    expect(verdict(large('->', repeat(1_000_000, name), repeat(1_000_000, 'end')))).toBe('valid')
    expect(verdict(large('->', repeat(1_000_000, name), repeat(1_000_001, 'end')))).toMatch(/^malformed/)
    expect(verdict(large('->', repeat(1_000_000, name), repeat(999_999, 'end')))).toMatch(/^malformed/)
  })

  it('may nest a million times: if (adversarial.md 9)', () => {
    expect(verdict(large('->', repeat(1_000_000, 'i32.const 0', 'if'), repeat(1_000_000, 'else', 'end')))).toBe('valid')
  })

  it('may have a million operands (adversarial.md 11)', () => {
    expect(verdict(large('-> i32', repeat(1_000_000, 'i32.const 1'), repeat(999_999, 'i32.add')))).toBe('valid')
    expect(verdict(large('-> i32', repeat(1_000_000, 'i32.const 1'), repeat(1_000_000, 'i32.add')))).toMatch(
      /^invalid: type mismatch/,
    )
  })

  it('may drop a million operands that are not there (adversarial.md 19)', () => {
    expect(verdict(large('->', repeat(1, 'unreachable'), repeat(1_000_000, 'drop')))).toBe('valid')
  })

  it('may have a million operations in a constant expression (adversarial.md 18)', () => {
    const init = codeOf((writer) => {
      repeat(1, 'i32.const 1')(writer)
      repeat(500_000, 'i32.const 1', 'i32.add')(writer)
      writeLine(writer, 'end')
    })
    expect(verdict(moduleOf({ globals: [{ type: { type: I32, mutable: false }, init }] }))).toBe('valid')
  })

  describe('in the arity of its types', () => {
    const thousand = Array.from({ length: 1_000 }, () => I32)
    const labels = Array.from({ length: 1_000 }, (_, i) => i).join(' ')

    /** A thousand blocks in each other, of types 1, 2 … in turn, and in each a table of a thousand targets. */
    const nested = (types: readonly FuncType[], lines: readonly string[]): Module => {
      const code = codeOf((writer) => {
        writer.writeByte(0)
        for (let i = 0; i < 1_000; i++) {
          writeLine(writer, `block ${1 + (i % types.length)}`)
        }
        for (let i = 0; i < 1_000; i++) {
          for (const line of lines) writeLine(writer, line)
          if (i < 1) writeLine(writer, `br_table ${labels}`)
          else
            writeLine(
              writer,
              `br_table ${labels
                .split(' ')
                .slice(0, 1_000 - i)
                .join(' ')}`,
            )
          writeLine(writer, 'end')
        }
        writeLine(writer, 'unreachable')
        writeLine(writer, 'end')
      })
      return moduleOf({ types: [funcType('->'), ...types], funcs: [{ typeIdx: 0, code }] })
    }

    it('checks a type that many targets share once for a table (adversarial.md 13)', () => {
      const types: FuncType[] = [{ kind: 'func', params: [], results: thousand }]
      const lines = Array.from({ length: 1_001 }, () => 'i32.const 0')
      expect(verdict(nested(types, lines))).toBe('valid')
    })

    it('refuses a module that would take too long because of it (adversarial.md 13)', () => {
      // They differ in the one operand that is missing, so that the table's targets may be of both types.
      const types: FuncType[] = [I32, I64].map((t) => ({
        kind: 'func',
        params: [],
        results: [t, ...thousand.slice(1)],
      }))
      const lines = ['unreachable', ...Array.from({ length: 1_000 }, () => 'i32.const 0')]
      expect(verdict(nested(types, lines))).toMatch(/^limit: /)
    })
  })

  it('may declare locals by the thousand in each of many functions (adversarial.md 4)', () => {
    const func = { typeIdx: 0, code: body(['49999 i64', '1 f32'], 'local.get 49999', 'f32.neg', 'drop') }
    const funcs = Array.from({ length: 100_000 }, () => func)
    expect(verdict(moduleOf({ types: [funcType('->')], funcs }))).toBe('valid')
  })

  it('may not declare 2^32 locals, in one run or more (adversarial.md 4)', () => {
    const declare = (...runs: readonly string[]): Module =>
      moduleOf({ types: [funcType('->')], funcs: [{ typeIdx: 0, code: body(runs) }] })
    expect(verdict(declare('4294967295 i32'))).toBe('limit: 4294967295 locals, more than 50000')
    expect(verdict(declare('4294967295 i32', '1 i64'))).toBe('malformed: too many locals')
  })

  it('finds the type of every local, near or far', () => {
    const runs = ['1 i32', '0 f32', '300 i64', '1 f64', '700 i32', '1 f32']
    const at = (x: number, sink: string): string =>
      verdict(
        moduleOf({
          types: [funcType('f64 ->')],
          funcs: [{ typeIdx: 0, code: body(runs, `local.get ${x}`, sink, 'drop') }],
        }),
      )
    for (const [x, sink] of [
      [0, 'f64.neg'],
      [1, 'i32.eqz'],
      [2, 'i64.eqz'],
      [301, 'i64.eqz'],
      [302, 'f64.neg'],
      [303, 'i32.eqz'],
      [1_002, 'i32.eqz'],
      [1_003, 'f32.neg'],
    ] as const) {
      expect(at(x, sink), `local ${x}`).toBe('valid')
      expect(at(x, sink === 'i32.eqz' ? 'i64.eqz' : 'i32.eqz'), `local ${x}`).toMatch(/^invalid: type mismatch/)
    }
    expect(at(1_004, 'drop')).toBe('invalid: unknown local 1004')
  })

  it('does not look at 10,000 fields for each instruction that names their structure', () => {
    let reads = 0
    const fields = new Proxy(
      Array.from({ length: 10_000 }, () => ({ type: I32, mutable: true })),
      {
        get(target, key): unknown {
          reads++
          return Reflect.get(target, key)
        },
      },
    )
    const readsOf = (count: number): number => {
      const lines = ['unreachable', 'struct.new 1', 'drop', 'struct.new_default 1', 'drop']
      const many = Array.from({ length: count }, () => lines).flat()
      const types = [funcType('->'), { kind: 'struct', fields } as const]
      reads = 0
      expect(verdict(moduleOf({ types, funcs: [{ typeIdx: 0, code: body([], ...many) }] }))).toBe('valid')
      return reads
    }
    readsOf(1)
    expect(readsOf(1000)).toBe(readsOf(1))
  })

  it('does not bear on a function that is checked later', () => {
    const wild = body(['3 f32'], 'i64.const 1', 'i64.const 2', 'block', 'unreachable')
    const module = moduleWith('->', 'drop')
    expect(
      verdict({
        ...module,
        funcs: [{ typeIdx: 0, code: { ...wild, bytes: Uint8Array.of(...wild.bytes, 0x0b), end: wild.end + 1 } }],
      }),
    ).toMatch(/^invalid/)
    const clean = { typeIdx: 0, code: body([], 'i64.const 1', 'drop', 'unreachable') }
    expect(verdict({ ...module, funcs: [clean, ...module.funcs] })).toMatch(
      /^invalid: type mismatch: instruction requires an operand/,
    )
    expect(verdict({ ...module, funcs: [clean, { typeIdx: 0, code: body([], 'local.get 0') }] })).toBe(
      'invalid: unknown local 0',
    )
  })
})
