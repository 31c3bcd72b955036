// Differential fuzzing for as long as one likes, in two parts: our own generator's modules against this process's WebAssembly, and
// binaryen's modules against a current V8. docs/fuzzing.md tells more.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { Engine } from 'heddle'
import { decodeModule, printWat } from 'heddle/wat'
import { compareSeed } from '../test/fuzz/differential.ts'
import { generateModule } from '../test/fuzz/generate-module.ts'
import { HOST_OPTIONS } from '../test/fuzz/host-features.ts'
import { isCompact, writeFixture } from '../test/fuzz/oracle/fixtures.ts'
import { Campaign, NEWEST_NODE, missingPackages } from '../test/fuzz/oracle/campaign.ts'

const HELP = `npm run fuzz -- [options]

  --seconds N     how long, for all parts together (60)
  --count N       how many seeds of each part, however long that takes
  --seed N        the first seed (of this moment); seeds go up by one
  --part NAME     own: modules of our generator, against this Node's WebAssembly, in all our ways to run
                  binaryen: modules of wasm-opt, against the V8 of the package \`node\`; needs the packages of fuzz/
                  by default both, where those packages are there
  --host newest   own: against the V8 of the package \`node\` instead, which has more proposals
  --all           go on behind a difference
  --record        binaryen: keep compact modules as fixtures, with what the oracle shows
  --print         print the module of the seed and part as text, and nothing else
  --no-simd       own: without vectors
  --help`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    count: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    part: { type: 'string' },
    host: { type: 'string', default: 'this' },
    'no-simd': { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** One generator with its oracle. */
interface Part {
  readonly name: string
  /** What differs, and what happened, for the summary. */
  readonly compare: (seed: number) => Promise<{ difference?: string | undefined; readonly seen: readonly string[] }>
  readonly print: (seed: number) => Promise<string>
  readonly stop: () => void
}

const engine = new Engine()
process.exitCode = await main()

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP)
    return 0
  }
  if (values.host === 'newest' && process.execPath !== NEWEST_NODE) return runOnNewest()
  const parts = chooseParts()
  if (parts === undefined) return 2
  const seed = Number(values.seed)
  try {
    if (values.print) {
      for (const part of parts.slice(0, 1)) console.log(await part.print(seed))
      return 0
    }
    let differences = 0
    for (const part of parts) differences += await fuzz(part, seed, Number(values.seconds) / parts.length)
    return differences === 0 ? 0 : 1
  } finally {
    for (const part of parts) part.stop()
  }
}

/** The same command once more, in the newer Node. */
function runOnNewest(): number {
  const missing = missingPackages()
  if (missing === undefined) {
    const { status } = spawnSync(NEWEST_NODE, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' })
    return status ?? 1
  }
  console.error(missing)
  return 2
}

function chooseParts(): Part[] | undefined {
  const { part } = values
  if (part !== undefined && part !== 'own' && part !== 'binaryen') {
    console.error(`unknown part ${part}: there are own and binaryen`)
    return undefined
  }
  const missing = missingPackages()
  if (part === 'own') return [ownPart()]
  if (part === 'binaryen') {
    if (missing === undefined) return [binaryenPart()]
    console.error(missing)
    return undefined
  }
  if (missing === undefined) return [ownPart(), binaryenPart()]
  console.log(`part binaryen is left out: ${missing}`)
  return [ownPart()]
}

function ownPart(): Part {
  const options = values['no-simd'] ? { ...HOST_OPTIONS, simd: false } : HOST_OPTIONS
  return {
    name: 'own',
    compare: async (seed) => {
      const { difference, endings } = await compareSeed(engine, seed, options)
      return { difference, seen: endings }
    },
    print: (seed) => Promise.resolve(printWat(generateModule(seed, options).module)),
    stop: () => undefined,
  }
}

function binaryenPart(): Part {
  const campaign = new Campaign(engine)
  return {
    name: 'binaryen',
    compare: async (seed) => {
      const { difference, kind, lines, prepared } = await campaign.compare(seed)
      if (values.record && prepared !== undefined && isCompact(prepared, lines)) {
        writeFixture({ seed: String(seed), ...prepared, lines })
      }
      return { difference, seen: [kind, ...lines.map(endingOf)] }
    },
    print: async (seed) => printWat(decodeModule(await campaign.generate(seed))),
    stop: () => campaign.stop(),
  }
}

/** The kind of trap, `exception`, or `value`: how a line of an observation ends. */
function endingOf(line: string): string {
  return / ([A-Z]+|exception)(\(-?\d+\))?(?= after |$)/.exec(line)?.[1] ?? 'value'
}

async function fuzz(part: Part, first: number, seconds: number): Promise<number> {
  const end = values.count === undefined ? Date.now() + seconds * 1000 : Infinity
  const last = first + Number(values.count ?? Infinity)
  const tally = new Map<string, number>()
  let seed = first
  let differences = 0
  for (; seed < last && Date.now() < end; seed++) {
    const { difference, seen } = await part.compare(seed).catch((error: unknown) => ({
      difference: error instanceof Error ? (error.stack ?? error.message) : String(error),
      seen: [],
    }))
    for (const each of seen) tally.set(each, (tally.get(each) ?? 0) + 1)
    if (difference === undefined) continue
    differences++
    console.log(`${part.name}, seed ${seed}: ${difference}`)
    if (!values.all) {
      console.log(`the module: npm run fuzz -- --part ${part.name} --seed ${seed} --print`)
      seed++
      break
    }
  }
  const summary = [...tally].toSorted(([, a], [, b]) => b - a).map(([what, count]) => `${what} ${count}`)
  console.log(`${part.name}, seeds ${first} to ${seed - 1}: ${differences} differences; ${summary.join(', ')}`)
  return differences
}
