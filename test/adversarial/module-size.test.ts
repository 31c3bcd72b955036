// Items 9 to 21 of the adversarial checklist through the front door: modules as large as the limits allow are compiled, instantiated and
// run, and one more is refused. What decoding and validation alone do is in test/unit.

import { describe, expect, it } from 'vitest'
import { Engine, ModuleError, type ExportedFunction } from '../../src/index.ts'
import { bytesOf, moduleOf, section, sized, u32, vector, type Piece } from '../unit/binary/module-bytes.ts'
import { codeOf, engine, repeated, retained } from './module-text.ts'

const END = 0x0b
const MILLION = 1_000_000

/** A vector of the same entry. */
function many(count: number, ...entry: readonly number[]): Uint8Array {
  return bytesOf(u32(count), repeated(count, ...entry))
}

/** A module that exports one function `f` of the type; `body` is the vector of locals and the instructions. */
function moduleOfF(params: readonly number[], results: readonly number[], ...body: readonly Piece[]): Uint8Array {
  return moduleOf(
    section(1, vector([0x60, vector(...params), vector(...results)])),
    section(3, vector(0)),
    section(7, vector([sized('f'), 0, 0])),
    section(10, vector(sized(...body))),
  )
}

function run(bytes: Uint8Array, ...args: unknown[]): unknown {
  return engine
    .compile(bytes)
    .instantiateSync()
    .call('f', ...args)
}

describe('code that is nested or long on purpose runs', () => {
  it('in a million nested blocks (adversarial.md 9)', () => {
    const inner = [0x20, 0, 0x0d, u32(MILLION - 1)]
    const bytes = moduleOfF(
      [0x7f],
      [0x7f],
      0,
      repeated(MILLION, 0x02, 0x40),
      inner,
      repeated(MILLION, END),
      0x41,
      7,
      END,
    )
    expect([run(bytes, 0), run(bytes, 1)]).toEqual([7, 7])
  })

  it.each([
    ['loops', [0x03, 0x40], []],
    ['ifs', [0x20, 0, 0x04, 0x40], [0x05]],
  ])('in 5,000 nested %s (adversarial.md 10)', (_, open, close) => {
    const increment = [0x20, 1, 0x41, 1, 0x6a, 0x21, 1]
    const body = [repeated(5_000, ...open), increment, repeated(5_000, ...close, END), 0x20, 1, END]
    expect(run(moduleOfF([0x7f], [0x7f], vector([1, 0x7f]), ...body), 1)).toBe(1)
  })

  it('with a stack of a million operands (adversarial.md 11)', () => {
    const bytes = moduleOfF([], [0x7f], 0, repeated(MILLION, 0x41, 1), repeated(MILLION - 1, 0x6a), END)
    expect(run(bytes)).toBe(MILLION)
  })

  it('with a branch table of 65,520 targets, to its first, last and default (adversarial.md 12)', () => {
    const table = [0x20, 0, 0x0e, u32(65_520), new Uint8Array(65_519), 1, 2]
    const result = (value: number): Piece => [0x41, value, 0x0f]
    const body = [repeated(3, 0x02, 0x40), table, END, result(1), END, result(2), END, result(3)]
    const bytes = moduleOfF([0x7f], [0x7f], 0, body, END)
    expect([0, 65_518, 65_519, 65_520, -1].map((x) => run(bytes, x))).toEqual([1, 1, 2, 3, 3])
  })

  it('behind what never returns, a million drops (adversarial.md 19)', () => {
    const bytes = moduleOfF([0x7f], [0x7f], 0, 0x20, 0, 0x0f, repeated(MILLION, 0x1a), END)
    expect(run(bytes, 5)).toBe(5)
  })

  it('with 1,000 parameters and 1,000 results (adversarial.md 14)', () => {
    const types = Array.from({ length: 1_000 }, (_, i) => [0x7f, 0x7e, 0x7d, 0x7c][i % 4]!)
    const gets = bytesOf(...types.map((__, i) => [0x20, u32(i)]))
    const args = types.map((type, i) => (type === 0x7e ? BigInt(i) : i))
    expect(run(moduleOfF(types, types, 0, gets, END), ...args)).toEqual(args)
  })
})

describe('a million functions (adversarial.md 15)', () => {
  const functions = (count: number): Uint8Array =>
    moduleOf(
      section(1, vector([0x60, 0, vector(0x7f)])),
      section(3, many(count, 0)),
      section(7, vector([sized('f'), 0, u32(count - 1)])),
      section(10, many(count, 4, 0, 0x41, 7, END)),
    )

  it('are a module, of which only those that run cost more than their entry', () => {
    const bytes = functions(MILLION)
    const { value: instance, bytes: cost } = retained(() => engine.compile(bytes).instantiateSync())
    expect(instance.call('f')).toBe(7)
    expect(cost / MILLION).toBeLessThan(150)
  })

  it('are the limit', () => {
    expect(codeOf(() => engine.compile(functions(MILLION + 1)))).toBe('LIMIT')
  })

  it('may be imported, and be one function of the host', () => {
    const imports = bytesOf(u32(MILLION), repeated(MILLION, 0, 0, 0, 0))
    const bytes = moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(2, imports),
      section(7, vector([sized('f'), 0, u32(MILLION - 1)])),
    )
    let calls = 0
    const instance = engine.compile(bytes).instantiateSync({ '': { '': () => void calls++ } })
    instance.call('f')
    expect(calls).toBe(1)
  })

  it('that are missing are all told, in one error', () => {
    const imports = bytesOf(u32(100_000), repeated(100_000, 0, 0, 0, 0))
    const bytes = moduleOf(section(1, vector([0x60, 0, 0])), section(2, imports))
    expect(codeOf(() => engine.compile(bytes).instantiateSync())).toBe('UNLINKABLE')
  })
})

describe('a million types (adversarial.md 16)', () => {
  /** Twenty bits of the number say which parameters are i32 and which i64. */
  const distinct = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count * 23)
    for (let i = 0; i < count; i++) {
      bytes.set([0x60, 20], i * 23)
      for (let bit = 0; bit < 20; bit++) bytes[i * 23 + 2 + bit] = 0x7f - ((i >> bit) & 1)
    }
    return bytesOf(u32(count), bytes)
  }

  it('that are all the same are one type to an indirect call', () => {
    const bytes = moduleOf(
      section(1, many(MILLION, 0x60, 0, 1, 0x7f)),
      section(3, vector(0, u32(MILLION - 1))),
      section(4, vector([0x70, 0, 1])),
      section(7, vector([sized('f'), 0, 1])),
      section(9, vector([0, 0x41, 0, END, vector(0)])),
      section(10, vector(sized(0, 0x41, 7, END), sized(0, 0x41, 0, 0x11, u32(500_000), 0, END))),
    )
    expect(engine.compile(bytes).instantiateSync().call('f')).toBe(7)
  })

  it('that all differ cost in proportion to their bytes, and none are compared', () => {
    const bytes = moduleOf(section(1, distinct(MILLION / 4)))
    const { value: module, bytes: cost } = retained(() => engine.compile(bytes))
    expect(module.exports).toEqual([])
    expect(cost).toBeLessThan(bytes.length * 30)
  })

  it('are the limit', () => {
    expect(codeOf(() => engine.compile(moduleOf(section(1, many(MILLION + 1, 0x60, 0, 0)))))).toBe('LIMIT')
  })
})

describe('a million exports (adversarial.md 17)', () => {
  /** Names of eight bytes that differ in the last four. */
  const exportsOf = (count: number, nameOf: (i: number) => number): Uint8Array => {
    const bytes = new Uint8Array(count * 11)
    for (let i = 0; i < count; i++) {
      const name = 0x61616161 + (nameOf(i) & 7) + ((nameOf(i) >> 3) & 7) * 256 + ((nameOf(i) >> 6) & 127) * 65536
      bytes.set([8, 0x70, 0x72, 0x65, 0x66], i * 11)
      for (let k = 0; k < 4; k++)
        bytes[i * 11 + 5 + k] = k === 3 ? 0x21 + ((nameOf(i) >> 13) % 94) : (name >> (8 * k)) & 127
    }
    return bytes
  }
  const module = (count: number, nameOf: (i: number) => number): Uint8Array =>
    moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector(0)),
      section(7, u32(count), exportsOf(count, nameOf)),
      section(10, vector(sized(0, END))),
    )

  it('of one function are one function under as many names', () => {
    const names = 500_000
    const { exports } = engine.compile(module(names, (i) => i)).instantiateSync()
    const [first] = Object.values(exports)
    expect(Object.keys(exports)).toHaveLength(names)
    expect(Object.values(exports).every((value) => value === first)).toBe(true)
    expect((first as ExportedFunction)()).toBeUndefined()
  })

  it('of which the last has the name of the first are invalid', () => {
    const error = engine.check(module(500_000, (i) => (i === 499_999 ? 0 : i)))
    expect(error?.reason).toMatch(/^duplicate export name/)
  })
})

describe('a constant expression (adversarial.md 18)', () => {
  it('of a million operations has their value', () => {
    const init = [0x41, 1, repeated(MILLION / 2, 0x41, 1, 0x6a), END]
    const bytes = moduleOf(section(6, vector([0x7f, 0, init])), section(7, vector([sized('g'), 3, 0])))
    const { g } = engine.compile(bytes).instantiateSync().exports
    expect((g as { readonly value: unknown }).value).toBe(1 + MILLION / 2)
  })

  it('that reads a later global is invalid, one that reads an earlier one is that global', () => {
    const globals = (x: number): Uint8Array =>
      moduleOf(
        section(6, vector([0x7f, 0, 0x41, 5, END], [0x7f, 0, 0x23, x, END], [0x7f, 0, 0x41, 6, END])),
        section(7, vector([sized('g'), 3, 1])),
      )
    expect(engine.check(globals(2))?.reason).toBe('unknown global 2')
    const { g } = engine.compile(globals(0)).instantiateSync().exports
    expect((g as { readonly value: unknown }).value).toBe(5)
  })

  it('chained through 100,000 globals is evaluated once each', () => {
    const entries: Uint8Array[] = [bytesOf(0x7f, 0, 0x41, 5, END)]
    for (let i = 1; i < 100_000; i++) entries.push(bytesOf(0x7f, 0, 0x23, u32(i - 1), END))
    const all = bytesOf(u32(entries.length), entries)
    const bytes = moduleOf(section(6, all), section(7, vector([sized('g'), 3, u32(99_999)])))
    const { g } = engine.compile(bytes).instantiateSync().exports
    expect((g as { readonly value: unknown }).value).toBe(5)
  })
})

describe('data (adversarial.md 20)', () => {
  it('in 100,000 passive segments is not copied, and can be used and dropped', () => {
    const segments = bytesOf(u32(100_000), repeated(100_000, 1, 1, 0x2a))
    const bytes = moduleOf(
      section(1, vector([0x60, 0, vector(0x7f)])),
      section(3, vector(0)),
      section(5, vector([0, 1])),
      section(7, vector([sized('f'), 0, 0])),
      section(12, u32(100_000)),
      section(
        10,
        vector(
          sized(0, 0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 8, u32(99_999), 0, 0xfc, 9, u32(99_999), 0x41, 0, 0x2d, 0, 0, END),
        ),
      ),
      section(11, segments),
    )
    const { value: instance, bytes: cost } = retained(() => engine.compile(bytes).instantiateSync())
    expect(instance.call('f')).toBe(0x2a)
    // Beside one page of memory.
    expect((cost - 65_536) / 100_000).toBeLessThan(400)
  })

  it('of 32 MB in one segment is copied once', () => {
    const size = 32 * 1024 ** 2
    const bytes = moduleOf(section(12, 1), section(11, bytesOf(u32(1), 1, u32(size), new Uint8Array(size))))
    const { value: instance, bytes: cost } = retained(() => engine.compile(bytes).instantiateSync())
    expect(instance.exports).toEqual({})
    expect(cost).toBeLessThan(bytes.length * 1.1)
  })
})

describe('the size of a module (adversarial.md 21)', () => {
  const large = new Uint8Array(128 * 1024 ** 2 + 1)

  it('is at most 128 MiB, which is looked at before anything is copied', () => {
    const { arrayBuffers } = process.memoryUsage()
    const error = engine.check(large)
    expect(error).toBeInstanceOf(ModuleError)
    expect(error?.kind).toBe('limit')
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1024 ** 2)
  })

  it('at the limit is decoded, and is what the embedder says', () => {
    expect(engine.check(large.subarray(1))?.kind).toBe('malformed')
    const small = new Engine({ limits: { moduleBytes: 10 } })
    expect(small.check(new Uint8Array(11))?.kind).toBe('limit')
    expect(small.check(moduleOf())).toBeUndefined()
  })
})
