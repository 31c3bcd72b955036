// Item 16 of the adversarial checklist beyond its limits: types of many modules are one type if their recursion groups are equal, however
// large the groups are, and however deep they refer to each other. A group of 1,000,000 is in the benchmark.

import { Engine, LinkError, type Instance } from 'heddle'
import { describe, expect, it } from 'vitest'
import { parseModule } from '../../src/text/parse-module.ts'
import { moduleOf, section, sized, u32, vector } from '../unit/binary/module-bytes.ts'
import { retained } from './module-text.ts'

const END = 0x0b
const [FUNC, NULLABLE, REC] = [0x60, 0x63, 0x4e] as const
const WIDTH = 9
const engine = new Engine()

/** `count` types, each of a function that takes a nullable reference to the type that `refersTo` gives. */
function functionTypes(count: number, refersTo: (i: number) => number): Uint8Array {
  const bytes = new Uint8Array(count * WIDTH)
  for (let i = 0; i < count; i++) {
    const typeIdx = refersTo(i)
    const at = i * WIDTH
    bytes.set([FUNC, 1, NULLABLE], at)
    // LEB128 of five bytes, for any number.
    for (let k = 0; k < 5; k++) bytes[at + 3 + k] = ((typeIdx >> (7 * k)) & 0x7f) | (k < 4 ? 0x80 : 0)
  }
  return bytes
}

/** A module that exports, or imports, a function of its type `typeIdx`. */
function modules(
  types: Uint8Array,
  typeIdx: number,
): { readonly exporting: Uint8Array; readonly importing: Uint8Array } {
  return {
    exporting: moduleOf(
      types,
      section(3, vector(u32(typeIdx))),
      section(7, vector([sized('f'), 0, 0])),
      section(10, vector(sized(0, END))),
    ),
    importing: moduleOf(types, section(2, vector([sized('m'), sized('f'), 0, u32(typeIdx)]))),
  }
}

function link(exporting: Uint8Array, importing: Uint8Array): Instance {
  const { exports } = engine.compile(exporting).instantiateSync()
  return engine.compile(importing).instantiateSync({ m: exports })
}

describe('adversarial.md 16: a recursion group of 100,000 types', () => {
  const COUNT = 100_000
  const group = (changed: number): Uint8Array =>
    section(
      1,
      1,
      REC,
      u32(COUNT),
      functionTypes(COUNT, (i) => (i === changed ? 0 : (i + 1) % COUNT)),
    )

  it('is that of another module if all of its types are, and no other', () => {
    const same = modules(group(-1), 7)
    expect(link(same.exporting, same.importing)).toBeDefined()
    expect(() => link(same.exporting, modules(group(COUNT / 2), 7).importing)).toThrow(LinkError)
  })
})

describe('adversarial.md 16: types that refer to the one before them', () => {
  // The first refers to a type of no parameters, which stands before it.
  const chain = (count: number): Uint8Array =>
    section(
      1,
      u32(count + 1),
      FUNC,
      0,
      0,
      functionTypes(count, (i) => i),
    )

  it('are made canonical without recursion, 50,000 deep', () => {
    const { exporting, importing } = modules(chain(50_000), 50_000)
    expect(link(exporting, importing)).toBeDefined()
    expect(() => link(exporting, modules(chain(50_000), 49_999).importing)).toThrow(LinkError)
  })

  it('cost in proportion to their number', () => {
    const cost = (count: number): number => {
      const { exporting } = modules(chain(count), count)
      return retained(() => engine.compile(exporting).instantiateSync()).bytes
    }
    cost(1_000)
    const [once, twice] = [cost(10_000), cost(20_000)]
    expect(twice / once).toBeLessThan(2.5)
  })
})

it('adversarial.md 16: a group whose types are a chain of 100,000 supertypes is refused before anybody climbs it', () => {
  const types = ['(type (sub (struct (field (ref null 1)))))']
  for (let i = 1; i <= 100_000; i++) types.push(`(type (sub ${i - 1} (struct (field (ref null 100000)))))`)
  expect(engine.check(parseModule(`(module (rec ${types.join('')}))`))).toMatchObject({ kind: 'limit' })
})
