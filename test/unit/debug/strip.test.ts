// Stripping removes custom sections, and changes nothing else.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stripModule, type StripOptions } from '../../../src/debug/strip.ts'
import { everySection, moduleOf, section, sized } from '../binary/module-bytes.ts'

const names = ['name', '.debug_info', '.debug_line', 'producers', 'linking', '']
const module = moduleOf(
  names.map((name) => section(0, sized(name), 1, 2, 3)),
  // Section sizes as linkers pad them, and an id that nobody knows.
  [1, 0x81, 0x80, 0x80, 0x80, 0, 0],
  [99, 0],
)

function leftOf(options: StripOptions): readonly string[] {
  const removed = stripModule(module, options).removed.map(({ name }) => name)
  return names.filter((name) => !removed.includes(name))
}

describe('stripping', () => {
  it('removes every custom section, and copies all else byte for byte', () => {
    const { bytes, removed } = stripModule(module)
    expect(bytes).toEqual(moduleOf([1, 0x81, 0x80, 0x80, 0x80, 0, 0], [99, 0]))
    expect(removed.map(({ name }) => name)).toEqual(names)
    expect(removed.reduce((sum, { size }) => sum + size, 0)).toBe(module.length - bytes.length)
  })

  it('of a module without custom sections gives the same bytes', () => {
    const { bytes } = stripModule(everySection)
    expect(stripModule(bytes)).toEqual({ bytes, removed: [] })
    expect(stripModule(moduleOf())).toEqual({ bytes: moduleOf(), removed: [] })
    const real = new Uint8Array(readFileSync('node_modules/esbuild-wasm/esbuild.wasm'))
    expect(Buffer.compare(stripModule(real, { only: [] }).bytes, real)).toBe(0)
  })

  it.each<[options: StripOptions, left: readonly string[]]>([
    [{ keep: ['name'] }, ['name']],
    [{ keep: ['*'] }, names],
    [{ keep: ['.debug_*', ''] }, ['.debug_info', '.debug_line', '']],
    [{ only: ['name', 'producers'] }, ['.debug_info', '.debug_line', 'linking', '']],
    [{ only: ['*n*g*'] }, ['name', '.debug_info', '.debug_line', 'producers', '']],
    [{ only: ['.debug_*'], keep: ['*_line'] }, ['name', '.debug_line', 'producers', 'linking', '']],
    [{ only: ['linkin*ing', 'nam'] }, names],
    [{ only: [] }, names],
  ])('with %j leaves %j', (options, left) => {
    expect(leftOf(options)).toEqual(left)
  })

  it('refuses what is no sequence of sections', () => {
    expect(() => stripModule(module.subarray(0, module.length - 1))).toThrow('unexpected end')
    expect(() => stripModule(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toThrow('magic header not detected')
    expect(() => stripModule(moduleOf([0, 9, 1]))).toThrow('length out of bounds')
    expect(() => stripModule(moduleOf(section(0, 5, 'ab')))).toThrow('length out of bounds')
  })
})
