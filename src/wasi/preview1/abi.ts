// How the values of types.ts lie in memory and in core parameters: sizes, alignments, reading, writing, and the decoding of
// a call's raw values with every pointer checked. A dialect is a table of types given to this class.
// https://github.com/WebAssembly/WASI/blob/wasi-0.1/tools/witx-docs.md

import { WasiError } from './errno.ts'
import type { FunctionType, Iovec, PointerType } from './functions.ts'
import type { WasiLimits } from './limits.ts'
import { checkRegion } from './memory.ts'
import type { GuestMemory } from './memory.ts'
import type { IntSize, WasiType, WasiTypes } from './types.ts'

/** An enumeration is its name, a set of flags its bits as a number, a union `{ tag, value }`, 64 bits a bigint. */
export type WasiValue = number | bigint | string | { readonly [field: string]: WasiValue }

export type RawValue = number | bigint

type Decode = (memory: GuestMemory, raw: readonly RawValue[]) => unknown

type Write = (view: DataView, ptr: number, value: WasiValue) => void

interface Layout {
  readonly size: number
  readonly align: number
  /** Where each field of a record stands; a union's payload is `offsets[1]`. */
  readonly offsets: readonly number[]
}

export class Abi {
  readonly #types: WasiTypes
  readonly #layouts = new Map<string, Layout>()
  readonly #writers = new Map<string, Write>()

  constructor(types: WasiTypes) {
    this.#types = types
  }

  type(name: string): WasiType {
    const type = this.#types[name]
    if (type === undefined) throw new Error(`the table of WASI types lacks ${name}`)
    return type
  }

  layout(name: string): Layout {
    let layout = this.#layouts.get(name)
    if (layout === undefined) {
      layout = this.#computeLayout(this.type(name))
      this.#layouts.set(name, layout)
    }
    return layout
  }

  #computeLayout(type: WasiType): Layout {
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'flags':
        return { size: type.size, align: type.size, offsets: [] }
      case 'record': {
        let size = 0
        let align = 1
        const offsets: number[] = []
        for (const [, name] of type.fields) {
          const field = this.layout(name)
          const offset = alignUp(size, field.align)
          offsets.push(offset)
          size = offset + field.size
          align = Math.max(align, field.align)
        }
        return { size: alignUp(size, align), align, offsets }
      }
      case 'union': {
        const tag = this.layout(type.tag)
        const cases = type.cases.map((name) => this.layout(name))
        const align = Math.max(tag.align, ...cases.map((layout) => layout.align))
        const payload = alignUp(tag.size, Math.max(...cases.map((layout) => layout.align)))
        const size = alignUp(payload + Math.max(...cases.map((layout) => layout.size)), align)
        return { size, align, offsets: [0, payload] }
      }
      case 'string':
      case 'list':
        return { size: 8, align: 4, offsets: [0, 4] }
    }
  }

  /** Throws EINVAL for an enumeration or flags that have no such value. The region was checked by the caller. */
  read(view: DataView, ptr: number, name: string): WasiValue {
    const type = this.type(name)
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'flags':
        return judgeOf(type)(readInt(view, ptr, type.size, type.kind === 'int' && type.signed === true))
      case 'record': {
        const { offsets } = this.layout(name)
        return Object.fromEntries(
          type.fields.map(([field, fieldType], i) => [field, this.read(view, ptr + (offsets[i] as number), fieldType)]),
        )
      }
      case 'union': {
        const tag = this.read(view, ptr, type.tag) as string
        const payload = type.cases[this.#caseIndex(type.tag, tag)] as string
        return { tag, value: this.read(view, ptr + (this.layout(name).offsets[1] as number), payload) }
      }
      case 'string':
      case 'list':
        return { ptr: view.getUint32(ptr, true), len: view.getUint32(ptr + 4, true) }
    }
  }

  /** Writes to the guest. The region was checked by the caller. */
  store(memory: GuestMemory, ptr: number, name: string, value: WasiValue): void {
    this.write(memory.view, ptr, name, value)
    memory.wrote?.(ptr, this.layout(name).size)
  }

  write(view: DataView, ptr: number, name: string, value: WasiValue): void {
    this.#writer(name)(view, ptr, value)
  }

  /** Made once a type: what is decided by the table is not decided again in each call. */
  #writer(name: string): Write {
    let writer = this.#writers.get(name)
    if (writer === undefined) {
      writer = this.#createWriter(name)
      this.#writers.set(name, writer)
    }
    return writer
  }

  #createWriter(name: string): Write {
    const type = this.type(name)
    switch (type.kind) {
      case 'int':
        return WRITE_INT[type.size] as Write
      case 'flags': {
        // What a dialect has no name for, its guests don't know.
        const known = namedBits(type.names)
        const write = WRITE_INT[type.size]
        return (view, ptr, value) => write(view, ptr, Number(value) & known)
      }
      case 'enum': {
        const write = WRITE_INT[type.size]
        return (view, ptr, value) => write(view, ptr, type.names.indexOf(value as string))
      }
      case 'record': {
        const { offsets } = this.layout(name)
        const fields = type.fields.map(
          ([field, fieldType], i) => [field, offsets[i] as number, this.#writer(fieldType)] as const,
        )
        return (view, ptr, value) => {
          for (const [field, offset, write] of fields) {
            write(view, ptr + offset, (value as Readonly<Record<string, WasiValue>>)[field] as WasiValue)
          }
        }
      }
      case 'union': {
        const writeTag = this.#writer(type.tag)
        const payload = this.layout(name).offsets[1] as number
        return (view, ptr, value) => {
          const { tag, value: content } = value as { readonly tag: string; readonly value: WasiValue }
          writeTag(view, ptr, tag)
          this.write(view, ptr + payload, type.cases[this.#caseIndex(type.tag, tag)] as string, content)
        }
      }
      case 'string':
      case 'list':
        throw new Error(`a ${type.kind} is never written to the guest`)
    }
  }

  #caseIndex(tagType: string, tag: string): number {
    const type = this.type(tagType)
    return type.kind === 'enum' ? type.names.indexOf(tag) : -1
  }

  /**
   * From raw core values to what an implementation receives: first every pointer and length, results included, is checked
   * (EFAULT), only then values are judged (EINVAL, EILSEQ …), so that a bad pointer never comes after an effect.
   */
  decoder(type: FunctionType, limits: WasiLimits): (memory: GuestMemory, raw: readonly RawValue[]) => unknown[] {
    const { params, at: resultsAt } = this.#coreIndices(type)
    const checks: ((memory: GuestMemory, raw: readonly RawValue[]) => void)[] = []
    const decodes: Decode[] = []
    type.params.forEach(([, param], i) => {
      const at = params[i] as number
      if (typeof param === 'string') {
        decodes.push(this.#decodeParam(param, at, limits))
        return
      }
      const count = type.params.findIndex(([name]) => name === param.count)
      checks.push(this.#checkPointer(param, at, params[count]))
      decodes.push((_, raw) => u32(raw[at]))
    })
    type.results.forEach(([, result], i) => {
      const { size, align } = this.layout(result)
      checks.push((memory, raw) => checkRegion(memory, u32(raw[resultsAt + i]), size, align))
    })
    return (memory, raw) => {
      for (const check of checks) check(memory, raw)
      const values: unknown[] = []
      for (const decode of decodes) values.push(decode(memory, raw))
      return values
    }
  }

  /** Writes what an implementation returned: nothing, the one result, or an array of them. */
  encoder(type: FunctionType): (memory: GuestMemory, raw: readonly RawValue[], outcome: unknown) => void {
    const { at } = this.#coreIndices(type)
    const stores = type.results.map(([, result], i) => {
      const { size } = this.layout(result)
      const write = this.#writer(result)
      return (memory: GuestMemory, raw: readonly RawValue[], value: WasiValue): void => {
        const ptr = u32(raw[at + i])
        checkRegion(memory, ptr, size)
        write(memory.view, ptr, value)
        memory.wrote?.(ptr, size)
      }
    })
    const [first] = stores
    if (first === undefined) return () => undefined
    if (stores.length === 1) return (memory, raw, outcome) => first(memory, raw, outcome as WasiValue)
    return (memory, raw, outcome) => {
      stores.forEach((store, i) => store(memory, raw, (outcome as readonly WasiValue[])[i] as WasiValue))
    }
  }

  /** Which core parameter each parameter starts at, and at which the pointers to results start. */
  #coreIndices({ params }: FunctionType): { readonly params: readonly number[]; readonly at: number } {
    let at = 0
    const indices = params.map(([, type]) => {
      const index = at
      const kind = typeof type === 'string' ? this.type(type).kind : 'int'
      at += kind === 'string' || kind === 'list' ? 2 : 1
      return index
    })
    return { params: indices, at }
  }

  #checkPointer(
    { pointer }: PointerType,
    at: number,
    countAt: number | undefined,
  ): (memory: GuestMemory, raw: readonly RawValue[]) => void {
    const { size, align } = this.layout(pointer)
    return (memory, raw) =>
      checkRegion(memory, u32(raw[at]), size * (countAt === undefined ? 0 : u32(raw[countAt])), align)
  }

  #decodeParam(name: string, at: number, limits: WasiLimits): Decode {
    const type = this.type(name)
    switch (type.kind) {
      case 'string':
        return (memory, raw) => readString(memory, u32(raw[at]), u32(raw[at + 1]), limits.pathBytes)
      case 'list':
        return (memory, raw) => this.#readIovecs(memory, u32(raw[at]), u32(raw[at + 1]), type.element, limits)
      case 'int':
      case 'enum':
      case 'flags': {
        const judge = judgeOf(type)
        if (type.size < 8) return (_, raw) => judge(u32(raw[at]))
        if (type.kind === 'int' && type.signed === true) return (_, raw) => BigInt.asIntN(64, raw[at] as bigint)
        return (_, raw) => judge(BigInt.asUintN(64, raw[at] as bigint))
      }
      case 'record':
      case 'union':
        throw new Error(`${name} is no type of a parameter`)
    }
  }

  #readIovecs(memory: GuestMemory, ptr: number, count: number, element: string, limits: WasiLimits): readonly Iovec[] {
    const { size, align } = this.layout(element)
    checkRegion(memory, ptr, count * size, align)
    if (count > limits.iovecs) throw new WasiError('inval')
    const { view } = memory
    const iovs: Iovec[] = []
    let total = 0
    for (let i = 0; i < count; i++) {
      const buf = view.getUint32(ptr + i * size, true)
      const buf_len = view.getUint32(ptr + i * size + 4, true)
      checkRegion(memory, buf, buf_len)
      total += buf_len
      iovs.push({ buf, buf_len })
    }
    // The number of bytes moved has to fit the result.
    if (total > 0xffffffff) throw new WasiError('inval')
    return iovs
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readString(memory: GuestMemory, ptr: number, length: number, limit: number): string {
  checkRegion(memory, ptr, length)
  if (length > limit) throw new WasiError('nametoolong')
  let text: string
  try {
    // A copy, because a decoder refuses views of shared memory.
    text = UTF8.decode(memory.bytes.slice(ptr, ptr + length))
  } catch {
    throw new WasiError('ilseq')
  }
  if (text.includes('\0')) throw new WasiError('ilseq')
  return text
}

/** From a number to the value that it stands for; throws EINVAL where it stands for none. */
function judgeOf(type: WasiType): (value: number | bigint) => WasiValue {
  if (type.kind === 'enum') {
    const { names } = type
    return (value) => {
      const name = names[Number(value)]
      if (name === undefined) throw new WasiError('inval')
      return name
    }
  }
  if (type.kind === 'flags') {
    const named = namedBits(type.names)
    if (type.lenient === true) return (value) => Number(BigInt(value) & BigInt(named))
    return (value) => {
      if (Number(value) > named) throw new WasiError('inval')
      return Number(value)
    }
  }
  return (value) => value
}

function namedBits(names: readonly string[]): number {
  return 2 ** names.length - 1
}

function readInt(view: DataView, ptr: number, size: IntSize, signed: boolean): number | bigint {
  switch (size) {
    case 1:
      return view.getUint8(ptr)
    case 2:
      return view.getUint16(ptr, true)
    case 4:
      return view.getUint32(ptr, true)
    case 8:
      return signed ? view.getBigInt64(ptr, true) : view.getBigUint64(ptr, true)
  }
}

const WRITE_INT: Readonly<Record<IntSize, (view: DataView, ptr: number, value: number | bigint) => void>> = {
  1: (view, ptr, value) => view.setUint8(ptr, Number(value)),
  2: (view, ptr, value) => view.setUint16(ptr, Number(value), true),
  4: (view, ptr, value) => view.setUint32(ptr, Number(value), true),
  8: (view, ptr, value) => view.setBigUint64(ptr, BigInt(value), true),
}

/** Core i32 values arrive signed. */
function u32(raw: RawValue | undefined): number {
  return Number(raw) >>> 0
}

function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align
}
