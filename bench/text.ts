// The text format: how fast a real module is printed and parsed back, and that printing it again gives the same text.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { decodeModule } from '../dist/binary/decode-module.js'
import { parseModule } from '../dist/text/parse-module.js'
import { printModule } from '../dist/text/print-module.js'
import { MEGABYTE, median, timed } from './measure.ts'
import type { Cell, Report } from './report.ts'

export interface TextOptions {
  readonly file: string
  readonly rounds: number
}

export function measureText({ file, rounds }: TextOptions): Report {
  const module = decodeModule(new Uint8Array(readFileSync(file)))
  const failures: string[] = []
  const rows: Cell[][] = []
  for (const folded of [false, true]) {
    const form = folded ? 'folded' : 'flat'
    const printing: number[] = []
    const parsing: number[] = []
    let length = 0
    for (let round = 0; round < rounds; round++) {
      const printed = timed(() => printModule(module, { folded }))
      const parsed = timed(() => parseModule(printed.value))
      printing.push(printed.ms)
      parsing.push(parsed.ms)
      length = printed.value.length
      if (round === 0 && printModule(parsed.value, { folded }) !== printed.value) {
        failures.push(`${basename(file)}: the ${form} text, parsed and printed again, is another`)
      }
    }
    rows.push(line(`print, ${form}`, length, printing), line(`parse, ${form}`, length, parsing))
  }
  return {
    tables: [
      {
        title: `Text of ${basename(file)}`,
        columns: [
          { name: '' },
          { name: 'MB of text' },
          { name: 'first ms', decimals: 0 },
          { name: 'median ms', decimals: 0 },
          { name: 'MB/s of text', decimals: 0 },
        ],
        rows,
      },
    ],
    bars: [],
    failures,
  }
}

function line(name: string, length: number, times: readonly number[]): Cell[] {
  const ms = median(times)
  return [name, length / MEGABYTE, times[0]!, ms, length / MEGABYTE / (ms / 1000)]
}
