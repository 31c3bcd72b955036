// Transcripts of the command line: each file in golden/ begins with the command that it runs, and goes on with what that printed and
// how it ended. UPDATE_GOLDEN=1 writes them anew.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = new URL('golden/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
const updating = process.env['UPDATE_GOLDEN'] === '1'

describe('the command line prints', () => {
  it.concurrent.each(files)('%s', async (name) => {
    const file = new URL(name, folder)
    const golden = readFileSync(file, 'utf8')
    const command = /^\$ (.*)\n/.exec(golden)?.[1]
    if (command === undefined) throw new Error(`${name} doesn't begin with a command`)
    const transcript = await record(command)
    if (updating) writeFileSync(file, transcript)
    else expect(transcript).toBe(golden)
  })
})

/** What a shell in the project's folder, which knows `heddle` and an empty folder `$tmp`, makes of the command. */
async function record(command: string): Promise<string> {
  const script = `heddle() { "$NODE" dist/cli/main.js "$@"; }\n${command}`
  const tmp = mkdtempSync(join(tmpdir(), 'heddle-'))
  const env = { PATH: process.env['PATH'], HOME: '/home/user', LANG: 'C', NODE: process.execPath, tmp }
  const child = spawn('sh', ['-c', script], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  rmSync(tmp, { recursive: true })
  const sections = [section('stdout', stdout), section('stderr', stderr), `--- exit ${String(status)}\n`]
  return [`$ ${command}\n`, ...sections].join('').replaceAll(tmp, '$tmp')
}

function section(title: string, output: string): string {
  if (output === '') return ''
  return `--- ${title}\n${stable(output)}${output.endsWith('\n') ? '' : '\n--- (no line feed)\n'}`
}

/** How long calls took is another matter each time; how large snapshots are, with each change of the compiler of texts or of their format. */
function stable(output: string): string {
  return output
    .replaceAll(/<\d+\.\d{6}>$/gm, '<time>')
    .replaceAll(/"(start|duration)":"\d+"/g, '"$1":"<time>"')
    .replaceAll(/"(ts|dur)":[\d.]+/g, '"$1":<time>')
    .replaceAll(/ is in (\S+), \d+ bytes/g, ' is in $1, <size>')
}
