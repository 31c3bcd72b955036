// random_get: the host's randomness in pieces that every source can give.

import { WasiError } from './errno.ts'
import type { Implementations } from './implementation.ts'
import { writeBytes } from './memory.ts'

/** The most that `crypto.getRandomValues` fills at once. */
const PIECE = 65536

/** Where a source puts them: the guest's memory may be shared, which sources refuse, and making an array takes longer than filling it. */
const scratch = new Uint8Array(PIECE)

export const randomFunctions: Pick<Implementations, 'random_get'> = {
  random_get(guest, buf, buf_len) {
    if (guest.random === undefined) throw new WasiError('nosys')
    if (buf_len > guest.limits.callBytes) throw new WasiError('inval')
    for (let at = 0; at < buf_len; at += PIECE) {
      const piece = scratch.subarray(0, buf_len - at)
      guest.random(piece)
      writeBytes(guest.memory(), buf + at, piece)
    }
    scratch.fill(0, 0, buf_len)
  },
}
