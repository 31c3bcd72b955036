// Runs of more than ten million instructions, stopped now and then, that end in other processes: a program that allocates and recurses, and
// QuickJS in the middle of a script.

import { beforeAll, describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../source-tree.ts'
import { begun, endOf, restored, stopsOf, type End, type Taken } from './carry.ts'
import { differing, endsElsewhere } from './elsewhere.ts'

const INSTRUCTIONS = 10_000_000

describe('a run of ten million instructions, stopped at every 99,991st,', () => {
  let end: End
  let stops: readonly Taken[]
  beforeAll(async () => {
    end = await endOf(begun('trees'))
    stops = await stopsOf('trees', 99_991)
  })

  it('is as long as that', () => {
    expect(end.fuelUsed).toBeGreaterThan(INSTRUCTIONS)
    expect(stops.length).toBe(Math.ceil(end.fuelUsed / 99_991))
    expect(end.result).toBe(`number ${Number.parseInt(checksum('trees'), 16) | 0}`)
  })

  it('ends in other processes as it does where it is left alone', async () => {
    expect(differing(end, stops, await endsElsewhere('trees', stops, 70))).toEqual([])
  })
})

describe('QuickJS in the middle of a script', () => {
  const OUTPUT = readFileSync(join(projectRoot, 'examples/quickjs/expected.txt'), 'utf8')

  it('goes on in another process, and prints there what it would have printed', async () => {
    const end = await endOf(begun('quickjs'))
    expect(end).toMatchObject({ result: 'number 0', output: OUTPUT })
    expect(end.fuelUsed).toBeGreaterThan(INSTRUCTIONS)
    const stops = await stopsOf('quickjs', 2_999_999)
    // Some before it has printed anything, and some in the middle.
    const printed = stops.map(({ bytes }) => outputOf(bytes).length)
    expect(printed[0]).toBe(0)
    expect(printed.filter((length) => length > 0 && length < OUTPUT.length).length).toBeGreaterThan(1)
    expect(differing(end, stops, await endsElsewhere('quickjs', stops, stops.length))).toEqual([])
  })
})

/** What the guest has printed so far, who is not asked to go on. */
function outputOf(bytes: Uint8Array): string {
  return Buffer.from(restored('quickjs', bytes).wasi!.stdout).toString()
}

function checksum(kernel: string): string {
  const sums = JSON.parse(readFileSync(join(projectRoot, 'bench/kernels/checksums.json'), 'utf8')) as Record<
    string,
    string
  >
  return sums[kernel]!
}
