// Filters in pipes of a shell: what flows through is not held, and who has had enough ends them quietly.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const heddle = `${process.execPath} dist/cli/main.js`
const upper = 'examples/c/upper.wasm'

function shell(command: string): string {
  const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
    cwd: root,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}${status ?? 'killed'}`
}

describe('a filter', () => {
  it('stands between other programs', () => {
    expect(shell(`printf 'weft\\nwarp\\n' | ${heddle} ${upper} | sort`)).toBe('WARP\nWEFT\n0')
  })

  it('reads a file', () => {
    expect(shell(`${heddle} ${upper} < test/fixtures/cli/folder/in.txt | head -c 4`)).toMatch(/^[A-Z]{4}0$/)
  })

  it('ends as a signal would end it, and quietly, when the reader has had enough', () => {
    expect(shell(`yes | ${heddle} ${upper} | head -1`)).toBe('Y\n141')
  })

  it('is told when its input is a folder', () => {
    expect(shell(`${heddle} ${upper} < test`)).toBe('upper: read: Is a directory\n1')
  })

  it.runIf(existsSync('/dev/full'))('is told when there is no place for its output', () => {
    expect(shell(`echo x | ${heddle} ${upper} > /dev/full`)).toBe('upper: write: No space left on device\n1')
  })

  it('reads nothing where its input is closed', () => {
    expect(shell(`${heddle} ${upper} <&-`)).toBe('0')
  })

  it('holds no more than a few blocks of 64 MiB that flow to a slow reader', async () => {
    const block = Buffer.alloc(1 << 16, 'warp and weft\n')
    const total = 64 * 2 ** 20
    const child = spawn(process.execPath, ['dist/cli/main.js', upper], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    let accepted = 0
    const feed = (): void => {
      child.stdin.write(block, () => {
        accepted += block.length
        if (accepted < total) feed()
        else child.stdin.end()
      })
    }
    feed()
    let received = 0
    let mostHeld = 0
    let pauses = 0
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      received += chunk.length
      mostHeld = Math.max(mostHeld, accepted - received)
      // Slower than who writes, at first: then what flows is held somewhere, if anywhere.
      if (pauses++ < 50) await sleep(5)
    }
    expect(received).toBe(total)
    // The buffers of the system between the three are a part of it.
    expect(mostHeld).toBeLessThan(2 * 2 ** 20)
    expect(mostHeld).toBeGreaterThan(block.length)
    await closed
  })
})
