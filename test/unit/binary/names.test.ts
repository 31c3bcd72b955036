// The name section: what it says is read and written, and nothing that it says can fail (item 8 of the adversarial checklist).

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { NAME_QUOTAS, decodeNames } from '../../../src/binary/decode-names.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { encodeNames } from '../../../src/binary/encode-names.ts'
import { ByteWriter } from '../../../src/syntax/byte-writer.ts'
import type { Names } from '../../../src/syntax/names.ts'
import { bytesOf, everySection, moduleOf, section, sized, u32, vector, type Piece } from './module-bytes.ts'

/** `everySection` has 3 functions, 2 types, 3 tables, 3 memories, 3 globals, 8 element and 3 data segments. */
function namesOf(...content: readonly Piece[]): Names {
  return decodeNames(decodeModule(bytesOf(everySection, section(0, sized('name'), ...content))))
}

const map = (...entries: readonly [number, string][]): ReadonlyMap<number, string> => new Map(entries)

const all: Names = {
  module: 'm\u{feff}é',
  funcs: map([0, 'f'], [2, '']),
  locals: new Map([[1, map([0, 'a'], [2, 'b'])]]),
  labels: new Map([[2, map([0, 'outer'])]]),
  types: map([1, 't']),
  tables: map([0, 'tab']),
  memories: map([2, 'mem']),
  globals: map([1, 'g']),
  elems: map([7, 'e']),
  datas: map([2, 'd']),
  fields: new Map([[1, map([0, 'x'], [2, 'y'])]]),
}

const entry = (index: number, ...name: readonly Piece[]): Piece => [u32(index), sized(...name)]

describe('names', () => {
  it('of every kind are what they were after encoding and decoding', () => {
    expect(namesOf(encodeNames(all))).toEqual(all)
  })

  it('of tags are among them', () => {
    const names: Names = { tags: map([0, 'thrown']) }
    const content = section(0, sized('name'), encodeNames(names))
    const module = decodeModule(moduleOf(section(1, vector([0x60, 0, 0])), section(13, vector([0, 0])), content))
    expect(decodeNames(module)).toEqual(names)
    expect(decodeNames(decodeModule(moduleOf(content)))).toEqual({ tags: map() })
  })

  it('are written in the order of their indices', () => {
    const disorder: Names = { funcs: map([2, 'c'], [0, 'a'], [1, 'b']) }
    expect(encodeNames(disorder)).toEqual(section(1, vector(entry(0, 'a'), entry(1, 'b'), entry(2, 'c'))))
  })

  it('take no room where there are none', () => {
    expect(encodeNames({ funcs: map(), locals: new Map([[0, map()]]) })).toEqual(new Uint8Array(0))
  })

  it('that came with the module come first', () => {
    const module = {
      ...decodeModule(moduleOf(section(0, sized('name'), encodeNames({ module: 'section' })))),
      names: all,
    }
    expect(decodeNames(module)).toBe(all)
  })

  it('are absent where there is no name section', () => {
    expect(decodeNames(decodeModule(moduleOf()))).toEqual({})
  })

  it('are encoded with the module only where that was asked for, and no name section is there', () => {
    const plain = decodeModule(everySection)
    const named = encodeModule({ ...plain, names: all }, { names: true })
    expect(named).toEqual(bytesOf(everySection, section(0, sized('name'), encodeNames(all))))
    expect(encodeModule({ ...plain, names: all })).toEqual(everySection)
    expect(encodeModule({ ...decodeModule(named), names: {} }, { names: true })).toEqual(named)
  })
})

describe('a name section that makes no sense (adversarial.md 8)', () => {
  it('gives no error at any truncation and with any byte changed', () => {
    const content = encodeNames(all)
    for (let at = 0; at < content.length; at++) {
      expect(() => namesOf(content.subarray(0, at))).not.toThrow()
      for (const mask of [0xff, 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01]) {
        expect(() => namesOf(content.map((byte, i) => (i === at ? byte ^ mask : byte)))).not.toThrow()
      }
    }
  })

  it('keeps what stands before the place where it breaks off, and the subsections behind', () => {
    const broken = section(1, 9, entry(0, 'kept'), 1, 200)
    expect(namesOf(broken, section(7, vector(entry(0, 'g'))))).toEqual({
      funcs: map([0, 'kept']),
      globals: map([0, 'g']),
    })
  })

  it('counts the first of several names for one index, and of several subsections of a kind', () => {
    expect(namesOf(section(1, vector(entry(1, 'first'), entry(1, 'second'))))).toEqual({ funcs: map([1, 'first']) })
    expect(namesOf(section(1, vector(entry(1, 'a'))), section(1, vector(entry(2, 'b'))))).toEqual({
      funcs: map([1, 'a']),
    })
  })

  it('loses names of what is not there, and names that are not UTF-8', () => {
    expect(namesOf(section(1, vector(entry(3, 'x'), entry(0xffff_ffff, 'y'), entry(0, 0xff), entry(2, 'ok'))))).toEqual(
      {
        funcs: map([2, 'ok']),
      },
    )
    expect(namesOf(section(2, vector([u32(9), vector(entry(0, 'x'))], [1, vector(entry(u32Max, 'y'))])))).toEqual({
      locals: new Map([[1, map()]]),
    })
    expect(namesOf(section(0, sized(0xc0, 0x80)))).toEqual({})
  })

  it('loses subsections that are unknown', () => {
    expect(namesOf(section(77, 'whatever'), section(0, sized('m')))).toEqual({ module: 'm' })
  })

  it('loses a name of 100 MB', () => {
    const length = 100_000_000
    const before = bytesOf(1, u32(length + 13), 2, 0, u32(length))
    const bytes = new Uint8Array(before.length + length + 7).fill(0x61)
    bytes.set(before)
    bytes.set(bytesOf(entry(1, 'short')), before.length + length)
    const customs = [{ name: 'name', bytes, after: 11 }]
    expect(decodeNames({ ...decodeModule(everySection), customs })).toEqual({ funcs: map([1, 'short']) })
  })

  it('with a million names keeps them up to the quota', () => {
    const content = new ByteWriter()
    content.writeU32(50)
    for (let i = 0; i < 50; i++) {
      content.writeBytes(bytesOf(i % 3, u32(20_000)))
      for (let local = 0; local < 20_000; local++) {
        content.writeU32(local)
        content.writeByte(1)
        content.writeByte(0x6e)
      }
    }
    const module = decodeModule(bytesOf(everySection, section(0, sized('name'), section(2, content.view()))))
    const counts = (names: Names): number[] => [...(names.locals ?? [])].map(([, { size }]) => size)
    expect(counts(decodeNames(module))).toEqual([20_000, 20_000, 20_000])
    // The maps count too.
    expect(counts(decodeNames(module, { ...NAME_QUOTAS, names: 30_000 }))).toEqual([20_000, 9_998])
  })
})

const u32Max = 0xffff_ffff
