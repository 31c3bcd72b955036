// A fixed stretch of the differential fuzzing: random modules in every way of running that we have, against the host's own WebAssembly.
// `npm run fuzz` goes on from any seed, for as long as one likes.

import { Engine } from 'heddle'
import { describe, expect, it } from 'vitest'
import { compareCarried, compareSeed } from './differential.ts'
import { HOST_OPTIONS } from './host-features.ts'

const SEEDS = 150
const CARRIED_SEEDS = 80

describe('random modules', () => {
  it('have the results, traps, memory, globals, tables and host calls that the host gives, in all ways to run them', async () => {
    const engine = new Engine()
    const differences: string[] = []
    const endings = new Map<string, number>()
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { difference, endings: seen } = await compareSeed(engine, seed, HOST_OPTIONS)
      if (difference !== undefined) differences.push(`seed ${seed}: ${difference}`)
      for (const ending of seen) endings.set(ending, (endings.get(ending) ?? 0) + 1)
    }
    expect(differences).toEqual([])
    expect(endings.get('value')).toBeGreaterThan(SEEDS)
    expect([...endings.keys()].toSorted()).toEqual(
      expect.arrayContaining(['MEMORY', 'NUMBER', 'SIGNATURE', 'TABLE', 'ZERO']),
    )
  })

  it('come to the same where they are stopped, carried as bytes into another engine, and go on there', async () => {
    const engine = new Engine()
    const differences: string[] = []
    for (let seed = 1; seed <= CARRIED_SEEDS; seed++) {
      const difference = await compareCarried(engine, seed, HOST_OPTIONS)
      if (difference !== undefined) differences.push(`seed ${seed}: ${difference}`)
    }
    expect(differences).toEqual([])
  })
})
