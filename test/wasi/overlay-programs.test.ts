// The official programs on file systems that are made of others: overlays, whose lower file system stays as it is.

import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'heddle'
import { HostFileSystem } from 'heddle/node'
import { OverlayFileSystem, VirtualFileSystem, Wasi, guestMemory, type FileSystem } from 'heddle/wasi'
import { describe, expect, test } from 'vitest'
import { requireSuites } from '../suites.ts'
import { late } from './file-systems.ts'
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

function specificationOf(language: string, program: string): Specification {
  const file = join(suite ?? '.', language, `${program}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Specification) : {}
}

/** Times are those of the clock that the program sees. */
function overlay(lower: FileSystem): OverlayFileSystem {
  return new OverlayFileSystem({
    lower,
    upper: new VirtualFileSystem({}, { now: () => REAL_CLOCK.now('realtime') ?? 0n }),
  })
}

describe.skipIf(suite === undefined)('an official program', () => {
  const programs = ['c', 'rust', 'assemblyscript'].flatMap((language) =>
    readdirSync(join(suite ?? '.', language))
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => ({ language, program: file.slice(0, -'.wasm'.length) })),
  )

  test.each(programs)('runs on an overlay over what is read-only: $language $program', ({ language, program }) => {
    const { args = [], env = {}, root, exit_code: exitCode = 0, stdout, stderr } = specificationOf(language, program)
    const lower = new VirtualFileSystem(root === undefined ? {} : loadFolder(join(suite ?? '.', language, root)), {
      access: 'ro',
    })
    const before = lower.toTree()
    const wasi = new Wasi({
      args: [`${program}.wasm`, ...args],
      env: { ...env, ...(language === 'rust' && { ERRNO_MODE_UNIX: '1' }) },
      clock: REAL_CLOCK,
      random: realRandom,
      ...(root !== undefined && { fs: overlay(lower) }),
    })
    const module = new native.Module(readFileSync(join(suite ?? '.', language, `${program}.wasm`)))
    const instance = new native.Instance(module, { wasi_snapshot_preview1: wasi.imports(() => memory) })
    const memory = guestMemory(instance.exports['memory'] as NativeMemory)
    const ended = wasi.run(instance.exports['_start'] as () => void)
    expect(ended, Buffer.from(wasi.stderr).toString()).toBe(exitCode)
    if (stdout !== undefined) expect(Buffer.from(wasi.stdout).toString()).toBe(stdout)
    if (stderr !== undefined) expect(Buffer.from(wasi.stderr).toString()).toBe(stderr)
    expect(lower.toTree()).toEqual(before)
  })

  test.each(programs)(
    'leaves the real folder below an overlay as it is: $language $program',
    ({ language, program }) => {
      const { args = [], env = {}, root, exit_code: exitCode = 0 } = specificationOf(language, program)
      const folder = mkdtempSync(join(tmpdir(), 'heddle-overlay-'))
      try {
        if (root !== undefined) cpSync(join(suite ?? '.', language, root), folder, { recursive: true })
        const before = loadFolder(folder)
        const wasi = new Wasi({
          args: [`${program}.wasm`, ...args],
          env,
          clock: REAL_CLOCK,
          random: realRandom,
          ...(root !== undefined && { fs: overlay(new HostFileSystem({ root: folder })) }),
        })
        const module = new native.Module(readFileSync(join(suite ?? '.', language, `${program}.wasm`)))
        const instance = new native.Instance(module, { wasi_snapshot_preview1: wasi.imports(() => memory) })
        const memory = guestMemory(instance.exports['memory'] as NativeMemory)
        expect(wasi.start(instance.exports), Buffer.from(wasi.stderr).toString()).toBe(exitCode)
        expect(loadFolder(folder)).toEqual(before)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )

  test.each(programs.filter(({ language, program }) => specificationOf(language, program).root !== undefined))(
    'runs over what answers with promises: $language $program',
    async ({ language, program }) => {
      const { args = [], env = {}, root = '', exit_code: exitCode = 0 } = specificationOf(language, program)
      const lower = late(new VirtualFileSystem(loadFolder(join(suite ?? '.', language, root)), { access: 'ro' }))
      const ended = await run(readFileSync(join(suite ?? '.', language, `${program}.wasm`)), {
        args: [...args],
        argv0: `${program}.wasm`,
        env,
        clock: REAL_CLOCK,
        random: realRandom,
        fs: overlay(lower),
      })
      expect(ended.exitCode, ended.stderr).toBe(exitCode)
    },
  )
})
