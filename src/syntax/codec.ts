// How plain data lies in bytes: one description of a value both writes and reads it, so that the two can't disagree. Bytes that are
// read may come from anybody: they end in a value of the described form or in the error of the reader, and nothing is larger than they are.

import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

export interface Codec<T> {
  readonly write: (out: ByteWriter, value: T) => void
  readonly read: (input: ByteReader) => T
  /** Goes past a value, and refuses what `read` would. Absent where reading is no more work. */
  readonly skip?: ((input: ByteReader) => void) | undefined
}

export function skip(codec: Pick<Codec<unknown>, 'read' | 'skip'>, input: ByteReader): void {
  if (codec.skip === undefined) codec.read(input)
  else codec.skip(input)
}

export const byte: Codec<number> = {
  write: (out, value) => out.writeByte(value),
  read: (input) => input.readByte(),
}

export const u32: Codec<number> = {
  write: (out, value) => out.writeU32(value),
  read: (input) => input.readU32(),
}

export const s32: Codec<number> = {
  write: (out, value) => out.writeS32(value),
  read: (input) => input.readS32(),
}

export const s64: Codec<bigint> = {
  write: (out, value) => out.writeS64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))),
  read: (input) => {
    const low = input.readS64() >>> 0
    return (BigInt(input.hi) << 32n) | BigInt(low)
  },
}

/** Four bytes, for words of which no bit is rarer than another. */
export const fixed32: Codec<number> = {
  write: (out, value) => out.writeFixed32(value),
  read: (input) => input.readFixed32(),
}

const doubles = new Float64Array(1)
const doubleWords = new Int32Array(doubles.buffer)

/** Any number of JavaScript's. */
export const float: Codec<number> = {
  write: (out, value) => {
    doubles[0] = value
    out.writeFixed32(doubleWords[0]!)
    out.writeFixed32(doubleWords[1]!)
  },
  read: (input) => {
    doubleWords[0] = input.readFixed32()
    doubleWords[1] = input.readFixed32()
    return doubles[0]!
  },
}

const HALF = 2 ** 32

/** A safe integer that is not negative. */
export const count: Codec<number> = {
  write: (out, value) => out.writeU64(value | 0, Math.floor(value / HALF)),
  read: (input) => {
    const start = input.pos
    const low = input.readU64() >>> 0
    const value = (input.hi >>> 0) * HALF + low
    if (value > Number.MAX_SAFE_INTEGER) throw input.malformed('too large', start)
    return value
  },
}

/** A whole number of 52 bits and a sign. */
export const signedCount: Codec<number> = {
  write: (out, value) => count.write(out, value < 0 ? -2 * value - 1 : 2 * value),
  read: (input) => {
    const folded = count.read(input)
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  },
}

/** 64 bits; of what is larger, the low ones. */
export const u64: Codec<bigint> = {
  write: (out, value) => out.writeU64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))),
  read: (input) => {
    const low = input.readU64() >>> 0
    return (BigInt(input.hi >>> 0) << 32n) | BigInt(low)
  },
}

export const flag: Codec<boolean> = {
  write: (out, value) => out.writeByte(Number(value)),
  read: (input) => {
    const byte = input.readByte()
    if (byte > 1) throw input.malformed('neither 0 nor 1', input.pos - 1)
    return byte === 1
  },
}

/** A sign and 64 bits. */
export const integer: Codec<bigint> = {
  write: (out, value) => {
    flag.write(out, value < 0n)
    u64.write(out, value < 0n ? -value : value)
  },
  read: (input) => (flag.read(input) ? -u64.read(input) : u64.read(input)),
}

/** What is read is a copy. */
export const bytes: Codec<Uint8Array> = {
  write: (out, value) => {
    count.write(out, value.length)
    out.writeBytes(value)
  },
  // Not `slice`: that of a Node Buffer copies nothing.
  read: (input) => new Uint8Array(input.readBytes(count.read(input))),
  skip: (input) => void input.readBytes(count.read(input)),
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const text: Codec<string> = {
  write: (out, value) => bytes.write(out, ENCODER.encode(value)),
  read: (input) => {
    const start = input.pos
    const encoded = bytes.read(input)
    try {
      return DECODER.decode(encoded)
    } catch {
      throw input.malformed('no UTF-8', start)
    }
  },
}

/** JavaScript's own, which may be no Unicode: code unit by code unit. */
export const utf16: Codec<string> = {
  write: (out, value) => {
    count.write(out, value.length)
    for (let i = 0; i < value.length; i++) out.writeU32(value.charCodeAt(i))
  },
  read: (input) => {
    const start = input.pos
    const length = count.read(input)
    // Each has a byte at least.
    if (length > input.end - input.pos) throw input.malformed('too long', start)
    const pieces: string[] = []
    for (let at = 0; at < length; at += TEXT_CHUNK) {
      const units = Array.from({ length: Math.min(TEXT_CHUNK, length - at) }, () => codeUnit(input))
      pieces.push(String.fromCharCode(...units))
    }
    return pieces.join('')
  },
}

/** More arguments than that are too many for some hosts. */
const TEXT_CHUNK = 4096

function codeUnit(input: ByteReader): number {
  const unit = input.readU32()
  if (unit > 0xffff) throw input.malformed('no code unit')
  return unit
}

export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  return {
    write: (out, [a, b]) => {
      first.write(out, a)
      second.write(out, b)
    },
    read: (input) => [first.read(input), second.read(input)],
    skip: (input) => {
      skip(first, input)
      skip(second, input)
    },
  }
}

export function list<T>(element: Codec<T>): Codec<readonly T[]> {
  return {
    write: (out, values) => {
      count.write(out, values.length)
      for (const value of values) element.write(out, value)
    },
    read: (input) => {
      const values: T[] = []
      for (let left = lengthOf(input); left > 0; left--) values.push(element.read(input))
      return values
    },
    skip: (input) => {
      for (let left = lengthOf(input); left > 0; left--) skip(element, input)
    },
  }
}

/** Each element has a byte at least. */
function lengthOf(input: ByteReader): number {
  const start = input.pos
  const length = count.read(input)
  if (length > input.end - input.pos) throw input.malformed('too long', start)
  return length
}

export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write: (out, value) => {
      flag.write(out, value !== undefined)
      if (value !== undefined) codec.write(out, value)
    },
    read: (input) => (flag.read(input) ? codec.read(input) : undefined),
    skip: (input) => {
      if (flag.read(input)) skip(codec, input)
    },
  }
}

export function oneOf<Name extends string>(names: readonly Name[]): Codec<Name> {
  return {
    write: (out, value) => out.writeByte(names.indexOf(value)),
    read: (input) => {
      const name = names[input.readByte()]
      if (name === undefined) throw input.malformed('no such name', input.pos - 1)
      return name
    },
  }
}

type Fields<T> = { readonly [Field in keyof T]: Codec<T[Field]> }

/** The fields in their order. */
export function record<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = Object.entries(fields) as unknown as (readonly [keyof T, Codec<unknown>])[]
  return {
    write: (out, value) => {
      for (const [name, codec] of entries) codec.write(out, value[name])
    },
    read: (input) => {
      const value = {} as Record<keyof T, unknown>
      for (const [name, codec] of entries) value[name] = codec.read(input)
      return value as T
    },
    skip: (input) => {
      for (const [, codec] of entries) skip(codec, input)
    },
  }
}

/** What belongs to a kind; several kinds may have the same. */
type OfKind<T extends { readonly kind: string }, Kind> = T extends { readonly kind: infer Own }
  ? Kind extends Own
    ? Omit<T, 'kind'>
    : never
  : never

/** One of several forms, told apart by their field `kind`. What is added must come last. */
export function variant<T extends { readonly kind: string }>(cases: {
  readonly [Kind in T['kind']]: Codec<OfKind<T, Kind>>
}): Codec<T> {
  const kinds = Object.keys(cases) as T['kind'][]
  // The type of a case is that of the value whose kind names it, which TypeScript can't follow.
  const codecs = Object.values(cases) as Codec<object>[]
  const numbers = new Map<string, number>(kinds.map((kind, number) => [kind, number]))
  return {
    write: (out, value) => {
      const number = numbers.get(value.kind)!
      out.writeByte(number)
      codecs[number]!.write(out, value)
    },
    read: (input) => {
      const number = input.readByte()
      const codec = codecs[number]
      if (codec === undefined) throw input.malformed('no such name', input.pos - 1)
      const value = codec.read(input) as { kind?: string }
      value.kind = kinds[number]!
      return value as unknown as T
    },
    skip: (input) => {
      const codec = codecs[input.readByte()]
      if (codec === undefined) throw input.malformed('no such name', input.pos - 1)
      skip(codec, input)
    },
  }
}

/** For data that holds more of its kind, but never so many levels of it. */
export function nested<T>(levels: number, codec: () => Codec<T>): Codec<T> {
  let level = 0
  const within = <R>(input: ByteReader, work: () => R): R => {
    if (level === levels) throw input.malformed('too deep')
    level++
    try {
      return work()
    } finally {
      level--
    }
  }
  return {
    write: (out, value) => codec().write(out, value),
    read: (input) => within(input, () => codec().read(input)),
    skip: (input) => within(input, () => skip(codec(), input)),
  }
}
