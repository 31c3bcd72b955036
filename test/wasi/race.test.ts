// adversarial.md 56: another process swaps folders and files for links to what is outside, as fast as it can, for 30 seconds, while a guest
// opens, reads, makes, moves and removes. Nothing outside is reached. Linux alone: elsewhere nobody can promise that.

import { expect, test } from 'vitest'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import { Caller } from './host.ts'
import { race } from './race.ts'

const SECONDS = 30
const isLinux = process.platform === 'linux'
if (!isLinux) console.warn('\nThe race against a process that swaps links DID NOT RUN: it is for Linux.\n')

test.runIf(isLinux)(
  `adversarial.md 56: in ${SECONDS} seconds, nothing outside is reached`,
  async () => {
    const end = performance.now() + SECONDS * 1000
    const { isUntouched, ...raced } = await race(
      (root) => {
        const caller = new Caller({ fs: new HostFileSystem({ root, access: 'rw', held: 'descriptors' }) })
        return { caller, close: () => caller.wasi.close() }
      },
      ({ escapes }) => performance.now() < end && escapes.length === 0,
    )
    console.warn(`\n${JSON.stringify(raced)}\n`)
    expect(raced.escapes).toEqual([])
    expect(isUntouched).toBe(true)
    expect(Math.min(raced.swaps, raced.reached, raced.naive.inside, raced.naive.outside)).toBeGreaterThan(10)
  },
  SECONDS * 10_000,
)
