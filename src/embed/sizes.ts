// Sizes and amounts that the embedder gives. Below the API they are trusted: whoever asks for -1 pages, or half of one, is told so here.

import { UsageError } from '../errors/heddle-error.ts'
import type { Limits } from '../syntax/types.ts'

/** The size itself, which must be a whole number that is not negative. */
export function checkedSize(size: number, what: string): number {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new UsageError(`${what} must be a whole number that is not negative, not ${shown(size)}`)
  }
  return size
}

export function checkedLimits({ min, max }: Limits, what: string): Limits {
  return {
    min: checkedSize(min, `the minimum size of a ${what}`),
    max: max === undefined ? undefined : checkedSize(max, `the maximum size of a ${what}`),
  }
}

/** Addresses and lengths come from wasm as i32: the upper half of the address space may be given as negative numbers. */
export function checkedU32(x: number, what: string): number {
  if (!Number.isInteger(x) || x < -(2 ** 31) || x >= 2 ** 32) {
    throw new UsageError(`${what} must be a 32-bit integer, not ${shown(x)}`, 'OUT_OF_BOUNDS')
  }
  return x >>> 0
}

/** JavaScript need not obey the types. */
function shown(x: unknown): string {
  return typeof x === 'number' || typeof x === 'bigint' ? String(x) : x === null ? 'null' : typeof x
}
