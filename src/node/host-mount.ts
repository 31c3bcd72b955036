// What the open files and folders of one granted folder have in common.

import type { BigIntStats } from 'node:fs'
import { WasiError, type FileStat } from '../wasi.ts'
import { fileStat } from './file-stat.ts'
import { FileTimeKeeper } from './file-times.ts'

export class HostMount {
  readonly times: FileTimeKeeper = new FileTimeKeeper()
  /** For reads of what is small; what was read is copied before anything else happens. */
  buffer: Uint8Array | undefined
  readonly isReadOnly: boolean

  constructor(isReadOnly: boolean) {
    this.isReadOnly = isReadOnly
  }

  stat(stats: BigIntStats): FileStat {
    return { ...fileStat(stats), ...this.times.exact(stats) }
  }

  checkWritable(): void {
    if (this.isReadOnly) throw new WasiError('rofs')
  }
}
