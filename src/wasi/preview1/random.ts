// random_get: the host's randomness in pieces that every source can give.

import { WasiError } from './errno.ts'
import type { Implementations } from './implementation.ts'
import { writeBytes } from './memory.ts'

/** The most that `crypto.getRandomValues` fills at once. */
const PIECE = 65536

export const randomFunctions: Pick<Implementations, 'random_get'> = {
  random_get(guest, buf, buf_len) {
    if (guest.random === undefined) throw new WasiError('nosys')
    if (buf_len > guest.limits.callBytes) throw new WasiError('inval')
    const piece = new Uint8Array(Math.min(PIECE, buf_len))
    for (let at = 0; at < buf_len; at += PIECE) {
      const part = piece.subarray(0, buf_len - at)
      guest.random(part)
      writeBytes(guest.memory(), buf + at, part)
    }
  },
}
