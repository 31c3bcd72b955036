// XXH32 of whole 32-bit words: four sums that are independent of one another, so that a processor works on all of them at once. Every step
// is a bijection of the word and of the sum, so that a change within one word is always seen.
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md#xxh32-algorithm-description

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
const P4 = 0x27d4eb2f
const P5 = 0x165667b1

export function checksum(words: Int32Array): number {
  const { length } = words
  let a = (P1 + P2) | 0
  let b = P2
  let c = 0
  let d = -P1 | 0
  let i = 0
  for (const end = length & ~3; i < end; i += 4) {
    a = (a + Math.imul(words[i]!, P2)) | 0
    b = (b + Math.imul(words[i + 1]!, P2)) | 0
    c = (c + Math.imul(words[i + 2]!, P2)) | 0
    d = (d + Math.imul(words[i + 3]!, P2)) | 0
    a = Math.imul((a << 13) | (a >>> 19), P1)
    b = Math.imul((b << 13) | (b >>> 19), P1)
    c = Math.imul((c << 13) | (c >>> 19), P1)
    d = Math.imul((d << 13) | (d >>> 19), P1)
  }
  const stripes = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
  let sum = ((length < 4 ? P5 : stripes) + length * 4) | 0
  for (; i < length; i++) sum = Math.imul(rotate((sum + Math.imul(words[i]!, P3)) | 0, 17), P4)
  sum = Math.imul(sum ^ (sum >>> 15), P2)
  sum = Math.imul(sum ^ (sum >>> 13), P3)
  return sum ^ (sum >>> 16)
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}
