// What the specification says of a NaN that arithmetic gives. https://webassembly.github.io/spec/core/exec/numerics.html#nan-propagation

import type { Bits } from './host-instruction.ts'

interface Format {
  readonly magnitude: (bits: bigint) => bigint
  readonly infinity: bigint
  /** The magnitude of a canonical NaN; its highest fraction bit makes a NaN quiet. */
  readonly canonical: bigint
  readonly quiet: bigint
}

const F32: Format = {
  magnitude: (bits) => BigInt.asUintN(31, bits),
  infinity: 0x7f800000n,
  canonical: 0x7fc00000n,
  quiet: 0x400000n,
}

const F64: Format = {
  magnitude: (bits) => BigInt.asUintN(63, bits),
  infinity: 0x7ff0000000000000n,
  canonical: 0x7ff8000000000000n,
  quiet: 0x8000000000000n,
}

/** Numbers are bits of an f32, bigints of an f64. */
const formatOf = (bits: Bits): Format => (typeof bits === 'number' ? F32 : F64)
const magnitudeOf = (bits: Bits): bigint => formatOf(bits).magnitude(BigInt(bits))

function isNaN(bits: Bits): boolean {
  return magnitudeOf(bits) > formatOf(bits).infinity
}

function isCanonical(bits: Bits): boolean {
  return magnitudeOf(bits) === formatOf(bits).canonical
}

/** The same bits; a NaN for a NaN that is quiet, and canonical where no operand is another NaN. */
export function agrees(ours: Bits, host: Bits, operands: readonly Bits[]): boolean {
  if (!isNaN(host)) return ours === host
  if (!isNaN(ours)) return false
  const canonical = operands.every((bits) => !isNaN(bits) || isCanonical(bits))
  return canonical ? isCanonical(ours) : (magnitudeOf(ours) & formatOf(ours).quiet) !== 0n
}
