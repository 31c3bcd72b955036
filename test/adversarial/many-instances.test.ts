// Item 31 of the adversarial checklist: instances without number that nobody keeps, in one store. What they took of its quotas and of the
// host's memory comes back. In a process of its own, over the built files: the host's collector must be asked, and left to work.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../fixtures/many-instances.mjs', import.meta.url))

interface Counts {
  /** Instances, or runs, that were made. */
  readonly made: number
  readonly usage: Readonly<Record<string, number>>
  /** Bytes on the heap and in buffers after so many parts of the work. */
  readonly held: readonly number[]
}

async function counts(what: string): Promise<Counts> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, what])
  return JSON.parse(stdout) as Counts
}

const NOTHING = { instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 }

describe('adversarial.md 31: instances that nobody keeps', () => {
  it.concurrent.each([
    ['instances', 1_000_000],
    ['memories', 100_000],
    ['called', 50_000],
  ])(
    '%s, of one module in one store with its quota of 10,000, leave nothing behind',
    async (what, number) => {
      const { made, usage, held } = await counts(what)
      // What was allocated is summed, until the sum comes to the limit.
      expect([made, { ...usage, heapBytes: 0 }]).toEqual([number, NOTHING])
      expect(held.at(-1)! - held[0]!).toBeLessThan(2 * 1024 ** 2)
    },
    300_000,
  )

  it.concurrent('10,000 may be there at once, and one more when they have gone', async () => {
    const { made, usage } = await counts('quota')
    expect([made, usage]).toEqual([10_001, { ...NOTHING, instances: 1 }])
  }, 60_000)
})

describe('adversarial.md 31: runs that are given up', () => {
  it.concurrent('while they are stopped deep in their stack leave nothing behind, and nor do those that wait', async () => {
    const { made, held } = await counts('runs')
    expect(made).toBe(10_000)
    expect(held.at(-1)! - held[0]!).toBeLessThan(2 * 1024 ** 2)
  }, 120_000)
})
