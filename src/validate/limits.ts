// The ranges of limits. What is wrong with them is given in the words of the official scripts, for errors of the validator and of the API.
// https://webassembly.github.io/spec/core/valid/types.html#limits

import type { Limits, MemoryType, Size, TableType } from '../syntax/types.ts'

/** The largest table has 2^32 - 1 elements, or 2^64 - 1. */
export function tableFault({ addrType, limits }: TableType): string | undefined {
  if (addrType === 'i32') return rangeFault(limits, 2 ** 32 - 1, 'table size must be at most 2^32-1')
  return rangeFault(limits, 2n ** 64n - 1n, 'table size must be at most 2^64-1')
}

/** The largest memory has 2^32 bytes, or 2^64; in pages of one byte, one less. One that is shared says how far it may grow, so that it need never move. */
export function memoryFault({ addrType, limits, shared, pageSizeLog2 = 16 }: MemoryType): string | undefined {
  if (shared && limits.max === undefined) return 'shared memory must have maximum'
  const isWide = addrType === 'i64'
  switch (pageSizeLog2) {
    case 16:
      return isWide
        ? rangeFault(limits, 2 ** 48, 'memory size must be at most 2^48 pages (16EiB)')
        : rangeFault(limits, 2 ** 16, 'memory size must be at most 65536 pages (4GiB)')
    case 0:
      return isWide
        ? rangeFault(limits, 2n ** 64n - 1n, 'memory size must be at most 2^64-1 pages of one byte')
        : rangeFault(limits, 2 ** 32 - 1, 'memory size must be at most 2^32-1 pages of one byte')
    default:
      return `invalid custom page size: 2^${pageSizeLog2}, where only 1 and 65536 may stand`
  }
}

function rangeFault({ min, max }: Limits, largest: Size, complaint: string): string | undefined {
  if (min > largest) return `${complaint}, not ${min}`
  if (max !== undefined && max > largest) return `${complaint}, not ${max}`
  if (max !== undefined && min > max) return `size minimum must not be greater than maximum: ${min} and ${max}`
  return undefined
}
