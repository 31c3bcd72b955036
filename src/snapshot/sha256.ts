// SHA-256, by which modules are recognised, for hosts that have no such thing or give it asynchronously only.
// https://csrc.nist.gov/pubs/fips/180-4/upd1/final

const BLOCK = 64
const ROUNDS = 64

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const [INITIAL, CONSTANTS] = fractions()

function fractions(): [Int32Array, Int32Array] {
  const square: number[] = []
  const cube: number[] = []
  for (let n = 2; cube.length < ROUNDS; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) isPrime &&= n % d !== 0
    if (!isPrime) continue
    // Exact: the roots of integers, by integers.
    if (square.length < 8) square.push(Number(BigInt.asIntN(32, root(BigInt(n) << 64n, 2n))))
    cube.push(Number(BigInt.asIntN(32, root(BigInt(n) << 96n, 3n))))
  }
  return [Int32Array.from(square), Int32Array.from(cube)]
}

/** The greatest integer whose power is at most `x`, which is below 2^105. */
function root(x: bigint, power: bigint): bigint {
  let found = 0n
  for (let bit = 1n << 37n; bit > 0n; bit >>= 1n) if ((found | bit) ** power <= x) found |= bit
  return found
}

/** In 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  const state = INITIAL.slice()
  const whole = bytes.length - (bytes.length % BLOCK)
  for (let at = 0; at < whole; at += BLOCK) addBlock(state, bytes, at)
  // The rest, a one bit, zeros, and the length in bits.
  const rest = bytes.length - whole
  const last = new Uint8Array(rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK)
  last.set(bytes.subarray(whole))
  last[rest] = 0x80
  const view = new DataView(last.buffer)
  view.setUint32(last.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(last.length - 4, bytes.length << 3)
  for (let at = 0; at < last.length; at += BLOCK) addBlock(state, last, at)
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

const schedule = new Int32Array(ROUNDS)

function addBlock(state: Int32Array, bytes: Uint8Array, start: number): void {
  const W = schedule
  const K = CONSTANTS
  for (let t = 0, at = start; t < 16; t++, at += 4) {
    W[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }
  for (let t = 16; t < ROUNDS; t++) {
    const x = W[t - 15]!
    const y = W[t - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    W[t] = (W[t - 16]! + s0 + W[t - 7]! + s1) | 0
  }
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
  let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!]
  for (let t = 0; t < ROUNDS; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + W[t]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  // By index: a loop over a list of them halves the speed.
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
  state[5] = state[5]! + f
  state[6] = state[6]! + g
  state[7] = state[7]! + h
}
