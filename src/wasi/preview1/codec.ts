// How plain data lies in bytes: one description of a value both writes and reads it, so that the two can't disagree. Bytes that are
// read may come from anybody: they end in a value of the described form or in SNAPSHOT_MALFORMED, and nothing is larger than they are.

import { HeddleError } from '../../errors/heddle-error.ts'
import { ModuleError } from '../../errors/module-error.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import { ByteWriter } from '../../syntax/byte-writer.ts'

export interface Codec<T> {
  readonly write: (out: ByteWriter, value: T) => void
  readonly read: (input: ByteReader) => T
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const out = new ByteWriter()
  codec.write(out, value)
  return out.toBytes()
}

/** `what` names the bytes in the error. They are to be used up. */
export function decode<T>(codec: Pick<Codec<T>, 'read'>, bytes: Uint8Array, what: string): T {
  const input = new ByteReader(bytes)
  try {
    const value = codec.read(input)
    if (input.pos !== input.end) throw input.malformed('more than the end')
    return value
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    throw new HeddleError('SNAPSHOT_MALFORMED', `${what} is damaged, at byte ${error.place.offset ?? input.pos}`)
  }
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
  read: (input) => input.readBytes(count.read(input)).slice(),
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

export function list<T>(element: Codec<T>): Codec<readonly T[]> {
  return {
    write: (out, values) => {
      count.write(out, values.length)
      for (const value of values) element.write(out, value)
    },
    read: (input) => {
      const start = input.pos
      const length = count.read(input)
      // Each has a byte at least.
      if (length > input.end - input.pos) throw input.malformed('too long', start)
      return Array.from({ length }, () => element.read(input))
    },
  }
}

export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write: (out, value) => {
      flag.write(out, value !== undefined)
      if (value !== undefined) codec.write(out, value)
    },
    read: (input) => (flag.read(input) ? codec.read(input) : undefined),
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

/** The fields in their order. */
export function record<T extends object>(fields: { readonly [Field in keyof T]: Codec<T[Field]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[]
  return {
    write: (out, value) => {
      for (const name of names) fields[name].write(out, value[name])
    },
    read: (input) => Object.fromEntries(names.map((name) => [name, fields[name].read(input)])) as T,
  }
}

/** One of several forms, told apart by their field `kind`. */
export function variant<T extends { readonly kind: string }>(cases: {
  readonly [Kind in T['kind']]: Codec<Omit<Extract<T, { readonly kind: Kind }>, 'kind'>>
}): Codec<T> {
  const kinds = Object.keys(cases) as T['kind'][]
  const kind = oneOf(kinds)
  // The type of a case is that of the value whose kind names it, which TypeScript can't follow.
  const codecOf = (name: T['kind']): Codec<object> => cases[name] as unknown as Codec<object>
  return {
    write: (out, value) => {
      kind.write(out, value.kind)
      codecOf(value.kind).write(out, value)
    },
    read: (input) => {
      const name = kind.read(input)
      return { kind: name, ...codecOf(name).read(input) } as unknown as T
    },
  }
}
