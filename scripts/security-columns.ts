// The hosts that the table of SECURITY.md compares, and what is measured of each: the scores of the ways out, of what would change a
// read-only folder, and of a race.

import { HostFileSystem } from '../src/node/host-file-system.ts'
import { OverlayFileSystem } from '../src/wasi/preview1/overlay-file-system.ts'
import type { FileSystem } from '../src/wasi/preview1/file-system.ts'
import { descriptorBoxes, overlayBoxes, pathBoxes, virtualBoxes } from '../test/wasi/boxes.ts'
import { STATIC_WAYS, readOnlyScore, staticScore } from '../test/wasi/escape-table.ts'
import type { Score } from '../test/wasi/escape-table.ts'
import { Caller } from '../test/wasi/host.ts'
import { isHarmless, nodeWasiBoxes, nodeWasiCaller } from '../test/wasi/node-wasi-boxes.ts'
import { race } from '../test/wasi/race.ts'

export const READ_ONLY = 'changing a folder that may only be read'
export const RACE = 'a race with a process that swaps links'
export const ROWS: readonly string[] = [...STATIC_WAYS, READ_ONLY, RACE]

/** As the table has it: escapes of attempts, or why there are none. */
export type Cell = string

export interface Column {
  readonly name: string
  readonly cell: (row: string) => Cell | Promise<Cell>
}

/** There is no such thing there. */
const NONE = '–'
const RACE_ROUNDS = 300

function cellOf({ escapes, attempts }: Score): Cell {
  return `${escapes} of ${attempts.toLocaleString('en')}`
}

/** What was changed outside counts as one escape more. */
async function raceCell(grant: Parameters<typeof race>[0]): Promise<Cell> {
  let rounds = 0
  const { escapes, tries, isUntouched } = await race(grant, () => rounds++ < RACE_ROUNDS)
  return cellOf({ escapes: escapes.length + (isUntouched ? 0 : 1), attempts: tries })
}

function raceOn(makeFileSystem: (root: string) => FileSystem): Promise<Cell> {
  return raceCell((root) => {
    const caller = new Caller({ fs: makeFileSystem(root) })
    return { caller, close: () => caller.wasi.close() }
  })
}

const everything = (): boolean => true

export const HEDDLE: readonly Column[] = [
  {
    name: 'in memory',
    cell: (row) => {
      if (row === RACE) return NONE
      return cellOf(row === READ_ONLY ? readOnlyScore(virtualBoxes) : staticScore(virtualBoxes, row, everything))
    },
  },
  {
    name: 'overlay',
    cell: (row) => {
      if (row === READ_ONLY) return NONE
      if (row !== RACE) return cellOf(staticScore(overlayBoxes, row, everything))
      return raceOn((root) => new OverlayFileSystem({ lower: new HostFileSystem({ root, held: 'descriptors' }) }))
    },
  },
  {
    name: 'real folder, by descriptors',
    cell: (row) => {
      if (row === READ_ONLY) return cellOf(readOnlyScore(descriptorBoxes))
      if (row !== RACE) return cellOf(staticScore(descriptorBoxes, row, everything))
      return raceOn((root) => new HostFileSystem({ root, access: 'rw', held: 'descriptors' }))
    },
  },
  {
    name: 'real folder, by paths',
    cell: (row) => {
      if (row === RACE) return 'best effort'
      return cellOf(row === READ_ONLY ? readOnlyScore(pathBoxes) : staticScore(pathBoxes, row, everything))
    },
  },
]

/** Leads out of its folder, and may crash: for a process of its own. */
export const NODE_WASI: Column = {
  name: `node:wasi of Node ${process.versions.node}`,
  cell: (row) => {
    if (row === READ_ONLY) return NONE
    if (row !== RACE) return cellOf(staticScore(nodeWasiBoxes, row, isHarmless))
    return raceCell((root) => ({ caller: nodeWasiCaller(root), close: () => undefined }))
  },
}
