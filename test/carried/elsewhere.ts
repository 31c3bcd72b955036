// Carries runs to other processes, in batches, and brings their ends back.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serialize } from 'node:v8'
import type { Batch, End, Taken } from './carry.ts'

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))
const run = promisify(execFile)

/** The ends of the runs, in their order; a new process for each `batchSize` of them. */
export async function endsElsewhere(program: string, stops: readonly Taken[], batchSize: number): Promise<End[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-carried-'))
  const [batch, ends] = [join(folder, 'batch'), join(folder, 'ends.json')]
  const all: End[] = []
  try {
    for (let i = 0; i < stops.length; i += batchSize) {
      const snapshots = stops.slice(i, i + batchSize).map(({ bytes }) => bytes)
      writeFileSync(batch, serialize({ program, snapshots } satisfies Batch))
      await run(process.execPath, ['--import', 'tsx', CHILD, batch, ends])
      all.push(...(JSON.parse(readFileSync(ends, 'utf8')) as End[]))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return all
}

/** Where an end is another one than that of the run that was left alone. */
export function differing(expected: End, stops: readonly Taken[], ends: readonly End[]): unknown[] {
  const text = JSON.stringify(expected)
  return stops.flatMap(({ fuelUsed, at }, i) => {
    const end = ends[i]
    return JSON.stringify(end) === text ? [] : [{ after: fuelUsed, at, end }]
  })
}
