// The randomness of this machine. Asking for it costs two microseconds however little is asked for, so what is asked for little by little
// comes out of a pool, in which nothing remains that was given out.

import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096

/** More is asked for directly. */
const MOST_FROM_POOL = 256

const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

export function random(bytes: Uint8Array): void {
  const { length } = bytes
  if (length > MOST_FROM_POOL) {
    randomFillSync(bytes)
    return
  }
  if (used + length > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  bytes.set(pool.subarray(used, used + length))
  pool.fill(0, used, used + length)
  used += length
}
