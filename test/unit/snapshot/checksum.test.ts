// The checksum of saved files, and the hash by which modules are recognised, against what is published about them.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checksum } from '../../../src/snapshot/checksum.ts'
import { sha256 } from '../../../src/snapshot/sha256.ts'

const wordsOf = (text: string): Int32Array => new Int32Array(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer)

describe('the checksum', () => {
  it('is XXH32 with seed 0', () => {
    expect(checksum(wordsOf('')) >>> 0).toBe(0x02cc5d05)
    expect(checksum(wordsOf('abcd')) >>> 0).toBe(0xa3643705)
    // A whole stripe, and words behind it.
    expect(checksum(wordsOf('Nobody inspects the spammish repetition.')) >>> 0).toBe(
      xxh32('Nobody inspects the spammish repetition.'),
    )
  })

  it('differs for every change within one word', () => {
    const words = Int32Array.from({ length: 23 }, (_, i) => Math.imul(i, 0x9e3779b1))
    const before = checksum(words)
    for (let bit = 0; bit < words.length * 32; bit++) {
      words[bit >> 5]! ^= 1 << (bit & 31)
      expect(checksum(words)).not.toBe(before)
      words[bit >> 5]! ^= 1 << (bit & 31)
    }
  })
})

describe('sha256', () => {
  it('is what the host makes of the same bytes, of every length around its blocks', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 167) & 0xff)
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length)
      expect(sha256(part)).toBe(createHash('sha256').update(part).digest('hex'))
    }
  })
})

/** The algorithm as its description has it, by integers of any size. */
function xxh32(text: string): number {
  const [p1, p2, p3, p4, p5] = [2654435761n, 2246822519n, 3266489917n, 668265263n, 374761393n]
  const u32 = (x: bigint): bigint => BigInt.asUintN(32, x)
  const rotate = (x: bigint, by: bigint): bigint => u32(x << by) | (u32(x) >> (32n - by))
  const words = Array.from(wordsOf(text), (word) => BigInt(word >>> 0))
  const sums = [p1 + p2, p2, 0n, -p1]
  const stripes = Math.floor(words.length / 4)
  for (let i = 0; i < stripes * 4; i++) sums[i % 4] = u32(rotate(sums[i % 4]! + words[i]! * p2, 13n) * p1)
  let sum = stripes === 0 ? p5 : [1n, 7n, 12n, 18n].reduce((all, by, i) => all + rotate(sums[i]!, by), 0n)
  sum = u32(sum + BigInt(words.length * 4))
  for (const word of words.slice(stripes * 4)) sum = u32(rotate(sum + word * p3, 17n) * p4)
  sum = u32((sum ^ (sum >> 15n)) * p2)
  sum = u32((sum ^ (sum >> 13n)) * p3)
  return Number(sum ^ (sum >> 16n))
}
