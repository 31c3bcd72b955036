// Randomness from a seed: the key stream of ChaCha20, held to another implementation of it.

import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/wasi/preview1/seeded-random.ts'

/** By OpenSSL, whose initial vector is the counter and the nonce. */
function keyStream(seed: bigint, length: number): Buffer {
  const key = Buffer.alloc(32)
  key.writeBigUInt64LE(seed)
  return createCipheriv('chacha20', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

describe('random bytes from a seed', () => {
  it.each([0n, 1n, 0xffffffffn, 2n ** 64n - 1n, 0x0123456789abcdefn])('%i are the key stream of ChaCha20', (seed) => {
    const bytes = new Uint8Array(1000)
    seededRandom(seed)(bytes)
    expect(Buffer.from(bytes)).toEqual(keyStream(seed, 1000))
  })

  it('do not depend on the pieces in which they are taken, nor on the type of the seed', () => {
    const random = seededRandom(77)
    const pieces = [0, 1, 63, 64, 65, 7, 200].map((length) => {
      const piece = new Uint8Array(length)
      random(piece)
      return piece
    })
    expect(Buffer.concat(pieces)).toEqual(keyStream(77n, 400))
  })

  it('go on elsewhere from a state that was saved', () => {
    for (const length of [0, 1, 63, 64, 65, 300]) {
      const random = seededRandom(5) as ReturnType<typeof seededRandom> & { save(): Uint8Array }
      random(new Uint8Array(length))
      const other = seededRandom(6) as typeof random & { restore(saved: Uint8Array): void }
      other.restore(random.save())
      const rest = new Uint8Array(100)
      other(rest)
      expect(Buffer.from(rest)).toEqual(keyStream(5n, 400).subarray(length, length + 100))
      expect(() => other.restore(new Uint8Array(3))).toThrow(RangeError)
    }
  })
})
