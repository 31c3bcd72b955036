// Differential fuzzing for as long as one likes: random modules on our engine and on the host's WebAssembly, until they differ or time is
// up. `npm run fuzz -- --seconds 60 --seed 1`; a difference is told with its seed, and the module as text.

import { parseArgs } from 'node:util'
import { Engine } from 'heddle'
import { printModule } from '../src/text/print-module.ts'
import { compareSeed } from '../test/fuzz/differential.ts'
import { generateModule } from '../test/fuzz/generate-module.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    'no-simd': { type: 'boolean', default: false },
    /** Go on behind a difference. */
    all: { type: 'boolean', default: false },
    /** Print the module of the seed, and nothing else. */
    print: { type: 'boolean', default: false },
  },
})

const options = { simd: !values['no-simd'] }
const first = Number(values.seed)

if (values.print) console.log(printModule(generateModule(first, options).module))
else process.exitCode = (await fuzz(Number(values.seconds))) === 0 ? 0 : 1

async function fuzz(seconds: number): Promise<number> {
  const engine = new Engine()
  const end = Date.now() + seconds * 1000
  const endings = new Map<string, number>()
  let seed = first
  let differences = 0
  for (; Date.now() < end; seed++) {
    const { difference, endings: seen } = await compareSeed(engine, seed, options).catch((error: unknown) => ({
      difference: error instanceof Error ? (error.stack ?? error.message) : String(error),
      endings: [],
    }))
    for (const ending of seen) endings.set(ending, (endings.get(ending) ?? 0) + 1)
    if (difference === undefined) continue
    differences++
    console.log(`seed ${seed}: ${difference}`)
    if (values.all) continue
    console.log(printModule(generateModule(seed, options).module))
    break
  }
  const summary = [...endings].toSorted(([, a], [, b]) => b - a).map(([ending, count]) => `${ending} ${count}`)
  console.log(`seeds ${first} to ${seed - 1}: ${differences} differences; calls ended in ${summary.join(', ')}`)
  return differences
}
