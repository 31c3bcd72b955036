// Randomness that is the same on every host: the key stream of ChaCha20 (RFC 8439) with the seed as its key and a nonce of zeros. Whoever
// knows the seed knows every number.
// https://www.rfc-editor.org/rfc/rfc8439#section-2.3

import type { WasiRandom } from './implementation.ts'

/** `expand 32-byte k` in ASCII. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]
const BLOCK = 64
/** The place of the counter's words in the state. The RFC's counter has one; the second is the first of its nonce. */
const COUNTER = 12

/** Bytes that follow from the seed alone: a whole number of up to 64 bits, not negative. */
export function seededRandom(seed: number | bigint): WasiRandom {
  const stream = new KeyStream(BigInt.asUintN(64, BigInt(seed)))
  const fill = (bytes: Uint8Array): void => stream.fill(bytes)
  return Object.assign(fill, { save: () => stream.save(), restore: (saved: Uint8Array) => stream.restore(saved) })
}

class KeyStream {
  private readonly state = new Int32Array(16)
  private readonly words = new Int32Array(16)
  private readonly block = new DataView(new ArrayBuffer(BLOCK))
  /** Bytes of the block that were given out. */
  private used = BLOCK

  constructor(seed: bigint) {
    this.state.set(CONSTANTS)
    this.state[4] = Number(BigInt.asIntN(32, seed))
    this.state[5] = Number(BigInt.asIntN(32, seed >> 32n))
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      if (this.used === BLOCK) this.next()
      bytes[i] = this.block.getUint8(this.used++)
    }
  }

  /** The seed, and how many bytes were given out. */
  save(): Uint8Array {
    const { state, used } = this
    const saved = new DataView(new ArrayBuffer(17))
    saved.setInt32(0, state[4]!, true)
    saved.setInt32(4, state[5]!, true)
    saved.setInt32(8, state[COUNTER]!, true)
    saved.setInt32(12, state[COUNTER + 1]!, true)
    saved.setUint8(16, used)
    return new Uint8Array(saved.buffer)
  }

  /** Goes on where the saved one was, whatever its seed. */
  restore(saved: Uint8Array): void {
    const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength)
    if (saved.length !== 17 || view.getUint8(16) > BLOCK) throw new RangeError('no state of a random number generator')
    this.state[4] = view.getInt32(0, true)
    this.state[5] = view.getInt32(4, true)
    this.count(view.getInt32(8, true), view.getInt32(12, true))
    const used = view.getUint8(16)
    // The block that is partly given out is the one before the counter.
    if (used < BLOCK) {
      this.count(
        (this.state[COUNTER]! - 1) | 0,
        this.state[COUNTER] === 0 ? (this.state[COUNTER + 1]! - 1) | 0 : this.state[COUNTER + 1]!,
      )
      this.next()
    }
    this.used = used
  }

  private count(lo: number, hi: number): void {
    this.state[COUNTER] = lo
    this.state[COUNTER + 1] = hi
  }

  private next(): void {
    const { state, words } = this
    words.set(state)
    for (let round = 0; round < 10; round++) {
      quarter(words, 0, 4, 8, 12)
      quarter(words, 1, 5, 9, 13)
      quarter(words, 2, 6, 10, 14)
      quarter(words, 3, 7, 11, 15)
      quarter(words, 0, 5, 10, 15)
      quarter(words, 1, 6, 11, 12)
      quarter(words, 2, 7, 8, 13)
      quarter(words, 3, 4, 9, 14)
    }
    for (let i = 0; i < 16; i++) this.block.setInt32(i * 4, words[i]! + state[i]!, true)
    this.used = 0
    const lo = (state[COUNTER]! + 1) | 0
    this.count(lo, lo === 0 ? (state[COUNTER + 1]! + 1) | 0 : state[COUNTER + 1]!)
  }
}

/** In plain arithmetic of int32: the places are those of the state. */
function quarter(w: Int32Array, a: number, b: number, c: number, d: number): void {
  let [wa, wb, wc, wd] = [w[a]!, w[b]!, w[c]!, w[d]!]
  wa = (wa + wb) | 0
  wd = rotate(wd ^ wa, 16)
  wc = (wc + wd) | 0
  wb = rotate(wb ^ wc, 12)
  wa = (wa + wb) | 0
  wd = rotate(wd ^ wa, 8)
  wc = (wc + wd) | 0
  w[a] = wa
  w[b] = rotate(wb ^ wc, 7)
  w[c] = wc
  w[d] = wd
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}
