// The manual is true: its programs run and print what they say, its command lines end as they say, its tables are those of the code.
// Commands run in a folder where the files that the README invents are there.

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Instruction } from '../src/instructions/define.ts'
import { INSTRUCTIONS } from '../src/instructions/table.ts'
import { EVENT_KINDS } from '../src/snapshot/recording-file.ts'
import type { WasiCall } from '../src/wasi/preview1/trace.ts'
import { writeTar } from '../src/wasi.ts'
import { projectRoot } from './source-tree.ts'
import { Caller } from './wasi/host.ts'

interface Output {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Writes the name of the first folder that it is given, and its first variable. */
const GRANTED = `(module
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\0d\\00\\00\\00")
  (func (export "_start")
    (drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 16) (i32.const 5)))
    (drop (call $environ_get (i32.const 8) (i32.const 22)))
    (i32.store8 (i32.const 21) (i32.const 32))
    (i32.store8 (i32.const 28) (i32.const 10))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`

const readme = read('README.md')
const fuel = read('docs/fuel.md')

/** The code blocks of a page in a language; '' for those without one. */
function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(([, is]) => is === language).map(([, , text]) => text!)
}

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

/** Runs a module that imports the package by its name, as its users do. */
function runModule(text: string): Output {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: projectRoot,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('a program of the README', () => {
  const programs = blocksOf(readme, 'js')

  it('is there for the one call, for the engine, and for a run that stops', () => {
    expect(programs).toHaveLength(3)
  })

  it('runs a program with input, fuel, a time limit and a trace', () => {
    const { status, stdout, stderr } = runModule(programs[0]!)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^0 {5}2 {2}40\.0 % the\n(.+\n)* {4}5 words, 4 different\n \d+ 8\n$/)
  })

  it('calls an export, and stops a run every two units of fuel', () => {
    expect(runModule(programs[1]!)).toEqual({
      status: 0,
      stdout: `hello
42
2 units used, next instruction at offset 8 of function 1
hello
4 units used, next instruction at offset 12 of function 1
`,
      stderr: '',
    })
  })
})

describe('the program of the README that stops', () => {
  it('waits, ends in time, and goes on in another engine', () => {
    expect(runModule(blocksOf(readme, 'js')[2]!)).toEqual({
      status: 0,
      stdout: `42
TIMEOUT     at $spin (module, offset 0xc)
42 42
`,
      stderr: '',
    })
  })
})

describe('the program of the page on snapshots', () => {
  it('carries a run into another engine, and forks it', () => {
    expect(runModule(blocksOf(read('docs/snapshots.md'), 'js')[0]!)).toEqual({
      status: 0,
      stdout: `{ kind: 'fuel' }
500
log 5050
{ kind: 'done', value: 5050 }
65536
log 5050
log 5050
5050 5050
`,
      stderr: '',
    })
  })

  it('and the second one stops and resumes to the end', () => {
    const { stdout, stderr } = runModule(blocksOf(read('docs/snapshots.md'), 'js')[1]!)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^ {4}2 {2}40\.0 % the\n[^]* 5 words, 4 different\n \d{5}\n$/)
  })
})

describe('the programs of the page on runs', () => {
  it('the second one stops at breakpoints, and shows the stack', () => {
    expect(runModule(blocksOf(read('docs/runs.md'), 'js')[1]!)).toEqual({
      status: 0,
      stdout: `2 units
    at $half (module, offset 0x1)
    at $quarter (module, offset 0xa)
6 units
    at $half (module, offset 0x1)
    at $quarter (module, offset 0xc)
`,
      stderr: '',
    })
  })

  it('awaits an import, stops for fuel, and ends in time', () => {
    expect(runModule(blocksOf(read('docs/runs.md'), 'js')[0]!)).toEqual({
      status: 0,
      stdout: `20
{ kind: 'fuel' }
TIMEOUT true
`,
      stderr: '',
    })
  })
})

describe('the page on record and replay', () => {
  const page = read('docs/record-and-replay.md')

  it('records and replays dice', () => {
    expect(runModule(blocksOf(page, 'js')[0]!)).toEqual({ status: 0, stdout: 'true\ntrue 9\n', stderr: '' })
  })

  it('has the numbers of all events', () => {
    const rows = [...page.matchAll(/\| +(\d+) +\| `([\w-]+)`/g)].map(([, number, kind]) => [Number(number), kind])
    expect(rows.sort(([a], [b]) => Number(a) - Number(b))).toEqual(EVENT_KINDS.map((kind, number) => [number, kind]))
  })
})

describe('a command line of the README', () => {
  /** A command, what it prints to standard output (or a part of it), and its exit code. */
  // prettier-ignore
  const commands: readonly (readonly [command: string, output: string | RegExp, status: number])[] = [
    ['heddle examples/add.wasm --invoke add -a 1 2', '3\n', 0],
    ['heddle examples/fib.wat --invoke fib -a 10', '55\n', 0],
    ['heddle --features stack-switching examples/generator.wat --invoke main -a 4', '30\n', 0],
    ['heddle --fuel 100000 --timeout 2s plugin.wasm', '', 125],
    ['heddle --dir data::/data --env LANG=C program.wasm', '/data LANG=C\n', 0],
    ['heddle --dir data::/data:ro program.wasm', /^\/data /, 0],
    ['heddle --tar root.tar.gz --tar-out after.tar program.wasm', /^/, 0],
    ['heddle --deterministic=7 program.wasm', /^/, 0],
    ['heddle --record run.rec program.wasm; heddle --replay run.rec program.wasm', /^(.*\n)\1$/, 0],
    ['heddle validate *.wasm', '', 0],
    ['heddle wat2wasm a.wat -o a.wasm', '', 0],
    ['heddle wasm2wat a.wasm', /^\(module\n/, 0],
    ['heddle objdump -h -x -d -s a.wasm', /^\na\.wasm:\tfile format wasm 0x1\n[^]*Code Disassembly:/, 0],
    ['heddle stats a.wasm', /^a\.wasm: \d+ bytes, 1 instruction\n/, 0],
    ['heddle strip a.wasm -o b.wasm', '', 0],
    ['heddle wizen --allow-wasi --dir examples/c::/ examples/c/lookup.wasm -o lookup.wasm', '', 0],
    ['heddle examples/fib.wat --invoke fib -a 10 --fuel 99 --snapshot state; heddle --resume state', '55\n', 0],
    ['heddle --strace=trace.json --trace-format chrome examples/c/hello.wasm you', 'Hello, you!\n', 0],
    ['heddle stub examples/c/hello.wasm > fake.ts; heddle run --imports fake.ts examples/c/hello.wasm', '', 1],
    ['heddle wast suites/spec/core', /one\.wast: 2 passed/, 0],
  ]
  const [lines] = blocksOf(readme, '').filter((text) => text.startsWith('heddle '))
  const folder = mkdtempSync(join(tmpdir(), 'heddle-readme-'))

  beforeAll(() => {
    cpSync(join(projectRoot, 'examples'), join(folder, 'examples'), { recursive: true })
    writeFileSync(join(folder, 'a.wat'), '(module (func (export "_start")))')
    writeFileSync(join(folder, 'endless.wat'), '(module (func (export "_start") (loop (br 0))))')
    writeFileSync(join(folder, 'granted.wat'), GRANTED)
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'root.tar.gz'), gzipSync(writeTar({ '/in.txt': 'the warp' })))
    mkdirSync(join(folder, 'suites/spec/core'), { recursive: true })
    writeFileSync(join(folder, 'suites/spec/core/one.wast'), '(module (func (export "f"))) (invoke "f")')
    mkdirSync(join(folder, 'bin'))
    const main = join(projectRoot, 'dist/cli/main.js')
    writeFileSync(join(folder, 'bin/heddle'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
    chmodSync(join(folder, 'bin/heddle'), 0o755)
    expect(runLine('heddle wat2wasm endless.wat -o plugin.wasm').status).toBe(0)
    expect(runLine('heddle wat2wasm granted.wat -o program.wasm').status).toBe(0)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function runLine(command: string): Output {
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter)
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
      cwd: folder,
      env: { PATH },
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  it('is one of those that are run here', () => {
    const written = lines!.split('\n').flatMap((line) => line.replace(/ +#.*/, '').split(/ {2,}/))
    expect(written.filter((line) => line !== '')).toEqual(commands.map(([command]) => command))
  })

  it('says in its remark what is printed, and with which code it ends', () => {
    expect(lines).toMatch(/add -a 1 2 +# 3\n/)
    expect(lines).toMatch(/fib -a 10 +# .*: 55\n/)
    expect(lines).toMatch(/main -a 4 +# 30;/)
    expect(lines).toMatch(/plugin\.wasm +# .*exit code 125 out of fuel/)
  })

  it.each(commands)('%s', (command, output, status) => {
    const result = runLine(command)
    expect(result.stdout).toEqual(typeof output === 'string' ? output : expect.stringMatching(output))
    expect(result.status, result.stderr).toBe(status)
  })

  it('stops in time where the fuel suffices', () => {
    expect(runLine('heddle --timeout 100ms plugin.wasm').status).toBe(124)
  })
})

describe('the page on pre-initialisation', () => {
  it('has a program that initialises another, which then does without its file', () => {
    const program = blocksOf(read('docs/wizen.md'), 'js')[0]!
    expect(program).toContain('// warp: word 2 of 3\n')
    const { stdout, stderr } = runModule(`${program}\nconsole.log(stdout)`)
    expect({ stdout, stderr }).toEqual({ stdout: 'warp: word 2 of 3\n\n', stderr: '' })
  })
})

describe('the page on tracing', () => {
  const page = read('docs/tracing.md')
  const [watching, standing, file] = blocksOf(page, 'js')

  it('has a program that watches another', () => {
    expect(runModule(watching!)).toEqual({
      status: 0,
      stdout: `in.txt { opened_fd: 4 }
warp weft warp

fd_close(4) = 0
`,
      stderr: '',
    })
  })

  it('has a program that stands in front of another', () => {
    expect(runModule(standing!)).toEqual({ status: 0, stdout: STOOD, stderr: '' })
  })

  it('has a file that fakes chance, and lines that are printed so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-tracing-'))
    const fake = join(folder, 'fake.mjs')
    writeFileSync(fake, file!)
    const random = join(folder, 'random.wat')
    writeFileSync(random, RANDOM)
    const main = join(projectRoot, 'dist/cli/main.js')
    const heddle = (...args: readonly string[]): Output =>
      spawnSync(process.execPath, [main, ...args], { cwd: projectRoot, encoding: 'utf8' })
    expect(heddle('--imports', fake, '--invoke', 'roll', random).stdout).toBe('67372036\n')
    const withoutTimes = (text: string): string => text.replaceAll(/ <\d\.\d{6}>$/gm, '')
    const shown = /^\$ heddle (.*)\n([^]*)$/.exec(blocksOf(page, '')[0]!)!
    expect(withoutTimes(heddle(...shown[1]!.split(' ')).stderr)).toBe(withoutTimes(shown[2]!))
    rmSync(folder, { recursive: true })
  })

  it('says what each field of an event is', () => {
    const fields = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, names]) =>
      names!.replaceAll('`', '').split(', '),
    )
    const events: WasiCall[] = []
    const { functions } = new Caller({ trace: (call) => void events.push(call) })
    void functions.sched_yield()
    expect(fields.toSorted()).toEqual(Object.keys(events[0]!).toSorted())
  })
})

const STOOD = `    2 100.0 % heddle
    2 words, 1 different

`

/** Gives what chance gives. */
const RANDOM = `(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "roll") (result i32) (drop (call $random_get (i32.const 0) (i32.const 4))) (i32.load (i32.const 0))))`

describe('the page on fuel', () => {
  const cells = [...fuel.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].slice(2).map(([, names, units]) => ({
    names: [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
    units: units!,
  }))
  const namesOf = (rows: readonly Instruction[]): string[] => rows.map(({ name }) => name).toSorted()
  const listed = (units: RegExp): string[] =>
    cells.flatMap((cell) => (units.test(cell.units) ? cell.names : [])).toSorted()

  it('lists what costs nothing', () => {
    expect(listed(/^0$/)).toEqual(namesOf(INSTRUCTIONS.filter(({ cost }) => cost === 0)))
  })

  it('lists what is charged by length, with what one unit pays for', () => {
    const charged = (per: number): string[] => namesOf(INSTRUCTIONS.filter(({ charge }) => charge?.per === per))
    expect(listed(/^1, and 1 for every 8 bytes of the length$/)).toEqual(charged(8))
    expect(listed(/^1, and 1 for every element of the length$/)).toEqual(charged(1))
    expect(charged(8).every((name) => name.startsWith('memory.'))).toBe(true)
    expect(charged(1).every((name) => /^(table|array)\./.test(name))).toBe(true)
    expect(new Set(INSTRUCTIONS.map(({ charge }) => charge?.per))).toEqual(new Set([undefined, 1, 8]))
  })

  it('has one line for all others, which costs 1, and no line besides', () => {
    expect(cells.filter(({ names }) => names.length === 0)).toEqual([{ names: [], units: '1' }])
    expect(fuel).toMatch(/^\| every other instruction +\| 1 +\|$/m)
    expect(cells).toHaveLength(4)
  })

  it('has a program that stops and goes on', () => {
    const program = blocksOf(fuel, 'js').join('\n')
    const before = `
      import { Engine } from 'heddle'
      import { parseWat } from 'heddle/wat'
      const text = \`(module (func (export "main") (local i32)
        (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10000))))))\`
      const instance = await new Engine().compile(parseWat(text)).instantiate()
    `
    const { stdout, stderr } = runModule(`${before}\n${program}\nconsole.log(state.kind, run.fuelUsed)`)
    // Seven instructions, ten thousand times.
    expect({ stdout, stderr }).toEqual({ stdout: 'done 70000\n', stderr: '' })
  })
})

describe('the programs of the page on WASI', () => {
  const programs = blocksOf(read('docs/wasi.md'), 'js')
  it.each([
    ['counts words', "0 2  40.0 % the\n[ '/text.txt' ]\n"],
    ['lays an overlay over a tree', "[ '/text.txt' ] [ '/moved.txt' ]\n1\n"],
    ['serves who connects', '0\n'],
    ["greets under the host's own WebAssembly", '0 Hello, you!\n\n'],
  ])('%s', (claim, stdout) => {
    const program = programs[['counts', 'lays', 'serves', 'greets'].findIndex((word) => claim.startsWith(word))]!
    expect(runModule(program)).toEqual({ status: 0, stdout, stderr: '' })
  })
})
