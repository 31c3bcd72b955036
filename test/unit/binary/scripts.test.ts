// The binary modules of the official scripts: what is malformed is refused in the specification's words, the rest is decoded.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { requireSuites } from '../../suites.ts'
import { outcome } from './module-bytes.ts'
import { readScriptModules } from './script-modules.ts'

const suite = requireSuites('spec')
const modules = suite === undefined ? [] : readScriptModules(join(suite, 'core'))
const isSupported = (bytes: Uint8Array): boolean => !outcome(bytes).startsWith('unsupported')

describe.skipIf(suite === undefined)('the binary modules of the official scripts', () => {
  it('are found, several hundred of them', () => {
    expect(modules.length).toBeGreaterThan(700)
    expect(modules.filter(({ malformed }) => malformed !== undefined).length).toBeGreaterThan(600)
  })

  it('are refused with the expected wording where they are malformed, and decoded where they are not', () => {
    const wrong = modules
      .filter(({ bytes }) => isSupported(bytes))
      .map(({ place, bytes, malformed }) => ({
        place,
        expected: malformed === undefined ? 'module' : `malformed: ${malformed}`,
        actual: outcome(bytes),
      }))
      .filter(({ expected, actual }) => !actual.startsWith(expected))
    expect(wrong).toEqual([])
  })

  it('need no proposal that is not there', () => {
    expect(modules.filter(({ bytes }) => !isSupported(bytes)).map(({ place }) => place)).toEqual([])
  })

  it('come out of the encoder in a form that it gives back byte by byte', () => {
    const wrong = modules
      .filter(({ bytes }) => outcome(bytes) === 'module')
      .filter(({ bytes }) => {
        const once = encodeModule(decodeModule(bytes))
        return Buffer.compare(once, encodeModule(decodeModule(once))) !== 0
      })
    expect(wrong).toEqual([])
  })

  it('end in a module or a ModuleError at every truncation (adversarial.md 1 and 6)', () => {
    for (const { bytes } of modules) {
      for (let length = 0; length < bytes.length; length++) {
        const cut = outcome(bytes.subarray(0, length))
        // What is left may be a shorter module, but never one that lacks something.
        expect(cut).toMatch(/^(module|malformed|unsupported)/)
      }
    }
  })
})
