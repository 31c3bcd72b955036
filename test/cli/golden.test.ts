// Transcripts of the command line: each file in golden/ begins with the command that it runs, and goes on with what that printed and
// how it ended. UPDATE_GOLDEN=1 writes them anew.

import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = new URL('golden/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
const updating = process.env['UPDATE_GOLDEN'] === '1'

describe('the command line prints', () => {
  it.each(files)('%s', (name) => {
    const file = new URL(name, folder)
    const golden = readFileSync(file, 'utf8')
    const command = /^\$ (.*)\n/.exec(golden)?.[1]
    if (command === undefined) throw new Error(`${name} doesn't begin with a command`)
    const transcript = record(command)
    if (updating) writeFileSync(file, transcript)
    else expect(transcript).toBe(golden)
  })
})

/** What a shell in the project's folder, which knows `heddle`, makes of the command. */
function record(command: string): string {
  const script = `heddle() { "$NODE" dist/cli/main.js "$@"; }\n${command}`
  const env = { PATH: process.env['PATH'], HOME: '/home/user', LANG: 'C', NODE: process.execPath }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: root, env, encoding: 'utf8', timeout: 60_000 })
  return [`$ ${command}\n`, section('stdout', stdout), section('stderr', stderr), `--- exit ${status}\n`].join('')
}

function section(title: string, text: string): string {
  if (text === '') return ''
  return `--- ${title}\n${stable(text)}${text.endsWith('\n') ? '' : '\n--- (no line feed)\n'}`
}

/** How long calls took is another matter each time. */
function stable(text: string): string {
  return text.replaceAll(/<\d+\.\d{6}>$/gm, '<time>')
}
