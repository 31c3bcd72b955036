// Hostile modules: each ends in a module or a ModuleError, before anything is allocated for it. The numbers in the names are those of
// the adversarial checklist.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../../../src/syntax/limits.ts'
import { everySection, moduleOf, moduleOfBody, outcome, section, sized, u32, vector } from './module-bytes.ts'
import type { Piece } from './module-bytes.ts'

const END = 0x0b
const nops = (count: number): Uint8Array => new Uint8Array(count).fill(0x01)
const withLimits = (limits: Partial<ModuleLimits>): { limits: ModuleLimits } => ({
  limits: { ...MODULE_LIMITS, ...limits },
})

describe('a damaged module ends in a ModuleError or a module', () => {
  it('at every truncation (adversarial.md 1)', () => {
    for (let length = 0; length < everySection.length; length++) {
      expect(outcome(everySection.subarray(0, length))).toMatch(/^(malformed|module)/)
    }
  })

  it('with any single bit or byte flipped (adversarial.md 2)', () => {
    const bytes = everySection.slice()
    const kinds = new Set<string>()
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
        bytes[at]! ^= mask
        kinds.add(outcome(bytes).split(':')[0]!)
        bytes[at]! ^= mask
      }
    }
    expect([...kinds].sort()).toEqual(['malformed', 'module'])
  })

  it('whatever the offset is, tells it within the module (adversarial.md 2)', () => {
    for (let length = 8; length < everySection.length; length++) {
      const bytes = everySection.slice(0, length)
      let offset = 0
      try {
        decodeModule(bytes)
      } catch (error) {
        offset = (error as { place: { offset: number } }).place.offset
      }
      expect(offset).toBeGreaterThanOrEqual(0)
      expect(offset).toBeLessThanOrEqual(length)
    }
  })
})

describe('a count beyond the bytes that are left is malformed', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13])('as 0xFFFFFFFF entries in section %i (adversarial.md 3)', (id) => {
    expect(outcome(moduleOf(section(id, u32(0xffff_ffff))))).toBe('malformed: length out of bounds')
  })

  it('as a data count of 0xFFFFFFFF is over the limit (adversarial.md 3)', () => {
    expect(outcome(moduleOf(section(12, u32(0xffff_ffff))))).toMatch(/^limit: 4294967295 data segments/)
  })

  it.each<[string, Uint8Array]>([
    ['parameters', moduleOf(section(1, vector([0x60, u32(0xffff_ffff), 0])))],
    ['results', moduleOf(section(1, vector([0x60, 0, u32(0xffff_ffff)])))],
    ['types of a recursion group', moduleOf(section(1, vector([0x4e, u32(0xffff_ffff)])))],
    ['supertypes', moduleOf(section(1, vector([0x50, u32(0xffff_ffff)])))],
    ['fields', moduleOf(section(1, vector([0x5f, u32(0xffff_ffff)])))],
    ['functions of an element segment', moduleOf(section(9, vector([1, 0, u32(0xffff_ffff)])))],
    ['expressions of an element segment', moduleOf(section(9, vector([5, 0x70, u32(0xffff_ffff)])))],
    ['bytes of a data segment', moduleOf(section(11, vector([1, u32(0xffff_ffff)])))],
    ['bytes of a body', moduleOf(section(3, vector(0)), section(10, vector(u32(0xffff_ffff))))],
    ['groups of locals', moduleOfBody(u32(0xffff_ffff))],
    ['bytes of a name', moduleOf(section(7, vector(u32(0xffff_ffff))))],
    ['bytes of a section', moduleOf(1, u32(0xffff_ffff))],
  ])('as %s (adversarial.md 3)', (_, bytes) => {
    expect(outcome(bytes)).toBe('malformed: length out of bounds')
  })

  it.each([
    ['targets of a br_table', [0x41, 0, 0x0e, u32(0xffff_ffff)]],
    ['types of a select', [0x1c, u32(0xffff_ffff)]],
  ])('as %s (adversarial.md 3 and 12)', (_, code) => {
    expect(outcome(moduleOfBody(0, code))).toBe('malformed: unexpected end of section or function')
  })
})

describe('a type definition', () => {
  const types = (...entries: readonly Piece[]): string => outcome(moduleOf(section(1, vector(...entries))))
  const nested = (depth: number): Piece => Array.from({ length: depth }, () => [0x4e, 1])

  it.each<[string, Piece, string]>([
    ['a group inside of a group', [0x4e, 1, 0x4e, 1, 0x60, 0, 0], 'malformed definition type'],
    ['groups a thousand deep', [nested(1000), 0x60, 0, 0], 'malformed definition type'],
    ['a subtype inside of a subtype', [0x50, 0, 0x50, 0, 0x5f, 0], 'malformed definition type'],
    ['a subtype around a group', [0x50, 0, 0x4e, 0], 'malformed definition type'],
    ['a subtype of nothing', [0x4f, 0], 'unexpected end'],
    ['a group that breaks off', [0x4e, 2, 0x60, 0, 0], 'unexpected end'],
    ['an array of nothing', [0x5e], 'unexpected end'],
    ['an array without mutability', [0x5e, 0x7f], 'unexpected end'],
    ['a field of mutability 2', [0x5f, 1, 0x78, 2], 'malformed mutability'],
    ['a field of an unknown type', [0x5f, 1, 0x76, 0], 'malformed storage type'],
    ['a field that is exact without being a reference', [0x5f, 1, 0x62, 0, 0], 'malformed storage type'],
    ['an exact reference to nothing', [0x5e, 0x64, 0x62], 'unexpected end'],
    [
      'an exact reference to an index of 33 bits',
      [0x5e, 0x64, 0x62, 0xff, 0xff, 0xff, 0xff, 0x1f, 0],
      'integer too large',
    ],
    ['a descriptor without a type', [0x4d], 'unexpected end'],
    ['a descriptor of nothing', [0x4d, 0], 'unexpected end'],
    ['two descriptors', [0x4d, 1, 0x4d, 1, 0x5f, 0], 'malformed definition type'],
    ['what it describes behind its descriptor', [0x4d, 1, 0x4c, 0, 0x5f, 0], 'malformed definition type'],
    ['a subtype behind a descriptor', [0x4d, 1, 0x50, 0, 0x5f, 0], 'malformed definition type'],
    ['a packed parameter', [0x60, 1, 0x78, 0], 'malformed value type'],
    ['a reference to an unknown heap type', [0x5e, 0x63, 0x40, 0], 'malformed heap type'],
    ['a reference to a number', [0x5e, 0x64, 0x7f, 0], 'malformed heap type'],
    ['a heap type of 34 bits', [0x5e, 0x64, 0x80, 0x80, 0x80, 0x80, 0x20, 0], 'integer too large'],
    ['a form with a continuation bit', [0xe0, 0x7f, 0, 0], 'integer representation too long'],
    ['an unknown form', [0x5c, 0], 'malformed definition type'],
  ])('that is %s is malformed', (_, entry, reason) => {
    expect(types(entry)).toContain(`malformed: ${reason}`)
  })

  it('at every truncation is malformed', () => {
    const group = [0x4e, 2, 0x50, 1, 0, 0x5f, 2, 0x63, 1, 1, 0x78, 0, 0x5e, 0x64, 0x6b, 1]
    expect(types([0x50, 0, 0x5f, 0], group)).toBe('module')
    for (let length = 0; length < group.length; length++) {
      expect(types([0x50, 0, 0x5f, 0], group.slice(0, length))).toMatch(/^malformed/)
    }
  })

  it('may be in one of a hundred thousand empty groups, or in one group with as many', () => {
    const repeated = (byte: number): Uint8Array => new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? byte : 0))
    expect(outcome(moduleOf(section(1, u32(100_001), repeated(0x4e), 0x5f, 0)))).toBe('module')
    expect(types([0x4e, u32(100_000), repeated(0x5f)])).toBe('module')
  })

  it('of more than the limits is refused before it is read', () => {
    const bytes = new Uint8Array(1_000_001)
    expect(types([0x4e, u32(1_000_001), bytes])).toMatch(/^limit: 1000001 types in a recursion group/)
    expect(types([0x5f, u32(10_001), bytes])).toMatch(/^limit: 10001 fields/)
  })

  it('may refer to an index that no module has, which is for validation', () => {
    expect(types([0x5e, 0x64, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])).toBe('module')
  })
})

describe('locals (item 4)', () => {
  const body = (...groups: readonly Piece[]): Uint8Array => moduleOfBody(vector(...groups), END)

  it('may be 50,000, and one more is over the limit', () => {
    expect(outcome(body([u32(50_000), 0x7f]))).toBe('module')
    expect(outcome(body([u32(49_999), 0x7f], [1, 0x7e]))).toBe('module')
    expect(outcome(body([u32(50_000), 0x7f], [1, 0x7e]))).toMatch(/^limit: 50001 locals/)
  })

  it('share their limit with the parameters', () => {
    const withParam = (locals: number): Uint8Array =>
      moduleOf(
        section(1, vector([0x60, vector(0x7f), 0])),
        section(3, vector(0)),
        section(10, vector(sized(vector([u32(locals), 0x7f]), END))),
      )
    expect(outcome(withParam(49_999))).toBe('module')
    expect(outcome(withParam(50_000))).toMatch(/^limit/)
  })

  it('of 2^32 - 1 are over the limit, of 2^32 and more malformed', () => {
    expect(outcome(body([u32(0xffff_ffff), 0x7f]))).toMatch(/^limit: 4294967295 locals/)
    expect(outcome(body([u32(0xffff_ffff), 0x7f], [1, 0x7f]))).toBe('malformed: too many locals')
    expect(outcome(body([u32(0xffff_ffff), 0x7f], [u32(0xffff_ffff), 0x7f]))).toBe('malformed: too many locals')
  })

  it('may be in a million empty groups', () => {
    expect(
      outcome(
        body(
          Array.from({ length: 1_000_000 }, () => 0),
          [],
        ),
      ),
    ).toMatch(/^malformed/)
    const groups = new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 0 : 0x7f))
    expect(outcome(moduleOfBody(u32(1_000_000), groups, END))).toBe('module')
  })
})

describe('a LEB128 integer (adversarial.md 5)', () => {
  const start = (...leb: readonly number[]): string => outcome(moduleOf(section(8, leb)))
  const i32 = (...leb: readonly number[]): string => outcome(moduleOfBody(0, 0x41, leb, 0x1a, END))
  const i64 = (...leb: readonly number[]): string => outcome(moduleOfBody(0, 0x42, leb, 0x1a, END))
  const TOO_LONG = 'malformed: integer representation too long'
  const TOO_LARGE = 'malformed: integer too large'

  it('of 32 unsigned bits may be padded to five bytes and no further', () => {
    expect(start(0x80, 0x80, 0x80, 0x80, 0x00)).toBe('module')
    expect(start(0xff, 0xff, 0xff, 0xff, 0x0f)).toBe('module')
    expect(start(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)).toBe(TOO_LONG)
    expect(start(0x80, 0x80, 0x80, 0x80, 0x10)).toBe(TOO_LARGE)
    expect(start(0x80, 0x80, 0x80, 0x80)).toBe('malformed: unexpected end of section or function')
  })

  it('of 32 signed bits repeats its sign in the unused bits', () => {
    expect(i32(0xff, 0xff, 0xff, 0xff, 0x7f)).toBe('module')
    expect(i32(0x80, 0x80, 0x80, 0x80, 0x78)).toBe('module')
    expect(i32(0xff, 0xff, 0xff, 0xff, 0x07)).toBe('module')
    expect(i32(0xff, 0xff, 0xff, 0xff, 0x0f)).toBe(TOO_LARGE)
    expect(i32(0x80, 0x80, 0x80, 0x80, 0x70)).toBe(TOO_LARGE)
    expect(i32(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)).toBe(TOO_LONG)
  })

  it('of 64 signed bits takes ten bytes at most', () => {
    const nine = (byte: number): number[] => Array.from({ length: 9 }, () => byte)
    expect(i64(...nine(0x80), 0x00)).toBe('module')
    expect(i64(...nine(0xff), 0x7f)).toBe('module')
    expect(i64(...nine(0x80), 0x7e)).toBe(TOO_LARGE)
    expect(i64(...nine(0xff), 0x01)).toBe(TOO_LARGE)
    expect(i64(...nine(0x80), 0x80, 0x00)).toBe(TOO_LONG)
  })

  it('of an offset has 64 bits', () => {
    const load = (...offset: readonly number[]): string => outcome(moduleOfBody(0, 0x41, 0, 0x28, 2, offset, 0x1a, END))
    const nine = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]
    expect(load(...nine, 0x01)).toBe('module')
    expect(load(...nine, 0x02)).toBe(TOO_LARGE)
    expect(load(...nine, 0x80, 0x00)).toBe(TOO_LONG)
  })

  it('of a block type has 33 bits and is not negative', () => {
    const block = (...leb: readonly number[]): string => outcome(moduleOfBody(0, 0x02, leb, END, END))
    expect(block(0x80, 0x80, 0x80, 0x80, 0x00)).toBe('module')
    expect(block(0xff, 0xff, 0xff, 0xff, 0x0f)).toMatch(/^invalid: unknown type 4294967295/)
    expect(block(0xff, 0x7f)).toBe('malformed: malformed block type')
    expect(block(0x80, 0x80, 0x80, 0x80, 0x20)).toBe(TOO_LARGE)
  })
})

describe('a section (adversarial.md 6)', () => {
  const types = section(1, vector([0x60, 0, 0]))

  it.each<[string, Uint8Array, string]>([
    ['longer than the module', moduleOf(1, 100, 0), 'length out of bounds'],
    ['shorter than its content', moduleOf(1, 3, 1, 0x60, 0, 0), 'section size mismatch'],
    ['longer than its content', moduleOf(1, 5, 1, 0x60, 0, 0, 0), 'section size mismatch'],
    ['of size zero', moduleOf(1, 0), 'unexpected end of section or function'],
    ['of size zero before another one', moduleOf(1, 0, section(3, 0)), 'unexpected end of section'],
    ['that stands twice', moduleOf(types, types), 'unexpected content after last section'],
    ['out of order', moduleOf(section(3, 0), types), 'unexpected content after last section'],
    ['with the data count behind the code', moduleOf(section(10, 0), section(12, 0)), 'unexpected content after last'],
    ['of an unknown id', moduleOf(section(14, 0)), 'malformed section id'],
    ['whose id has a continuation bit', moduleOf(0x81, 0, 1, 0), 'malformed section id'],
    ['that is custom, with a name longer than it', moduleOf(0, 2, 5, 'a', types), 'unexpected end of section'],
    ['that is custom, with a name longer than the module', moduleOf(0, 2, 50, 'a'), 'length out of bounds'],
    ['that is custom and empty', moduleOf(0, 0), 'unexpected end of section or function'],
  ])('%s is malformed', (_, bytes, reason) => {
    expect(outcome(bytes)).toContain(`malformed: ${reason}`)
  })

  it.each<[string, Piece, string]>([
    ['lacks its end and stands last', [0x41, 1, 0x1a], 'unexpected end of section or function'],
    ['goes on behind its end', [END, 0x01], 'section size mismatch'],
    ['has an else without an if', [0x05, END], 'END opcode expected'],
    ['has an else in a block', [0x02, 0x40, 0x05, END, END], 'END opcode expected'],
    ['has two elses in an if', [0x41, 0, 0x04, 0x40, 0x05, 0x05, END, END], 'END opcode expected'],
  ])('of a body that %s is malformed', (_, code, reason) => {
    expect(outcome(moduleOfBody(0, code))).toBe(`malformed: ${reason}`)
  })
})

describe('UTF-8 (adversarial.md 7)', () => {
  const malformed = 'malformed: malformed UTF-8 encoding'
  const names: readonly [string, readonly number[]][] = [
    ['an overlong form', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point above 0x10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a truncated form', [0x61, 0xe2, 0x82]],
    ['a lone continuation byte', [0x80]],
    ['an overlong form in a long name', [...new TextEncoder().encode('long '.repeat(20)), 0xe0, 0x80, 0x80]],
  ]

  it.each(names)('%s is malformed in names of imports, exports and custom sections', (_, name) => {
    expect(outcome(moduleOf(section(2, vector([sized(name), sized('x'), 0, 0]))))).toBe(malformed)
    expect(outcome(moduleOf(section(2, vector([sized('x'), sized(name), 0, 0]))))).toBe(malformed)
    expect(outcome(moduleOf(section(7, vector([sized(name), 0, 0]))))).toBe(malformed)
    expect(outcome(moduleOf(section(0, sized(name))))).toBe(malformed)
  })

  it.each(['', '\u{feff}', '\0', '\u{10ffff}', '__proto__', 'é'.repeat(40), 'x'.repeat(100_000)])(
    'the name %j is kept as it is',
    (name) => {
      const { exports } = decodeModule(moduleOf(section(7, vector([sized(name), 0, 0]))))
      expect(exports).toEqual([{ name, kind: 'func', index: 0 }])
    },
  )
})

describe('a million nested blocks (adversarial.md 9)', () => {
  const depth = 1_000_000
  const repeated = (...unit: readonly number[]): Uint8Array =>
    new Uint8Array(unit.length * depth).map((_, i) => unit[i % unit.length]!)

  it('are decoded', () => {
    expect(outcome(moduleOfBody(0, repeated(0x02, 0x40), repeated(END), END))).toBe('module')
    expect(outcome(moduleOfBody(0, repeated(0x04, 0x40), repeated(0x05, END), END))).toBe('module')
  })

  it('may stand in a constant expression, as far as its form goes', () => {
    const init = [repeated(0x02, 0x40), repeated(END), END]
    expect(outcome(moduleOf(section(6, vector([0x7f, 0, init]))))).toBe('module')
  })

  it('that lack one end are malformed', () => {
    expect(outcome(moduleOfBody(0, repeated(0x02, 0x40), repeated(END)))).toMatch(/^malformed: unexpected end/)
  })
})

describe('a limit', () => {
  const brTable = (targets: number): Uint8Array =>
    moduleOfBody(0, 0x41, 0, 0x0e, u32(targets), new Uint8Array(targets), 0, END)

  it('lets a br_table have 65,520 targets, and more only where the embedder says so (adversarial.md 12)', () => {
    expect(outcome(brTable(65_520))).toBe('module')
    expect(outcome(brTable(65_521))).toMatch(/^limit: br_table with 65521 targets/)
    expect(outcome(brTable(1_000_000), withLimits({ brTableTargets: 1_000_000 }))).toBe('module')
  })

  it('lets a function type have 1,000 parameters and 1,000 results (adversarial.md 14)', () => {
    const type = (params: number, results: number): string => {
      const types = (count: number): Piece => [u32(count), new Uint8Array(count).fill(0x7f)]
      return outcome(moduleOf(section(1, vector([0x60, types(params), types(results)]))))
    }
    expect(type(1_000, 1_000)).toBe('module')
    expect(type(1_001, 0)).toMatch(/^limit: 1001 parameters/)
    expect(type(0, 1_001)).toMatch(/^limit: 1001 results/)
  })

  it('lets a body have 7,654,321 bytes with its locals (adversarial.md 15)', () => {
    expect(outcome(moduleOfBody(0, nops(7_654_319), END))).toBe('module')
    expect(outcome(moduleOfBody(0, nops(7_654_320), END))).toMatch(/^limit: 7654322 bytes in a function body/)
  })

  it('of the module is looked at before its header (adversarial.md 21)', () => {
    expect(outcome(new Uint8Array(11), withLimits({ moduleBytes: 10 }))).toMatch(/^limit: 11 bytes/)
  })

  it.each<[string, keyof ModuleLimits, readonly number[], Piece]>([
    ['types', 'types', [1], [0x60, 0, 0]],
    ['imports', 'imports', [2], [0, 0, 0, 0]],
    ['functions', 'funcs', [3], 0],
    ['tables', 'tables', [4], [0x70, 0, 0]],
    ['memories', 'memories', [5], [0, 0]],
    ['globals', 'globals', [6], [0x7f, 0, 0x41, 0, END]],
    ['exports', 'exports', [7], [0, 0, 0]],
    ['element segments', 'elems', [9], [1, 0, 0]],
    ['data segments', 'datas', [11], [1, 0]],
  ])('of %s refuses one more than it says (adversarial.md 15 to 20)', (what, limit, [id], entry) => {
    const limits = withLimits({ [limit]: 2 })
    const bytes = moduleOf(section(id!, vector(entry, entry, entry)))
    expect(outcome(bytes, limits)).toContain(`limit: 3 ${what}, more than 2`)
    expect(outcome(moduleOf(section(id!, vector(entry, entry))), limits)).not.toMatch(/^limit/)
  })

  it('of tables and memories counts imports and definitions together', () => {
    const table = section(2, vector([0, 0, 1, 0x70, 0, 0]))
    const memory = section(2, vector([0, 0, 2, 0, 0]))
    const limits = withLimits({ tables: 1, memories: 1 })
    expect(outcome(moduleOf(table), limits)).toBe('module')
    expect(outcome(moduleOf(table, section(4, vector([0x70, 0, 0]))), limits)).toMatch(/^limit: 2/)
    expect(outcome(moduleOf(memory, section(5, vector([0, 0]))), limits)).toMatch(/^limit: 2/)
    expect(outcome(moduleOf(section(2, vector([0, 0, 2, 0, 0], [0, 0, 2, 0, 0]))), limits)).toMatch(/^limit: 2/)
  })

  it('of entries bounds an element segment', () => {
    const elem = moduleOf(section(9, vector([1, 0, vector(0, 0, 0)])))
    expect(outcome(elem, withLimits({ tableSize: 2 }))).toMatch(/^limit: 3 entries of an element segment/)
  })
})

describe('what is decoded', () => {
  it('shares the bytes of the module: code, data and custom sections are not copied (adversarial.md 20)', () => {
    const { funcs, datas, customs, elems } = decodeModule(everySection)
    const stretches = [...funcs.map(({ code }) => code), ...datas, ...customs]
    expect(stretches.length).toBeGreaterThan(8)
    expect(stretches.every(({ bytes }) => bytes.buffer === everySection.buffer)).toBe(true)
    expect(elems.map(({ items }) => items.length)).toEqual([2, 1, 1, 1, 1, 2, 1, 1])
  })
})

describe('a code that no proposal has', () => {
  it.each<[string, Piece, string]>([
    ['limits flags', section(5, vector([16, 1])), 'malformed limits flags'],
    ['limits flags of a memory that ends with them', section(5, vector([8])), 'malformed limits flags'],
    ['a page size for a table', section(4, vector([0x70, 8, 0, 0])), 'malformed limits flags'],
    ['a page size of 2^64', section(5, vector([8, 0, 64])), 'invalid custom page size: 2^64'],
    ['flags of a shared table', section(4, vector([0x70, 3, 1, 1])), 'malformed limits flags'],
    ['an import kind', section(2, vector([0, 0, 5, 0])), 'malformed import kind'],
    ['an export kind', section(7, vector([0, 5, 0])), 'malformed export kind'],
    ['a type definition', section(1, vector([0x61, 0, 0])), 'malformed definition type'],
    ['a value type', section(1, vector([0x60, vector(0x5f), 0])), 'malformed value type'],
    ['a reference type', section(4, vector([0x7f, 0, 0])), 'malformed reference type'],
    ['mutability', section(6, vector([0x7f, 2, END])), 'malformed mutability'],
    ['an element segment', section(9, vector([8, 0])), 'malformed elements segment kind'],
    ['an element kind', section(9, vector([1, 1, 0])), 'malformed element kind'],
    ['a data segment', section(11, vector([3, 0])), 'malformed data segment kind'],
    ['an opcode', section(6, vector([0x7f, 0, 0xff, END])), 'illegal opcode ff'],
    ['an opcode behind a prefix', section(6, vector([0x7f, 0, 0xfc, 0x7f, END])), 'illegal opcode fc 7f'],
  ])('but %s that no proposal has is malformed', (_, piece, reason) => {
    expect(outcome(moduleOf(piece))).toBe(`malformed: ${reason}`)
  })
})
