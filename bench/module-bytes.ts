// Modules written byte by byte, for inputs that no tool would produce. Only the sections that those need.

export type Bytes = readonly number[]

export function u32(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}

/** Bytes that grow by doubling: a list of numbers would take eight times the memory, and count towards the peak that is measured. */
export class ByteBuffer {
  private bytes = new Uint8Array(1 << 16)
  private length = 0

  add(...items: readonly (Bytes | Uint8Array)[]): this {
    for (const item of items) {
      this.reserve(item.length)
      this.bytes.set(item, this.length)
      this.length += item.length
    }
    return this
  }

  repeat(count: number, item: Bytes): this {
    this.reserve(count * item.length)
    for (let i = 0; i < count; i++) {
      for (const byte of item) this.bytes[this.length++] = byte
    }
    return this
  }

  /** A view, not a copy. */
  done(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  private reserve(count: number): void {
    let capacity = this.bytes.length
    while (capacity < this.length + count) capacity *= 2
    if (capacity === this.bytes.length) return
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}

const TYPE_SECTION = 1
const FUNCTION_SECTION = 3
const GLOBAL_SECTION = 6
const EXPORT_SECTION = 7
const CODE_SECTION = 10
const DATA_SECTION = 11

export const I32 = 0x7f
export const NO_RESULT: Bytes = [0x60, 0, 0]
const HEADER: Bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const EXPORT_RUN: Bytes = [1, 3, 0x72, 0x75, 0x6e, 0, 0]

export interface Parts {
  /** Their encoding, one after the other, `count` of them; a single `[] -> []` by default. */
  readonly types?: { readonly count: number; readonly bytes: Bytes | Uint8Array }
  /** How many functions there are, all of type 0 and with the same body. */
  readonly funcs?: number
  /** The types of the functions in place of that, one each. */
  readonly funcTypes?: Bytes
  /** With the vector of locals, with the last `end`. */
  readonly body?: Uint8Array | Bytes
  readonly globals?: { readonly count: number; readonly bytes: Uint8Array }
  /** In place of the one that exports function 0 as `run`. */
  readonly exports?: { readonly count: number; readonly bytes: Uint8Array }
  readonly datas?: { readonly count: number; readonly bytes: Uint8Array }
}

export function moduleBytes({
  types = { count: 1, bytes: NO_RESULT },
  funcTypes,
  funcs = funcTypes?.length ?? 1,
  body = [0, 0x0b],
  globals,
  exports,
  datas,
}: Parts): Uint8Array {
  const out = new ByteBuffer().add(HEADER)
  const section = (id: number, content: ByteBuffer): void => {
    const bytes = content.done()
    out.add([id], u32(bytes.length), bytes)
  }
  section(TYPE_SECTION, new ByteBuffer().add(u32(types.count), types.bytes))
  const typeIndices = new ByteBuffer().add(u32(funcs))
  section(FUNCTION_SECTION, funcTypes === undefined ? typeIndices.repeat(funcs, [0]) : typeIndices.add(funcTypes))
  if (globals !== undefined) section(GLOBAL_SECTION, new ByteBuffer().add(u32(globals.count), globals.bytes))
  section(
    EXPORT_SECTION,
    exports === undefined ? new ByteBuffer().add(EXPORT_RUN) : new ByteBuffer().add(u32(exports.count), exports.bytes),
  )
  const code = new ByteBuffer().add(u32(funcs))
  if (funcs === 1) code.add(u32(body.length), body)
  else code.repeat(funcs, [...u32(body.length), ...body])
  section(CODE_SECTION, code)
  if (datas !== undefined) section(DATA_SECTION, new ByteBuffer().add(u32(datas.count), datas.bytes))
  return out.done()
}
