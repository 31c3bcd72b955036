// V8 never optimises a function of more than 61,440 bytes of bytecode, and an interpreter whose loop is one runs 11 to 22 times slower.
// Nothing else would tell: every answer stays right. So the loop as it ships is measured here, with a margin for other versions of V8.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const MOST_BYTES = 55_000
const MOST_OUTPUT = 1 << 28

const engine = new URL('../dist/index.js', import.meta.url).href

/** The machine warms its loop up before the first call, so that any call of any module has it compiled to bytecode. */
const program = `
  import { Engine } from ${JSON.stringify(engine)}
  const run = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 4, 1, 2, 0, 11]
  new Engine({ tier: 'interpret' }).compile(new Uint8Array(run)).instantiateSync().call('run')
`

it(`the bytecode of the interpreter's loop is shorter than ${MOST_BYTES} bytes`, () => {
  const output = execFileSync(
    process.execPath,
    ['--print-bytecode', '--print-bytecode-filter=loop', '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', maxBuffer: MOST_OUTPUT },
  )
  const lengths = [...output.matchAll(/^Bytecode length: (\d+)$/gm)].map(([, length]) => Number(length))
  // Other functions may be called `loop`, too, but none is this large; without ours there is nothing to measure.
  const largest = Math.max(0, ...lengths)
  expect(largest).toBeGreaterThan(20_000)
  expect(largest).toBeLessThan(MOST_BYTES)
})
