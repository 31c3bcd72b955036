// The limits of modules at the head of the adversarial checklist, each at the limit and one above, in bytes that are decoded and validated.
// https://webassembly.github.io/spec/js-api/#limits

import { Engine, MODULE_LIMITS } from 'heddle'
import { describe, expect, it } from 'vitest'
import { bytesOf, moduleOf, section, sized, u32, vector, type Piece } from '../unit/binary/module-bytes.ts'
import { repeated } from './module-text.ts'

const [I32, FUNCREF, END] = [0x7f, 0x70, 0x0b] as const
const MILLION = 1_000_000

/** A vector of the same entry. */
function many(count: number, ...entry: readonly number[]): Uint8Array {
  return bytesOf(u32(count), repeated(count, ...entry))
}

/** Entries of a section of which the first is another. */
function manyBut(count: number, first: Piece, ...entry: readonly number[]): Uint8Array {
  return bytesOf(u32(count), first, repeated(count - 1, ...entry))
}

const NO_RESULT = section(1, vector([0x60, 0, 0]))

function body(...pieces: readonly Piece[]): Uint8Array {
  return moduleOf(NO_RESULT, section(3, vector(0)), section(10, vector(sized(...pieces))))
}

/** A type whose supertypes are as many as it says. */
function chain(depth: number): Uint8Array {
  const sub = (supertypes: readonly number[]): Piece => [0x50, vector(...supertypes.map(u32)), 0x60, 0, 0]
  return moduleOf(section(1, vector(sub([]), ...Array.from({ length: depth }, (_, i) => sub([i])))))
}

/** Names of four characters that all differ. */
function exportsOf(count: number): Uint8Array {
  const entries = repeated(count, 4, 0x61, 0x61, 0x61, 0x61, 0, 0)
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 4; k++) entries[7 * i + 1 + k] = 0x30 + ((i >> (6 * k)) & 0x3f)
  }
  return bytesOf(u32(count), entries)
}

/** A block of a type with so many parameters and results, in unreachable code. */
function blockOf(params: number, results: number): Uint8Array {
  const type = [0x60, many(params, I32), many(results, I32)]
  return moduleOf(
    section(1, vector([0x60, 0, 0], type)),
    section(3, vector(0)),
    section(10, vector(sized(0, 0x00, 0x02, 1, 0x00, END, 0x00, END))),
  )
}

function u64(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...u64(Math.floor(value / 0x80))]
}

interface Row {
  readonly what: string
  readonly limit: number
  /** The module that has so many. */
  readonly make: (count: number) => Uint8Array
  /** What one more is, where it is not the limit of the JS API that it is over. */
  readonly above?: 'invalid'
}

const rows: readonly Row[] = [
  { what: 'types', limit: MILLION, make: (n) => moduleOf(section(1, many(n, 0x60, 0, 0))) },
  { what: 'recursion groups', limit: MILLION, make: (n) => moduleOf(section(1, many(n, 0x4e, 1, 0x60, 0, 0))) },
  {
    what: 'types in one recursion group',
    limit: MILLION,
    make: (n) => moduleOf(section(1, vector([0x4e, many(n, 0x60, 0, 0)]))),
  },
  { what: 'supertypes above a type', limit: 63, make: chain },
  {
    what: 'functions',
    limit: MILLION,
    make: (n) => moduleOf(NO_RESULT, section(3, many(n, 0)), section(10, many(n, 2, 0, END))),
  },
  { what: 'imports', limit: MILLION, make: (n) => moduleOf(NO_RESULT, section(2, many(n, 0, 0, 0, 0))) },
  {
    what: 'exports',
    limit: MILLION,
    make: (n) =>
      moduleOf(NO_RESULT, section(3, vector(0)), section(7, exportsOf(n)), section(10, vector(sized(0, END)))),
  },
  { what: 'globals', limit: MILLION, make: (n) => moduleOf(section(6, many(n, I32, 0, 0x41, 0, END))) },
  { what: 'tags', limit: MILLION, make: (n) => moduleOf(NO_RESULT, section(13, many(n, 0, 0))) },
  { what: 'data segments', limit: 100_000, make: (n) => moduleOf(section(11, many(n, 1, 0))) },
  { what: 'tables', limit: 100_000, make: (n) => moduleOf(section(4, many(n, FUNCREF, 0, 0))) },
  {
    what: 'tables, one of them imported',
    limit: 100_000,
    make: (n) => moduleOf(section(2, vector([0, 0, 1, FUNCREF, 0, 0])), section(4, many(n - 1, FUNCREF, 0, 0))),
  },
  {
    what: 'elements of a table',
    limit: 10_000_000,
    make: (n) => moduleOf(section(4, vector([FUNCREF, 0, u32(n)]))),
  },
  {
    what: 'entries of one initialisation',
    limit: 10_000_000,
    make: (n) =>
      moduleOf(
        NO_RESULT,
        section(3, vector(0)),
        section(9, vector([1, 0, many(n, 0)])),
        section(10, vector(sized(0, END))),
      ),
  },
  { what: 'memories', limit: 100, make: (n) => moduleOf(section(5, many(n, 0, 0))) },
  {
    what: 'memories, one of them imported',
    limit: 100,
    make: (n) => moduleOf(section(2, vector([0, 0, 2, 0, 0])), section(5, many(n - 1, 0, 0))),
  },
  {
    what: 'pages of a memory',
    limit: 65_536,
    make: (n) => moduleOf(section(5, vector([0, u32(n)]))),
    above: 'invalid',
  },
  {
    what: 'pages of a memory with 64-bit addresses',
    limit: 2 ** 37 - 1,
    make: (n) => moduleOf(section(5, vector([4, u64(n)]))),
  },
  {
    what: 'operands of array.new_fixed',
    limit: 10_000,
    make: (n) =>
      moduleOf(
        section(1, vector([0x60, 0, 0], [0x5e, I32, 0])),
        section(3, vector(0)),
        section(10, vector(sized(0, 0x00, 0xfb, 8, 1, u32(n), 0x1a, END))),
      ),
  },
  {
    what: 'fields of a struct',
    limit: 10_000,
    make: (n) => moduleOf(section(1, vector([0x5f, many(n, I32, 0)]))),
  },
  { what: 'parameters', limit: 1_000, make: (n) => moduleOf(section(1, vector([0x60, many(n, I32), 0]))) },
  { what: 'results', limit: 1_000, make: (n) => moduleOf(section(1, vector([0x60, 0, many(n, I32)]))) },
  { what: 'parameters of a block', limit: 1_000, make: (n) => blockOf(n, 0) },
  { what: 'results of a block', limit: 1_000, make: (n) => blockOf(0, n) },
  {
    what: 'bytes of a body with its locals',
    limit: 7_654_321,
    make: (n) => body(0, repeated(n - 2, 0x01), END),
  },
  { what: 'locals', limit: 50_000, make: (n) => body(vector([u32(n), I32]), END) },
  {
    what: 'locals of several types',
    limit: 50_000,
    make: (n) => body(manyBut(3, [u32(n - 2), I32], 1, 0x7e), END),
  },
]

const engine = new Engine()

describe('adversarial.md 4, 14 to 20: the limits of modules', () => {
  it.each(rows)('$limit $what are allowed, and not one more', ({ limit, make, above }) => {
    expect(engine.check(make(limit))).toBeUndefined()
    expect(engine.check(make(limit + 1))?.kind).toBe(above ?? 'limit')
  })

  it('are those of the JS API, and for branch tables those of V8', () => {
    expect(MODULE_LIMITS).toMatchObject({
      moduleBytes: 1_073_741_824,
      types: MILLION,
      subtypeDepth: 63,
      fields: 10_000,
      params: 1_000,
      results: 1_000,
      bodyBytes: 7_654_321,
      locals: 50_000,
      brTableTargets: 65_520,
    })
  })
})
