// The official programs of WASI preview 1, on the host's WebAssembly and the virtual file system.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FUNCTION_NAMES } from '../../src/wasi/preview1/functions.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { guestMemory } from '../../src/wasi/preview1/memory.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import type { WasiFunction } from '../../src/wasi/preview1/call.ts'
import { requireSuites } from '../suites.ts'
import { REAL_CLOCK, loadFolder, native, realRandom } from './host.ts'
import type { NativeMemory } from './host.ts'

interface Specification {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly root?: string
  readonly exit_code?: number
  readonly stdout?: string
  readonly stderr?: string
}

const suite = requireSuites('wasi-preview1')
const languages = ['c', 'rust', 'assemblyscript']

describe.skipIf(suite === undefined)('the official programs', () => {
  const programs = languages.flatMap((language) =>
    readdirSync(join(suite ?? '.', language))
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => ({ language, program: file.slice(0, -'.wasm'.length) })),
  )

  test('are 72', () => {
    expect(programs).toHaveLength(72)
  })

  test.each(programs)('$language $program', ({ language, program }) => {
    runProgram(language, program, {})
  })

  // Asked so, they accept only the code that Unix gives where systems differ.
  test.each(programs.filter(({ language }) => language === 'rust'))('$language $program, strict', (row) => {
    runProgram(row.language, row.program, { ERRNO_MODE_UNIX: '1' })
  })

  test.each(programs)('$language $program, each call by a Wasi that goes on from the state of the last', (row) => {
    runProgram(row.language, row.program, {}, true)
  })
})

function runProgram(
  language: string,
  program: string,
  env: Readonly<Record<string, string>>,
  throughState = false,
): void {
  const folder = join(suite ?? '.', language)
  const file = join(folder, `${program}.json`)
  const specification: Specification = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Specification) : {}
  const { args = [], root } = specification
  let wasi = new Wasi({
    args: [`${program}.wasm`, ...args],
    env: { ...specification.env, ...env },
    clock: REAL_CLOCK,
    random: realRandom,
    ...(root !== undefined && { fs: loadFolder(join(folder, root)) }),
  })
  const module = new native.Module(readFileSync(join(folder, `${program}.wasm`)))
  const moving = (name: FunctionName): WasiFunction => {
    return (...args) => {
      const next = new Wasi({ clock: REAL_CLOCK, random: realRandom })
      next.restore(wasi.save())
      wasi = next
      return next.imports(() => memory)[name](...args)
    }
  }
  const instance = new native.Instance(module, {
    wasi_snapshot_preview1: throughState
      ? Object.fromEntries<WasiFunction>(FUNCTION_NAMES.map((name) => [name, moving(name)]))
      : wasi.imports(() => memory),
  })
  const memory = guestMemory(instance.exports['memory'] as NativeMemory)
  const exitCode = wasi.run(instance.exports['_start'] as () => void)
  const stderr = Buffer.from(wasi.stderr).toString()
  // What the program said goes with the failure.
  expect(exitCode, stderr).toBe(specification.exit_code ?? 0)
  if (specification.stderr !== undefined) expect(stderr).toBe(specification.stderr)
  if (specification.stdout !== undefined) expect(Buffer.from(wasi.stdout).toString()).toBe(specification.stdout)
}
