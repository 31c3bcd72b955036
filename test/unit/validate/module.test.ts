// The rules of definitions, the wording that the official scripts expect, and the limits of modules.

import { describe, expect, it } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { MODULE_LIMITS } from '../../../src/syntax/limits.ts'
import type { Elem, Export, Import, Module } from '../../../src/syntax/module.ts'
import { EXTERNREF, F32, FUNCREF, I32, I64 } from '../../../src/syntax/types.ts'
import type { GlobalType, Limits, MemoryType, TableType, ValType } from '../../../src/syntax/types.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { body, code, funcType, moduleOf, moduleWith } from './hand-assembled.ts'

function errorOf(module: Module): ModuleError | undefined {
  try {
    validateModule(module)
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
}

/** What the script language compares: the reason, which begins with the expected words. */
function verdict(module: Module): string {
  const error = errorOf(module)
  return error === undefined ? 'valid' : `${error.kind}: ${error.reason}`
}

const table = (elem: ValType, limits: Limits = { min: 1 }): TableType => ({ addrType: 'i32', elem, limits })
const memory = (limits: Limits): MemoryType => ({ addrType: 'i32', limits, shared: false })
const constant = (type: ValType): GlobalType => ({ type, mutable: false })
const variable = (type: ValType): GlobalType => ({ type, mutable: true })
const global = (type: GlobalType, ...lines: readonly string[]): Partial<Module> => ({
  globals: [{ type, init: code(...lines) }],
})
const imported = (type: Import['type']): Import => ({ module: 'm', name: 'n', type })
const exported = (name: string, kind: Export['kind'], index: number): Export => ({ name, kind, index })
const passive = (type: ValType, items: Elem['items']): Elem => ({ type, mode: { kind: 'passive' }, items })
const active = (index: number, ...offset: readonly string[]) =>
  ({ kind: 'active', index, offset: code(...offset), explicit: false }) as const

/** One function of each of these types, then whatever else. */
function withFuncs(types: readonly string[], parts: Partial<Module> = {}): Module {
  const results = (text: string): string[] => funcType(text).results.map(() => 'unreachable')
  return moduleOf({
    types: types.map(funcType),
    funcs: types.map((text, typeIdx) => ({ typeIdx, code: body([], ...results(text)) })),
    ...parts,
  })
}

describe('an index', () => {
  it.each<[string, Module]>([
    ['unknown type 1', moduleOf({ types: [funcType('->')], funcs: [{ typeIdx: 1, code: body([]) }] })],
    ['unknown type 0', moduleOf({ imports: [imported({ kind: 'func', typeIdx: 0 })] })],
    ['unknown function 1', withFuncs(['->'], { start: 1 })],
    ['unknown function 1', withFuncs(['->'], { exports: [exported('f', 'func', 1)] })],
    ['unknown function 7', withFuncs(['->'], { elems: [passive(FUNCREF, Uint32Array.of(0, 7))] })],
    ['unknown function 7', withFuncs(['->'], { elems: [passive(FUNCREF, [code('ref.func 7')])] })],
    ['unknown function 1', withFuncs(['->'], global(constant(FUNCREF), 'ref.func 1'))],
    ['unknown table 0', moduleOf({ exports: [exported('t', 'table', 0)] })],
    ['unknown table 0', moduleOf({ elems: [{ type: FUNCREF, mode: active(0, 'i32.const 0'), items: [] }] })],
    ['unknown memory 0', moduleOf({ exports: [exported('m', 'memory', 0)] })],
    [
      'unknown memory 1',
      moduleOf({
        memories: [memory({ min: 1 })],
        datas: [{ mode: active(1, 'i32.const 0'), bytes: new Uint8Array(0) }],
      }),
    ],
    ['unknown global 0', moduleOf({ exports: [exported('g', 'global', 0)] })],
    ['unknown global 0', moduleOf(global(constant(I32), 'global.get 0'))],
    [
      'unknown global 1',
      moduleOf({
        globals: [
          { type: constant(I32), init: code('global.get 1') },
          { type: constant(I32), init: code('i32.const 1') },
        ],
      }),
    ],
    ['unknown local 1', moduleWith('i32 ->', 'local.get 1', 'drop')],
    ['unknown global 0', moduleWith('->', 'global.get 0', 'drop')],
    ['unknown label 1', moduleWith('->', 'br 1')],
    ['unknown label 4294967295', moduleWith('->', 'block', 'br 4294967295', 'end')],
    ['unknown function 1', moduleWith('->', 'call 1')],
    ['unknown table 0', moduleWith('->', 'i32.const 0', 'call_indirect 0 0')],
    ['unknown type 1', moduleWith('->', 'block 1', 'end')],
    ['unknown memory 0', moduleWith('->', 'memory.size', 'drop')],
    ['unknown memory 2', moduleWith('->', 'i32.const 0', 'i32.load 2 0 2', 'drop')],
    ['unknown data segment 0', moduleWith('->', 'data.drop 0')],
    ['unknown elem segment 4', moduleWith('->', 'elem.drop 4')],
  ])('that leads nowhere is reported: %s', (reason, module) => {
    expect(verdict(module)).toBe(`invalid: ${reason}`)
  })

  it('counts imports before definitions', () => {
    const parts = {
      imports: [imported({ kind: 'global', type: constant(I64) }), imported({ kind: 'func', typeIdx: 1 })],
      globals: [{ type: variable(I32), init: code('i32.const 1') }],
    }
    const call = (...lines: string[]): Module =>
      moduleOf({
        types: [funcType('->'), funcType('i64 ->')],
        funcs: [{ typeIdx: 0, code: body([], ...lines) }],
        ...parts,
      })
    expect(verdict(call('global.get 0', 'call 0', 'call 1', 'i32.const 1', 'global.set 1'))).toBe('valid')
    expect(verdict(call('global.get 1', 'call 0'))).toMatch(/^invalid: type mismatch/)
    expect(verdict(call('i64.const 1', 'global.set 0'))).toBe('invalid: immutable global 0')
  })
})

describe('a constant expression', () => {
  it.each([
    [I32, ['i32.const 1']],
    [I64, ['i64.const 1', 'i64.const 2', 'i64.mul', 'i64.const 3', 'i64.sub']],
    [FUNCREF, ['ref.null func']],
    [EXTERNREF, ['ref.null extern']],
    [FUNCREF, ['ref.func 0']],
  ])('of type %s may be %j', (type, lines) => {
    expect(verdict(withFuncs(['->'], global(constant(type), ...lines)))).toBe('valid')
  })

  it.each<[readonly string[], string]>([
    [['i32.const 1', 'i32.ctz'], 'constant expression required'],
    [['nop', 'i32.const 1'], 'constant expression required'],
    [['unreachable'], 'constant expression required'],
    [['block', 'end', 'i32.const 1'], 'constant expression required'],
    [['i32.const 1', 'i32.const 1', 'i32.div_s'], 'constant expression required'],
    [['global.get 0'], 'constant expression required'],
    [[], 'type mismatch: block requires [i32] but stack has []'],
    [['i64.const 1'], 'type mismatch: block requires [i32] but stack has [i64]'],
    [['i32.const 1', 'i32.const 1'], 'type mismatch: block requires [i32] but stack has [i32 i32]'],
    [['i32.add'], 'type mismatch: instruction requires [i32 i32] but stack has []'],
  ])('of type i32 may not be %j: %s', (lines, reason) => {
    const module = moduleOf({
      imports: [imported({ kind: 'global', type: variable(I32) })],
      ...global(constant(I32), ...lines),
    })
    const found = verdict(module)
    expect(found.slice(0, 'invalid: '.length + reason.length)).toBe(`invalid: ${reason}`)
  })

  it('sees the immutable globals before it, and in a segment all of them', () => {
    const globals = [
      { type: constant(I32), init: code('i32.const 1') },
      { type: constant(I32), init: code('global.get 0', 'i32.const 1', 'i32.add') },
      { type: constant(I32), init: code('global.get 1') },
    ]
    const datas = [{ mode: active(0, 'global.get 2'), bytes: Uint8Array.of(1) }]
    expect(verdict(moduleOf({ globals, datas, memories: [memory({ min: 1 })] }))).toBe('valid')
    expect(verdict(moduleOf({ globals: globals.toReversed() }))).toBe('invalid: unknown global 1')
  })

  it('of a table sees imported globals only', () => {
    const parts: Partial<Module> = {
      globals: [{ type: constant(FUNCREF), init: code('ref.null func') }],
      tables: [{ type: table(FUNCREF), init: code('global.get 0') }],
    }
    expect(verdict(moduleOf(parts))).toBe('invalid: unknown global 0')
    expect(verdict(moduleOf({ ...parts, imports: [imported({ kind: 'global', type: constant(FUNCREF) })] }))).toBe(
      'valid',
    )
  })
})

describe('limits of a table or memory', () => {
  it.each<[string, Partial<Module>]>([
    ['memory size must be at most 65536 pages (4GiB), not 65537', { memories: [memory({ min: 65_537 })] }],
    [
      'memory size must be at most 65536 pages (4GiB), not 4294967296',
      { memories: [memory({ min: 0, max: 2 ** 32 })] },
    ],
    [
      'memory size must be at most 65536 pages (4GiB), not 65537',
      { imports: [imported({ kind: 'memory', type: memory({ min: 65_537 }) })] },
    ],
    ['size minimum must not be greater than maximum: 1 and 0', { memories: [memory({ min: 1, max: 0 })] }],
    [
      'size minimum must not be greater than maximum: 4294967295 and 0',
      { tables: [{ type: table(FUNCREF, { min: 2 ** 32 - 1, max: 0 }) }] },
    ],
    ['table size must be at most 2^32-1, not 4294967296', { tables: [{ type: table(FUNCREF, { min: 2 ** 32 }) }] }],
    [
      'table size must be at most 2^32-1, not 4294967296',
      { tables: [{ type: table(FUNCREF, { min: 0, max: 2 ** 32 }) }] },
    ],
  ])('that make no sense are reported: %s', (reason, parts) => {
    expect(verdict(moduleOf(parts))).toBe(`invalid: ${reason}`)
  })

  const wide = (limits: Limits, pageSizeLog2?: number): Module =>
    moduleOf({ memories: [{ addrType: 'i64', limits, shared: false, pageSizeLog2 }] })

  it('of 64 bits are told from their neighbours beyond 2^53', () => {
    expect(verdict(wide({ min: 0, max: 2 ** 48 }))).toBe('valid')
    expect(verdict(wide({ min: 0, max: 2 ** 48 + 1 }))).toBe(
      'invalid: memory size must be at most 2^48 pages (16EiB), not 281474976710657',
    )
    expect(verdict(wide({ min: 0, max: 2n ** 64n - 1n }, 0))).toBe('valid')
    const reversed = { min: 2n ** 53n + 2n, max: 2n ** 53n + 1n }
    expect(verdict(wide(reversed, 0))).toBe(
      'invalid: size minimum must not be greater than maximum: 9007199254740994 and 9007199254740993',
    )
    const types = [{ addrType: 'i64', limits: { min: 0, max: 2n ** 64n - 1n }, elem: FUNCREF }] as const
    expect(verdict(moduleOf({ tables: types.map((type) => ({ type })) }))).toBe('valid')
  })

  it.each([1, 2, 15, 17, 63])('are none where a page has 2^%i bytes', (pageSizeLog2) => {
    expect(verdict(moduleOf({ memories: [{ ...memory({ min: 0 }), pageSizeLog2 }] }))).toBe(
      `invalid: invalid custom page size: 2^${pageSizeLog2}, where only 1 and 65536 may stand`,
    )
  })

  it('count pages of the size that is spelled', () => {
    const paged = (limits: Limits, pageSizeLog2: number): Module =>
      moduleOf({ memories: [{ ...memory(limits), pageSizeLog2 }] })
    expect(verdict(paged({ min: 0, max: 2 ** 32 - 1 }, 0))).toBe('valid')
    expect(verdict(paged({ min: 0, max: 2 ** 32 }, 0))).toBe(
      'invalid: memory size must be at most 2^32-1 pages of one byte, not 4294967296',
    )
    expect(verdict(paged({ min: 0, max: 65_537 }, 16))).toMatch('invalid: memory size must be at most 65536 pages')
  })

  it('may be the largest that there are', () => {
    expect(verdict(moduleOf({ memories: [memory({ min: 65_536, max: 65_536 })] }))).toBe('valid')
    expect(verdict(moduleOf({ tables: [{ type: table(FUNCREF, { min: 0, max: 2 ** 32 - 1 }) }] }))).toBe('valid')
  })
})

describe('exports, start and segments', () => {
  it('refuse a name that is exported twice, whatever the kinds are', () => {
    const twice = withFuncs(['->'], {
      exports: [exported('a', 'func', 0), exported('b', 'func', 0), exported('a', 'memory', 0)],
      memories: [memory({ min: 0 })],
    })
    expect(verdict(twice)).toBe('invalid: duplicate export name "a"')
  })

  it('find a duplicate at the far end of a million exports (adversarial.md 17)', () => {
    const exports = Array.from({ length: 1_000_000 }, (_, i) => exported(`prefix ${i}`, 'func', 0))
    expect(verdict(withFuncs(['->'], { exports }))).toBe('valid')
    exports[999_999] = exported('prefix 0', 'func', 0)
    expect(verdict(withFuncs(['->'], { exports }))).toBe('invalid: duplicate export name "prefix 0"')
  })

  it('take a name like a property of every object', () => {
    const exports = ['__proto__', 'constructor', ''].map((name) => exported(name, 'func', 0))
    expect(verdict(withFuncs(['->'], { exports }))).toBe('valid')
  })

  it.each(['i32 ->', '-> i32'])('refuse a start function of type %s', (type) => {
    expect(verdict(withFuncs([type], { start: 0 }))).toMatch(/^invalid: start function: func 0 has type /)
    expect(verdict(withFuncs([type, '->'], { start: 1 }))).toBe('valid')
  })

  it('refuse an element segment of another type than its table', () => {
    const into = (elem: ValType, type: ValType): Module =>
      moduleOf({ tables: [{ type: table(elem) }], elems: [{ type, mode: active(0, 'i32.const 0'), items: [] }] })
    expect(verdict(into(EXTERNREF, EXTERNREF))).toBe('valid')
    expect(verdict(into(FUNCREF, EXTERNREF))).toBe('invalid: type mismatch: expected funcref but found externref')
  })

  it('refuse an item of another type than its segment', () => {
    const items = [code('ref.null func'), code('ref.null extern')]
    expect(verdict(moduleOf({ elems: [passive(EXTERNREF, items)] }))).toMatch(/^invalid: type mismatch/)
    expect(verdict(moduleOf({ elems: [passive(EXTERNREF, items.slice(1))] }))).toBe('valid')
  })

  it('refuse an offset that is no i32', () => {
    const datas = [{ mode: active(0, 'i64.const 0'), bytes: new Uint8Array(0) }]
    expect(verdict(moduleOf({ memories: [memory({ min: 1 })], datas }))).toMatch(/^invalid: type mismatch/)
  })
})

describe('a function may be referenced in code', () => {
  const refer = body([], 'ref.func 0', 'drop')
  const module = (parts: Partial<Module>): Module =>
    moduleOf({
      types: [funcType('->')],
      funcs: [{ typeIdx: 0, code: refer }],
      tables: [{ type: table(FUNCREF) }],
      ...parts,
    })

  it('not by being the start function, or called', () => {
    expect(verdict(module({ start: 0 }))).toBe('invalid: undeclared function reference 0')
  })

  it.each<[string, Partial<Module>]>([
    ['an export', { exports: [exported('f', 'func', 0)] }],
    ['a global', global(constant(FUNCREF), 'ref.func 0')],
    ['a declarative segment', { elems: [{ type: FUNCREF, mode: { kind: 'declarative' }, items: Uint32Array.of(0) }] }],
    ['an item', { elems: [passive(FUNCREF, [code('ref.func 0')])] }],
    ['the initial value of a table', { tables: [{ type: table(FUNCREF), init: code('ref.func 0') }] }],
  ])('if %s mentions it', (_, parts) => {
    expect(verdict(module(parts))).toBe('valid')
  })
})

describe('the limits of modules', () => {
  const many = (count: number): ValType[] => Array.from({ length: count }, () => F32)

  it.each<[string, (extra: number) => Module]>([
    ['1000 parameters', (n) => moduleOf({ types: [{ kind: 'func', params: many(1_000 + n), results: [] }] })],
    ['1000 results', (n) => moduleOf({ types: [{ kind: 'func', params: [], results: many(1_000 + n) }] })],
    [
      '1000000 types',
      (n) => moduleOf({ types: Array.from({ length: 1_000_000 + n }, () => funcType('->')).fill(funcType('->')) }),
    ],
    ['10000000 elements in a table', (n) => moduleOf({ tables: [{ type: table(FUNCREF, { min: 10_000_000 + n }) }] })],
    [
      '137438953471 pages in a memory',
      (n) => moduleOf({ memories: [{ ...memory({ min: 2 ** 37 - 1 + n }), addrType: 'i64' }] }),
    ],
    ['100 memories', (n) => moduleOf({ memories: Array.from({ length: 100 + n }, () => memory({ min: 0 })) })],
    [
      '100000 tables',
      (n) => moduleOf({ tables: Array.from({ length: 100_000 + n }, () => ({ type: table(FUNCREF) })) }),
    ],
    [
      '100000 data segments',
      (n) =>
        moduleOf({
          datas: Array.from({ length: 100_000 + n }, () => ({ mode: { kind: 'passive' }, bytes: new Uint8Array(0) })),
        }),
    ],
    [
      '50000 locals, one of them a parameter (adversarial.md 4)',
      (n) =>
        moduleOf({
          types: [funcType('i32 ->')],
          funcs: [{ typeIdx: 0, code: body([`${49_000 + n} i64`, '999 f32']) }],
        }),
    ],
    [
      '7654321 bytes in a body (adversarial.md 15)',
      (n) => moduleOf({ types: [funcType('->')], funcs: [{ typeIdx: 0, code: nops(7_654_321 + n) }] }),
    ],
    [
      '65520 targets of a branch table (adversarial.md 12)',
      (n) => moduleWith('->', 'i32.const 0', `br_table${' 0'.repeat(65_521 + n)}`),
    ],
  ])('allow %s and not one more (adversarial.md 14, 16)', (_, module) => {
    expect(verdict(module(0))).toBe('valid')
    expect(verdict(module(1))).toMatch(/^limit: /)
  })

  it('may be given', () => {
    const module = moduleOf({ tables: [{ type: table(FUNCREF, { min: 2 ** 32 - 1 }) }] })
    expect(() => validateModule(module)).toThrow(/^4294967295 elements in a table, more than 10000000/)
    expect(() => validateModule(module, { limits: { ...MODULE_LIMITS, tableSize: 2 ** 32 - 1 } })).not.toThrow()
  })

  it('come after what the specification says', () => {
    const error = errorOf(moduleOf({ tables: [{ type: table(FUNCREF, { min: 2 ** 32 - 1, max: 0 }) }] }))
    expect(error?.kind).toBe('invalid')
  })
})

function nops(length: number): ReturnType<typeof code> {
  const bytes = new Uint8Array(length).fill(0x01)
  bytes[0] = 0
  bytes[length - 1] = 0x0b
  return { bytes, start: 0, end: length }
}

describe('an error says', () => {
  const wrong = (names?: Module['names']): Module =>
    moduleOf({ ...moduleWith('i64 ->', 'local.get 0', 'i32.const 1', 'i32.add', 'drop'), names })

  it('what was required and found, in which instruction of which function, and where', () => {
    expect(errorOf(wrong())?.message).toBe(
      'type mismatch: instruction requires [i32 i32] but stack has [i64 i32] (i32.add in func 0, at offset 0x5)',
    )
  })

  it('the name of the function where it has one', () => {
    expect(errorOf(wrong({ funcs: new Map([[0, 'fac']]) }))?.message).toContain('(i32.add in $fac, at offset 0x5)')
  })

  it('its offset in the buffer that holds the code', () => {
    const { bytes, end } = body([], 'drop')
    const shifted = new Uint8Array(end + 100)
    shifted.set(bytes, 100)
    const module = moduleOf({
      types: [funcType('->')],
      funcs: [{ typeIdx: 0, code: { bytes: shifted, start: 100, end: 100 + end } }],
    })
    expect(errorOf(module)?.place).toEqual({ offset: 101, instruction: 'drop', within: 'func 0' })
  })

  it.each<[string, Partial<Module>]>([
    ['global 0', global(constant(I32), 'nop')],
    ['elem 0', { elems: [passive(FUNCREF, [code('nop')])] }],
    ['data 0', { memories: [memory({ min: 1 })], datas: [{ mode: active(0, 'nop'), bytes: new Uint8Array(0) }] }],
    ['table 0', { tables: [{ type: table(FUNCREF), init: code('nop') }] }],
  ])('that it is in %s', (within, parts) => {
    expect(errorOf(moduleOf(parts))?.message).toBe(`constant expression required (nop in ${within}, at offset 0x0)`)
  })

  it('which import or export it is in', () => {
    const memories = [imported({ kind: 'memory', type: memory({ min: 1, max: 0 }) })]
    expect(errorOf(moduleOf({ imports: memories }))?.place.within).toBe('import "m" "n"')
    expect(errorOf(moduleOf({ exports: [exported('f', 'func', 0)] }))?.place.within).toBe('export "f"')
  })

  it('that code is malformed where it is', () => {
    expect(
      verdict(moduleOf({ types: [funcType('->')], funcs: [{ typeIdx: 0, code: { ...body([], 'nop'), end: 2 } }] })),
    ).toMatch(/^malformed: unexpected end/)
    expect(verdict(moduleWith('->', 'end'))).toMatch(/^malformed: section size mismatch/)
  })
})
