// Sizes and amounts that the embedder gives. Below the API they are trusted: whoever asks for -1 pages, or half of one, is told so here.

import { UsageError } from '../errors/heddle-error.ts'
import type { AddrType, Limits } from '../syntax/types.ts'

/** Limits as the embedder gives them. */
export interface GivenLimits {
  readonly min: number
  readonly max?: number | undefined
}

/** The size itself, which must be a whole number that is not negative. */
export function checkedSize(size: number, what: string): number {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new UsageError(`${what} must be a whole number that is not negative, not ${shown(size)}`)
  }
  return size
}

export function checkedLimits({ min, max }: GivenLimits, what: string): Limits {
  return {
    min: checkedSize(min, `the minimum size of a ${what}`),
    max: max === undefined ? undefined : checkedSize(max, `the maximum size of a ${what}`),
  }
}

/**
 * Addresses and lengths come from wasm as i32, or as i64 and then as bigints: the upper half of either address space may be given as
 * negative. A bigint beyond 2^53 is rounded: no memory is as large.
 */
export function checkedAddress(x: number | bigint, what: string): number {
  if (typeof x === 'bigint' && x >= -(2n ** 63n) && x < 2n ** 64n) return Number(BigInt.asUintN(64, x))
  if (typeof x === 'bigint' || !Number.isInteger(x) || x < -(2 ** 31) || x >= 2 ** 32) {
    throw new UsageError(`${what} must be a 32-bit integer or a 64-bit bigint, not ${shown(x)}`, 'OUT_OF_BOUNDS')
  }
  return x >>> 0
}

export function checkedAddrType(address: AddrType = 'i32'): AddrType {
  if (address !== 'i32' && address !== 'i64') throw new UsageError(`addresses are i32 or i64, not ${shown(address)}`)
  return address
}

/** The exponent of two of a page size. */
export function checkedPageSize(size: number): number {
  if (size !== 1 && size !== 65_536) throw new UsageError(`a page has 1 or 65536 bytes, not ${shown(size)}`)
  return Math.log2(size)
}

/** JavaScript need not obey the types. */
function shown(x: unknown): string {
  return typeof x === 'number' || typeof x === 'bigint' ? String(x) : x === null ? 'null' : typeof x
}
