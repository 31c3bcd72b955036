// How long inputs that are made to be hard take, and how much memory: ours, and the host's beside it. The table is put together in the
// process that starts the others, since a peak of memory is a process's own.

import { Engine } from 'heddle'
import { adversaries, type Adversary } from './adversarial-modules.ts'
import { host } from './host.ts'
import { MEGABYTE, peakBytes, timed } from './measure.ts'
import { EMPTY_REPORT, failed, type Bar, type Cell, type Report } from './report.ts'

export type Side = 'heddle' | 'host'

export interface AdversarialOptions {
  readonly side: Side
  /** Positions in the list of adversaries. */
  readonly items: readonly number[]
  readonly scale: number
}

/** One line for each item: verdict, milliseconds to it, milliseconds to instantiate and run, peak in megabytes. */
export function measureAdversaries({ side, items, scale }: AdversarialOptions): Report {
  const all = adversaries(scale)
  const rows: Cell[][] = []
  const failures: string[] = []
  for (const item of items) {
    const adversary = all[item]!
    const bytes = adversary.bytes()
    const before = peakBytes()
    const judged = timed(() => judge(side, bytes))
    const verdict = judged.value
    if (side === 'heddle' && !(adversary.verdicts as readonly string[]).includes(verdict)) {
      failures.push(`${adversary.name}: judged ${verdict}`)
    }
    const ran = adversary.runs && verdict === 'valid' ? timed(() => instantiateAndRun(side, bytes)).ms : null
    rows.push([verdict, judged.ms, ran, (peakBytes() - before) / MEGABYTE, bytes.length / MEGABYTE])
  }
  return { tables: [{ title: side, columns: [], rows }], bars: [], failures }
}

/** The host only says whether, not why not. */
function judge(side: Side, bytes: Uint8Array): string {
  if (side === 'host') return host!.validate(bytes) ? 'valid' : 'refused'
  return new Engine().check(bytes)?.kind ?? 'valid'
}

function instantiateAndRun(side: Side, bytes: Uint8Array): void {
  if (side === 'heddle') new Engine().compile(bytes).instantiateSync().call('run')
  else new host!.Instance(new host!.Module(bytes)).exports['run']!()
}

/** One table of what the processes found; `measured` gives the report of one side for one item. */
export async function reportAdversaries(
  scale: number,
  sides: readonly Side[],
  measured: (options: AdversarialOptions) => Promise<Report>,
): Promise<Report> {
  const all = adversaries(scale)
  const failures: string[] = []
  const rows: Cell[][] = []
  const bars: Bar[] = []
  // One after the other: they would disturb each other's times.
  for (const [item, adversary] of all.entries()) {
    const lines: Cell[][] = []
    for (const side of sides) {
      const report = await measured({ side, items: [item], scale })
      if (side === 'heddle') failures.push(...report.failures)
      lines.push([...(report.tables[0]?.rows[0] ?? NOTHING)])
    }
    rows.push(rowOf(adversary, lines))
    if (scale === 1 && sides[0] === 'heddle') bars.push(...barsOf(adversary, lines[0]!))
  }
  return {
    ...EMPTY_REPORT,
    bars,
    tables: [{ title: 'Adversarial inputs', columns: columns(sides), rows, notes: NOTES }],
    failures,
  }
}

/** All at once in this process, without the host: do they still get the verdict that they should? */
export function checkAdversaries(scale: number): Report {
  const all = adversaries(scale)
  const items = [...all.keys()]
  const { tables, failures } = measureAdversaries({ side: 'heddle', items, scale })
  const rows = tables[0]!.rows.map((line, i) => rowOf(all[i]!, [[...line]]))
  if (rows.length !== all.length) return failed('an adversarial input is missing from the table')
  return { tables: [{ title: 'Adversarial inputs, small', columns: columns(['heddle']), rows }], bars: [], failures }
}

function barsOf({ name, bar }: Adversary, [, judged, ran, peak]: readonly Cell[]): Bar[] {
  if (bar === undefined) return []
  return [
    { what: `${name}, ms`, value: Number(judged) + Number(ran), atMost: bar.ms },
    { what: `${name}, peak MB`, value: Number(peak), atMost: bar.megabytes },
  ]
}

const NOTHING: readonly Cell[] = ['died, or was ended', null, null, null, null]

const NOTES = [
  'run: instantiating and calling it, the compilation included. peak: growth of resident memory while judging and running,',
  'input excluded; each line and side in a process of its own, so these are first and only calls.',
]

function rowOf({ name }: Adversary, lines: readonly (readonly Cell[])[]): Cell[] {
  const size = lines.find(([, , , , megabytes]) => megabytes !== null)?.[4] ?? null
  return [name, size, ...lines.flatMap((line) => line.slice(0, 4))]
}

function columns(sides: readonly Side[]): Report['tables'][number]['columns'] {
  return [
    { name: 'input' },
    { name: 'MB', decimals: 2 },
    ...sides.flatMap((side) => [
      { name: side },
      { name: 'validate ms', decimals: 0 },
      { name: 'run ms', decimals: 0 },
      { name: 'peak MB', decimals: 0 },
    ]),
  ]
}
