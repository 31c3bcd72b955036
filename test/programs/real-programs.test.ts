// Real programs on a real folder: what they print, and what they leave behind. scripts/real-programs.ts has them; `npm run programs` measures them.

import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REAL_PROGRAMS, performProgram } from '../../scripts/real-programs.ts'
import { run } from '../../src/command/run.ts'
import { loadFolder } from '../../src/node/load-folder.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { projectRoot } from '../source-tree.ts'

/** Ten times what the slowest takes. */
const TIME_LIMIT_MS = 200_000

/** How the files begin that a program leaves in its folder. */
const left: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SQLite: { 'words.db': 'SQLite format 3\0' },
  Python: { 'out/words.json': '{"warp": 2, "weft": 1}' },
  PHP: { 'count.json': '{"warp":2,"weft":1}' },
  Ruby: { 'count.txt': '2 warp\n1 weft' },
  'clang and wasm-ld': { 'primes.wasm': '\0asm' },
}

// QuickJS is an example.
const programs = REAL_PROGRAMS.filter(({ name }) => name !== 'QuickJS')

describe('on a real folder', () => {
  it.each(programs.map((program) => [program.name, program] as const))(
    '%s runs',
    (name, program) => {
      const { stdout, stderr, exitCode } = performProgram(program, 'heddle', (folder) => {
        for (const [path, beginning] of Object.entries(left[name] ?? {})) {
          expect(readFileSync(join(folder, path), 'latin1').slice(0, beginning.length)).toBe(beginning)
        }
        // What a program writes for itself, it removes again.
        expect(readdirSync(folder).filter((file) => /journal|tmp/i.test(file))).toEqual([])
      })
      expect({ stdout, stderr, exitCode }).toEqual({ stdout: program.output, stderr: '', exitCode: 0 })
    },
    TIME_LIMIT_MS,
  )
})

it('a walk through a virtual folder finds what one through the real folder does', async () => {
  const folder = 'test/fixtures/cli'
  const walk = 'examples/c/tree.wasm'
  const fs = new VirtualFileSystem(loadFolder(join(projectRoot, folder)).tree)
  const { stdout, exitCode } = await run(readFileSync(join(projectRoot, walk)), { fs })
  expect(exitCode).toBe(0)
  expect(stdout).toContain('folder/\n  in.txt (15)\n  inner/\n    deep.txt (7)\n')
  const command = ['dist/cli/main.js', '--dir', `${folder}::/`, walk]
  const real = spawnSync(process.execPath, command, { cwd: projectRoot, encoding: 'utf8' })
  expect(real.stdout).toBe(stdout)
})
