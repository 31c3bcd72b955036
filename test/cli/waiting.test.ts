// A guest that waits keeps nobody else waiting: timers of the process go off meanwhile, and nothing of it is left when it has ended.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const fixture = fileURLToPath(new URL('../fixtures/cli/ticking.mjs', import.meta.url))

/** Node's own pipes are sockets. */
function start(stdout: 'pipe' | number, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [fixture, ...args], { stdio: ['pipe', stdout, 'inherit', 'ipc'] })
}

describe('timers go off', () => {
  it('while a guest sleeps, and when it is aborted it leaves no timer of its own', async () => {
    const child = start('pipe', 'sleep', 'abort')
    await once(child, 'message')
    child.send('abort')
    expect(await once(child, 'exit')).toEqual([130, null])
  })

  it('while a guest waits for input, and when it has ended its input keeps no process alive', async () => {
    const child = start('pipe', 'line')
    await once(child, 'message')
    child.stdin!.write('a line\n')
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('a line\n')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('while a guest waits for somebody to read what it writes to a socket', async () => {
    const child = start('pipe', 'yes')
    child.stdout!.pause()
    await once(child, 'message')
    child.stdout!.resume()
    await bytesFrom(child, 1 << 17)
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  it.runIf(process.platform === 'linux')('while it waits for the reader of a pipe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-'))
    const path = join(folder, 'pipe')
    spawnSync('mkfifo', [path])
    // Both ends, so that opening waits for nobody.
    const pipe = openSync(path, 'r+')
    try {
      const child = start(pipe, 'yes')
      await once(child, 'message')
      const buffer = new Uint8Array(1 << 16)
      for (let read = 0; read < 1 << 17;) {
        read += readSync(pipe, buffer)
        await setImmediate()
      }
      child.kill('SIGKILL')
      await once(child, 'exit')
    } finally {
      closeSync(pipe)
      rmSync(folder, { recursive: true })
    }
  })
})

async function bytesFrom(child: ChildProcess, count: number): Promise<void> {
  let read = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) if ((read += chunk.length) >= count) return
}
