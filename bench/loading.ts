// Taking in a large module: decoding and validation beside the host's `validate`, and what the module holds on to afterwards.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Engine } from 'heddle'
import { decodeModule } from '../dist/binary/decode-module.js'
import { host } from './host.ts'
import { MEGABYTE, median, retainedBytes, timed } from './measure.ts'
import type { Report } from './report.ts'

export interface LoadingOptions {
  readonly file: string
  readonly rounds: number
}

const MOST_TIMES_HOST = 20
const MOST_TIMES_SIZE = 4

/** In a process of its own that was started with --expose-gc. */
export function measureLoading({ file, rounds }: LoadingOptions): Report {
  // The input is not counted below: it is there before, and stays.
  const bytes = new Uint8Array(readFileSync(file))
  const engine = new Engine({ tier: 'interpret' })
  const megabytes = bytes.length / MEGABYTE
  const samples = { host: [] as number[], both: [] as number[], decode: [] as number[] }
  const failures: string[] = []
  for (let round = 0; round < rounds; round++) {
    if (host !== undefined) samples.host.push(timed(() => host!.validate(bytes)).ms)
    const { ms, value: valid } = timed(() => engine.validate(bytes))
    if (!valid) failures.push(`${basename(file)} is refused`)
    samples.both.push(ms)
    samples.decode.push(timed(() => decodeModule(bytes)).ms)
  }
  const before = retainedBytes()
  const module = engine.compile(bytes)
  const retained = retainedBytes() - before
  if (module.exports.length === 0) failures.push(`${basename(file)} exports nothing`)

  const line = (name: string, times: readonly number[]): (string | number | null)[] => {
    const [first] = times
    const middle = median(times)
    const hostFirst = samples.host[0]
    return [
      name,
      first!,
      middle,
      megabytes / (middle / 1000),
      hostFirst === undefined ? null : first! / hostFirst,
      hostFirst === undefined ? null : middle / median(samples.host),
    ]
  }
  const rows = [line('decode and validate', samples.both), line('decode alone', samples.decode)]
  if (host !== undefined) rows.push(line("host's validate", samples.host))
  const size = `${basename(file)}, ${megabytes.toFixed(1)} MB`
  const ratio = rows[0]![5]
  return {
    tables: [
      {
        title: `Loading ${size}`,
        columns: [
          { name: '' },
          { name: 'first ms' },
          { name: 'median ms' },
          { name: 'MB/s', decimals: 0 },
          { name: 'first ÷ host', decimals: 2 },
          { name: 'median ÷ host', decimals: 2 },
        ],
        rows,
        notes: [
          `retained heap and buffers: ${(retained / MEGABYTE).toFixed(1)} MB, ${(retained / bytes.length).toFixed(2)} × the module` +
            ` (with the engine's own copy of the bytes; the caller's is not counted)`,
        ],
      },
    ],
    bars: [
      ...(typeof ratio === 'number'
        ? [{ what: `${size}: CPU ÷ host's validate`, value: ratio, atMost: MOST_TIMES_HOST }]
        : []),
      { what: `${size}: retained ÷ size`, value: retained / bytes.length, atMost: MOST_TIMES_SIZE },
    ],
    failures,
  }
}
