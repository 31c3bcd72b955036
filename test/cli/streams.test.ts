// The command line and the streams of its process: pipes that close, that are slow, and signals.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const program = 'test/fixtures/cli/wasi.wat'

function start(...args: string[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, [main, ...args], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('heddle', () => {
  it('ends quietly, as a signal would end it, when nobody reads its output any more', async () => {
    const child = start(program, 'yes')
    const errors = collect(child.stderr as AsyncIterable<Buffer>)
    await once(child.stdout!, 'data')
    child.stdout!.destroy()
    expect(await once(child, 'exit')).toEqual([141, null])
    expect(String(await errors)).toBe('')
  })

  describe('is ended by an interrupt, quietly, with exit code 130', () => {
    const interrupted = async (child: ReturnType<typeof start>, ready: Promise<unknown>): Promise<void> => {
      const errors = collect(child.stderr as AsyncIterable<Buffer>)
      await ready
      child.kill('SIGINT')
      expect(await once(child, 'exit')).toEqual([130, null])
      expect(String(await errors)).toBe('')
    }

    it('while the guest writes', async () => {
      const child = start(program, 'yes')
      await interrupted(child, once(child.stdout!, 'data'))
    })

    it('while the guest waits for somebody to read what it writes', async () => {
      const child = start(program, 'yes')
      child.stdout!.pause()
      await interrupted(child, once(child.stdout!, 'readable'))
    })

    it('while the guest waits for input, with what it wrote before', async () => {
      const child = start(program, 'copy')
      child.stdin!.write('one')
      const written = once(child.stdout!, 'data')
      await interrupted(child, written)
      expect(String((await written)[0])).toBe('one')
    })

    it('in an endless loop', async () => {
      const child = start('test/fixtures/cli/endless.wat')
      await interrupted(child, once(child.stdout!, 'data'))
    })
  })

  it('says where an interrupt has ended the guest, where it is asked for more', async () => {
    const child = start('-v', 'test/fixtures/cli/endless.wat')
    const errors = collect(child.stderr as AsyncIterable<Buffer>)
    await once(child.stdout!, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(String(await errors)).toMatch(/^trap: aborted\n {4}at \$spin /m)
  })

  it('passes a megabyte on byte by byte equal, to a reader that is slow', async () => {
    const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31) % 251))
    const child = start(program, 'copy')
    child.stdin!.end(bytes)
    const chunks: Buffer[] = []
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      await setImmediate()
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
  })

  it('gives the same to a guest that may be timed out', async () => {
    const bytes = Buffer.from(Array.from({ length: 1 << 18 }, (_, i) => (i * 31) % 251))
    const child = start('--timeout', '1m', program, 'copy')
    child.stdin!.end(bytes)
    expect((await collect(child.stdout as AsyncIterable<Buffer>)).equals(bytes)).toBe(true)
  })

  it('reads standard input as it comes', async () => {
    const child = start(program, 'copy')
    child.stdin!.write('one')
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('one')
    child.stdin!.end('two')
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('two')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends at its deadline while the guest waits for input', async () => {
    const child = start('--timeout', '1s', program, 'copy')
    const errors = collect(child.stderr as AsyncIterable<Buffer>)
    expect(await once(child, 'exit')).toEqual([124, null])
    expect(String(await errors)).toMatch(/^trap: out of time: 1000 ms are over\n {4}at \$copy /)
  })

  it('prints its version', () => {
    const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string }
    const { stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
    expect(stdout).toBe(`heddle ${version}\n`)
  })
})
