// Random calls with values at the edges, by a guest that means harm: nothing but errnos come back, nothing outside is touched, and what was
// opened is given back. Numbers are those of the adversarial checklist.

import { describe, expect, test } from 'vitest'
import { DIALECTS } from '../../src/wasi/preview1/dialect.ts'
import { ERRNO_NAMES } from '../../src/wasi/preview1/errno.ts'
import { allBoxes, overlayBoxes } from './boxes.ts'
import type { Box } from './boxes.ts'
import { ESCAPE_TREE } from './escapes.ts'
import { OUT } from './host.ts'
import type { Caller } from './host.ts'
import { openDescriptors } from './official-programs.ts'
import { DATA, FILE, coreParams } from './prepared-calls.ts'

const PATHS = 8192
const ROUNDS = 2000
// prettier-ignore
const NAMES = [
  'in', 'deep', 'deep/er/file', 'deep/new', 'new', 'made/', 'to-file', 'to-folder/secret', 'here', 'up/canary', '../canary', '..', '.', '/', 'deep/..',
  'loop', 'dangling', 'guest', 'a\\b', 'nul\0', '\u{1f9f5}', 'x'.repeat(256), 'deep/er/', 'in/x',
]

/** Numbers that can be had again: xorshift. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

// prettier-ignore
const EDGES_32 = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 63, 64, 255, 4095, 65535, 65536, 0x3ffff, 0x40000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, -1]
const EDGES_64 = [
  0n,
  1n,
  2n,
  64n,
  4096n,
  1n << 21n,
  (1n << 30n) - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 62n,
]
  .flatMap((value) => [value, -value - 1n])
  .concat(2n ** 63n - 1n)

const DONE = new Set(['proc_exit', 'proc_raise'])

describe.each([...allBoxes, overlayBoxes])('adversarial.md 62: on $name', (boxes) => {
  test.each(DIALECTS)('2,000 random calls of $module end in errnos', async (dialect) => {
    await Promise.resolve()
    const before = openDescriptors()
    const box: Box<Caller> = boxes.make(ESCAPE_TREE) as Box<Caller>
    const outside = box.outside()
    const { caller } = box
    const functions = caller.wasi.imports(
      () => ({ bytes: caller.bytes, view: caller.view }),
      dialect,
    ) as Caller['functions']
    const random = numbers(dialect.module.length * 7919 + boxes.name.length)
    const pick = <T>(values: readonly T[]): T => values[random(values.length)]!
    const lay = (): readonly (readonly [ptr: number, length: number])[] => {
      let at = PATHS
      return NAMES.map((name) => {
        const bytes = Buffer.from(name)
        caller.bytes.set(bytes, at)
        at += bytes.length
        return [at - bytes.length, bytes.length]
      })
    }
    const descriptor = (name: string): number => {
      if (name === 'fd_close' || name === 'fd_renumber' || name === 'fd_fdstat_set_rights') return 4 + random(8)
      return name.startsWith('path_') && random(4) > 0 ? box.fd : random(12)
    }
    const names = dialect.functions.filter((name) => !DONE.has(name))
    const paramsOf = new Map(names.map((name) => [name, coreParams(name)]))
    const seen = new Set<number>()
    for (let round = 0; round < ROUNDS; round++) {
      const paths = lay()
      const name = pick(names)
      const args: (number | bigint)[] = []
      const params = paramsOf.get(name)!
      for (const [i, { role, value }] of params.entries()) {
        const [ptr, length] = pick(paths)
        if (role === 'length' && params[i - 1]?.role === 'pointer u8' && name.startsWith('path_') && random(8) > 0) {
          args[i - 1] = ptr
          args.push(length)
        } else if (typeof value === 'bigint') args.push(random(2) > 0 ? BigInt(random(2 ** 29)) : pick(EDGES_64))
        else if (role === 'value' && value === FILE && random(4) > 0) args.push(descriptor(name))
        else if (role.startsWith('pointer') && random(4) > 0) args.push(pick([OUT, DATA, DATA + 64, PATHS]))
        else args.push(role === 'value' && random(4) > 0 ? random(10) : pick(EDGES_32))
      }
      // Time that doesn't come is not to be waited for.
      if (name === 'poll_oneoff') caller.bytes.fill(0, DATA, DATA + 4096)
      const code = functions[name](...args)
      if (typeof code !== 'number' || ERRNO_NAMES[code] === undefined)
        throw new Error(`${name}(${args.join()}): ${JSON.stringify(code)}`)
      seen.add(code)
    }
    expect(seen.size).toBeGreaterThan(10)
    if (boxes.name !== 'a virtual file system') expect(box.outside()).toEqual(outside)
    box.dispose()
    expect(openDescriptors()).toBe(before)
  })
})
