// The forms of saved values: each comes back as it was, to the ends of its range, and what is none of them is refused.

import { describe, expect, test } from 'vitest'
import { bytes, count, flag, integer, list, oneOf, optional, text, u64 } from '../../src/syntax/codec.ts'
import { decode, encode } from '../../src/wasi/preview1/state-bytes.ts'
import type { Codec } from '../../src/syntax/codec.ts'

function roundTrip<T>(codec: Codec<T>, value: T): T {
  return decode(codec, encode(codec, value), 'it')
}

describe('a saved value comes back', () => {
  test.each([0, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])('count %d', (value) => {
    expect(roundTrip(count, value)).toBe(value)
  })

  test.each([0n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffff_0000_0000n, 2n ** 64n - 1n])('64 bits %d', (value) => {
    expect(roundTrip(u64, value)).toBe(value)
    expect(roundTrip(integer, -value)).toBe(-value)
  })

  test('of more than 64 bits with its low ones', () => {
    expect(roundTrip(u64, 2n ** 64n + 5n)).toBe(5n)
  })

  test('a list of optional texts', () => {
    const value = ['', undefined, 'Ä\u{1f9f5}\ufeff']
    expect(roundTrip(list(optional(text)), value)).toEqual(value)
  })
})

describe('refused is', () => {
  const refused: readonly (readonly [what: string, codec: Pick<Codec<unknown>, 'read'>, bytes: readonly number[]])[] = [
    ['a count that is no safe integer', count, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['a number of more than 64 bits', u64, [255, 255, 255, 255, 255, 255, 255, 255, 255, 2]],
    ['a flag that is neither', flag, [2]],
    ['text that is no UTF-8', text, [1, 0xff]],
    ['bytes that are not there', bytes, [2, 0]],
    ['a list longer than what is there', list(flag), [0xff, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['a name that does not exist', oneOf(['a', 'b']), [2]],
    ['something behind the end', flag, [1, 0]],
    ['nothing', flag, []],
  ]

  test.each(refused)('%s', (_, codec, given) => {
    expect(() => decode(codec, Uint8Array.from(given), 'it')).toThrow(
      expect.objectContaining({ code: 'SNAPSHOT_MALFORMED' }),
    )
  })
})
