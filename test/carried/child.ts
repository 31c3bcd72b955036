// The process in which runs go on that were taken in another one: reads a batch of snapshots from a file, brings each to its end in an
// engine of its own, and writes the ends into another file.

import { readFileSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { deserialize } from 'node:v8'
import { endOf, restored, type Batch, type End } from './carry.ts'

const [from, to] = process.argv.slice(2)
const { program, snapshots } = deserialize(readFileSync(from!)) as Batch
const ends: End[] = []
for (const bytes of snapshots) {
  ends.push(await endOf(restored(program, bytes)))
  // What is done with is collected between turns of the event loop.
  if (ends.length % 50 === 0) await nextTurn()
}
writeFileSync(to!, JSON.stringify(ends))
