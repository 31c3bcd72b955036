// The official programs of WASI preview 1: on a virtual file system and on real folders, on the host's WebAssembly and on the interpreter, as
// whoever runs the tests and as an ordinary user; and with a state that is carried over at each call.

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FUNCTION_NAMES } from '../../src/wasi/preview1/functions.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { guestMemory } from '../../src/wasi/preview1/memory.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import type { WasiFunction } from '../../src/wasi/preview1/call.ts'
import { requireSuites } from '../suites.ts'
import { REAL_CLOCK, loadFolder, native, realRandom } from './host.ts'
import type { NativeMemory } from './host.ts'
import { ENGINES, FILE_SYSTEMS, failureOf, officialPrograms, specificationOf } from './official-programs.ts'
import type { Program, Way } from './official-programs.ts'

const suite = requireSuites('wasi-preview1') ?? ''
const programs = suite === '' ? [] : officialPrograms(suite)

/** Nobody. */
const ORDINARY_USER = 65534

const isLinux = process.platform === 'linux'
const fileSystems = FILE_SYSTEMS.filter((each) => each !== 'descriptors' || isLinux)
if (!isLinux) didNotRun('with folders that are held by descriptors: that is for Linux')

function didNotRun(what: string): void {
  console.warn(`\n${'!'.repeat(100)}\nThe official programs DID NOT RUN ${what}.\n${'!'.repeat(100)}\n`)
}

describe.skipIf(suite === '')('the official programs', () => {
  test('are 72', () => {
    expect(programs).toHaveLength(72)
  })

  const ways = fileSystems.flatMap((fileSystem) => ENGINES.map((engine) => ({ fileSystem, engine })))

  describe.each(ways)('on $fileSystem, by $engine', (way) => {
    test.each(programs)('$language $name', async (program) => {
      expect(await failures(program, way)).toEqual([])
    })
  })

  test.runIf(process.getuid?.() === 0)('in all these ways as an ordinary user', () => {
    const child = fileURLToPath(new URL('official-child.ts', import.meta.url))
    // That user need not be able to read the suite where it lies.
    const folder = mkdtempSync(join(tmpdir(), 'heddle-suite-'))
    try {
      chmodSync(folder, 0o755)
      cpSync(suite, folder, { recursive: true })
      const args = ['--import', 'tsx', child, folder, String(ORDINARY_USER), ...fileSystems]
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      const strictly = programs.filter(({ language }) => language === 'rust').length
      expect(stdout, stderr).not.toBe('')
      expect(JSON.parse(stdout)).toEqual({
        user: ORDINARY_USER,
        runs: ways.length * (programs.length + strictly),
        failures: [],
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  if (process.getuid?.() !== 0) didNotRun('as root: whoever runs the tests is an ordinary user')

  test.each(programs)('$language $name, each call by a Wasi that goes on from the state of the last', (program) => {
    runThroughStates(program)
  })
})

async function failures(program: Program, way: Omit<Way, 'strict'>): Promise<string[]> {
  const found: string[] = []
  for (const strict of program.language === 'rust' ? [false, true] : [false]) {
    const failure = await failureOf(suite, program, { ...way, strict })
    if (failure !== undefined) found.push(`${strict ? 'strict: ' : ''}${failure}`)
  }
  return found
}

function runThroughStates({ language, name: program }: Program): void {
  const folder = join(suite, language)
  const { args = [], env = {}, root, exit_code = 0, stdout, stderr } = specificationOf(folder, program)
  let wasi = new Wasi({
    args: [`${program}.wasm`, ...args],
    env,
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
    wasi_snapshot_preview1: Object.fromEntries<WasiFunction>(FUNCTION_NAMES.map((name) => [name, moving(name)])),
  })
  const memory = guestMemory(instance.exports['memory'] as NativeMemory)
  const exitCode = wasi.run(instance.exports['_start'] as () => void)
  const said = Buffer.from(wasi.stderr).toString()
  // What the program said goes with the failure.
  expect(exitCode, said).toBe(exit_code)
  if (stderr !== undefined) expect(said).toBe(stderr)
  if (stdout !== undefined) expect(Buffer.from(wasi.stdout).toString()).toBe(stdout)
}
