// Boxes whose guest has a real folder by node:wasi: what Heddle is compared with. It may crash, and lead out of its folder, so it is for a
// process of its own.

import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as nodeWasi from 'node:wasi'
import { makeRealTree, realNumbers, realTree } from './boxes.ts'
import type { Boxes } from './boxes.ts'
import type { EscapeCase } from './escapes.ts'
import { FOLDER, RawCaller, native } from './host.ts'

/** The functions of a guest without a program: its instance is but a memory. */
export function nodeWasiCaller(folder: string): RawCaller {
  // Loading it writes a warning, so nobody does who only names it.
  const { WASI } = createRequire(import.meta.url)('node:wasi') as typeof nodeWasi
  const wasi = new WASI({ version: 'preview1', preopens: { '/': folder } })
  const memory = new native.Memory({ initial: 4, maximum: 64 })
  wasi.initialize({ exports: { memory } })
  return new RawCaller(wasi.wasiImport as ConstructorParameters<typeof RawCaller>[0], memory)
}

export const nodeWasiBoxes: Boxes = {
  name: 'node:wasi',
  make: (tree) => {
    const base = makeRealTree(tree)
    return {
      caller: nodeWasiCaller(join(base, 'box')),
      fd: FOLDER,
      prefix: base,
      outside: () => realTree(base, (path) => path === '/box'),
      insiders: () => realNumbers(join(base, 'box')),
      dispose: () => rmSync(base, { recursive: true }),
    }
  },
}

/** Those that name folders of this very machine are not for a host that might reach them. */
export function isHarmless({ path }: EscapeCase): boolean {
  return !path.startsWith('/')
}
