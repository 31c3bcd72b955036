// Item 22 of the adversarial checklist: bytes that change, or vanish, while a module is made of them. They are copied once, up front.

import { describe, expect, it } from 'vitest'
import { runInNewContext } from 'node:vm'
import { UsageError, type ModuleSource } from '../../src/index.ts'
import { moduleOf, section, sized, vector } from '../unit/binary/module-bytes.ts'
import { engine } from './module-text.ts'

const CONSTANT = 42
const bytes = moduleOf(
  section(1, vector([0x60, 0, vector(0x7f)])),
  section(3, vector(0)),
  section(7, vector([sized('f'), 0, 0])),
  section(10, vector(sized(0, 0x41, CONSTANT, 0x0b))),
  section(0, sized('note'), 1, 2, 3),
)

/** Compiles, lets `spoil` do its worst, and runs. */
function runAfter(source: ModuleSource, spoil: () => void): unknown {
  const module = engine.compile(source)
  spoil()
  expect(module.customSections('note')).toEqual([Uint8Array.of(1, 2, 3)])
  return module.instantiateSync().call('f')
}

describe('a module does not change with the bytes that it was made of (adversarial.md 22)', () => {
  it('in a buffer that is overwritten', () => {
    const own = bytes.slice()
    expect(runAfter(own, () => own.fill(0))).toBe(CONSTANT)
  })

  it.each([
    ['a SharedArrayBuffer', (shared: Uint8Array) => shared.buffer],
    ['a view of a SharedArrayBuffer', (shared: Uint8Array) => shared],
  ])('in %s', (_, sourceOf) => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    expect(runAfter(sourceOf(shared), () => shared.fill(0))).toBe(CONSTANT)
  })

  it('in a buffer that is transferred away', () => {
    const own = bytes.slice()
    expect(runAfter(own, () => void structuredClone(own.buffer, { transfer: [own.buffer] }))).toBe(CONSTANT)
  })

  it('in a resizable buffer that shrinks', () => {
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => ArrayBuffer & {
      resize: (length: number) => void
    }
    const buffer = new Resizable(bytes.length, { maxByteLength: 1024 })
    new Uint8Array(buffer).set(bytes)
    expect(runAfter(buffer, () => buffer.resize(0))).toBe(CONSTANT)
  })

  it('in a part of a larger buffer, seen through any view', () => {
    const large = new Uint8Array(bytes.length + 20).fill(0xff)
    large.set(bytes, 7)
    expect(runAfter(new DataView(large.buffer, 7, bytes.length), () => large.fill(0))).toBe(CONSTANT)
    expect(runAfter(Buffer.from(bytes), () => undefined)).toBe(CONSTANT)
  })

  it('in a buffer of another realm', () => {
    const foreign = runInNewContext(`new Uint8Array([${bytes.join()}])`) as Uint8Array
    expect(runAfter(foreign.buffer, () => undefined)).toBe(CONSTANT)
    expect(runAfter(foreign, () => foreign.fill(0))).toBe(CONSTANT)
  })

  it('whose properties are asked for once each', () => {
    const asked: string[] = []
    const own = bytes.slice()
    for (const name of ['buffer', 'byteOffset', 'byteLength'] as const) {
      Object.defineProperty(own, name, {
        get() {
          asked.push(name)
          return Reflect.get(Uint8Array.prototype, name, bytes)
        },
      })
    }
    expect(runAfter(own, () => undefined)).toBe(CONSTANT)
    expect(asked.toSorted()).toEqual(['buffer', 'byteLength', 'byteOffset'])
  })
})

describe('what cannot be read is a UsageError (adversarial.md 22)', () => {
  const detached = bytes.slice()
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const lying = Object.defineProperty(bytes.slice(), 'byteLength', { value: 1e9 })

  it.each<[string, unknown]>([
    ['a detached buffer', detached.buffer],
    ['a view of a detached buffer', detached],
    ['a view that lies about its length', lying],
    ['a text', '(module)'],
    ['null', null],
    ['undefined', undefined],
    ['a list of numbers', [...bytes]],
    ['an object', {}],
  ])('%s', (_, source) => {
    expect(() => engine.compile(source as ModuleSource)).toThrow(UsageError)
    expect(() => engine.check(source as ModuleSource)).toThrow(UsageError)
  })
})
