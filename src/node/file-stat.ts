// What the system says of a file, in the words of WASI.

import type { BigIntStats } from 'node:fs'
import type { FileStat } from '../wasi.ts'

/**
 * Numbers of devices and files are the host's own: programs tell by them whether two names are one file, and what they betray is
 * how many files were made on a disk. Whoever wants to hide that gives a copy (`loadFolder`).
 */
export function fileStat(stats: BigIntStats): FileStat {
  return {
    dev: unsigned(stats.dev),
    ino: unsigned(stats.ino),
    filetype: fileType(stats),
    nlink: unsigned(stats.nlink),
    size: unsigned(stats.size),
    atim: stats.atimeNs,
    mtim: stats.mtimeNs,
    ctim: stats.ctimeNs,
  }
}

/** Node reads them as signed on some systems. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

/** Preview 1 has no word for a FIFO. */
export function fileType(stats: BigIntStats): FileStat['filetype'] {
  if (stats.isFile()) return 'regular_file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symbolic_link'
  if (stats.isCharacterDevice()) return 'character_device'
  if (stats.isBlockDevice()) return 'block_device'
  return stats.isSocket() ? 'socket_stream' : 'unknown'
}
