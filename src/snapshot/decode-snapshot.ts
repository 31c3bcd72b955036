// Reads a snapshot's data from bytes, which may be hostile: every form is checked, in time and memory that the number of bytes bounds.
// What the data means is left to those who make a store of it.

import { decodeModule } from '../binary/decode-module.ts'
import { readName } from '../binary/read-vector.ts'
import { ContentReader } from './content-reader.ts'
import { openFile } from './sealed-file.ts'
import { COMPUTATIONS, NEXT_KINDS, REFERENCE_KINDS, SECTION, SNAPSHOT_FILE } from './snapshot-format.ts'
import {
  VALUE_WORDS,
  type ComputationData,
  type FrameData,
  type FurtherData,
  type InstanceData,
  type MemoryData,
  type ModuleData,
  type NextData,
  type Place,
  type RefRuns,
  type ReferenceData,
  type RunData,
  type SnapshotData,
  type ValueData,
  type WrittenSegments,
} from './snapshot-data.ts'

/** A memory whose bytes were not met yet. */
interface MemoryHead extends Omit<MemoryData, 'parts'> {
  readonly spans: readonly { readonly address: number; readonly length: number }[]
}

/** Throws a HeddleError with the code SNAPSHOT_MALFORMED. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotData {
  const r = new ContentReader(SNAPSHOT_FILE, openFile(SNAPSHOT_FILE, bytes))
  const modules = r.section(SECTION.modules, () => r.list(() => readModule(r), 35))
  const surroundings = r.section(SECTION.surroundings, () => {
    const content = r.readBytes(r.end - r.pos)
    return r.part(() => decodeModule(content))
  })
  const [instances, root] = r.section(SECTION.instances, () => [r.list(() => readInstance(r), 4), r.readU32()] as const)
  const memories = r.section(SECTION.memories, () => r.list(() => readMemory(r), 4))
  const tables = r.section(SECTION.tables, () => r.list(() => ({ place: readPlace(r), elems: readRuns(r) }), 3))
  const globals = r.section(SECTION.globals, () => r.list(() => ({ place: readPlace(r), value: readValue(r) }), 4))
  const tags = r.section(SECTION.tags, () => r.list(() => (r.flag() ? readPlace(r) : undefined)))
  const references = r.section(SECTION.references, () => r.list(() => readReference(r)))
  const providers = r.section(SECTION.providers, () =>
    r.list(() => ({ moduleName: r.part(() => readName(r)), state: r.sized() }), 2),
  )
  const run = r.section(SECTION.run, () => (r.flag() ? readRun(r) : undefined))
  const further = r.section(SECTION.further, () => readFurther(r))
  const withBytes = memories.map((memory) => readParts(r, memory))
  if (r.pos !== r.end) throw r.malformed('bytes behind those of the memories')
  return {
    modules,
    surroundings,
    instances,
    memories: withBytes,
    tables,
    globals,
    tags,
    references,
    providers,
    root,
    run,
    further,
  }
}

const HASH_BYTES = 32

function readModule(r: ContentReader): ModuleData {
  const hash = Array.from(r.readBytes(HASH_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const name = r.part(() => readName(r))
  return { hash, name, isDeterministic: r.flag(), bytes: r.flag() ? r.sized() : undefined }
}

function readFurther(r: ContentReader): FurtherData {
  const instances = r.list(() => r.readU32())
  const modules = r.list(() => r.readU32())
  return { instances, modules, attachment: r.flag() ? r.sized() : undefined }
}

function readPlace(r: ContentReader): Place {
  return { instance: r.readU32() - 1, index: r.readU32() }
}

function readInstance(r: ContentReader): InstanceData {
  const module = r.readU32()
  const imports = r.list(() => r.readU32())
  const elems = r.list(() => (r.flag() ? readRuns(r) : undefined))
  return { module, imports, elems, datas: readBits(r) }
}

function readBits(r: ContentReader): boolean[] {
  const start = r.pos
  const count = r.readU32()
  const bytes = r.readBytes(Math.ceil(count / 8))
  const bits: boolean[] = []
  for (let i = 0; i < count; i++) bits.push(((bytes[i >> 3]! >> (i & 7)) & 1) !== 0)
  if (count % 8 !== 0 && bytes.at(-1)! >> (count % 8) !== 0) throw r.malformed('bits behind the last one', start)
  return bits
}

function readRuns(r: ContentReader): RefRuns {
  const runs = new Int32Array(2 * r.count(2))
  for (let i = 0; i < runs.length; i++) runs[i] = r.readU32()
  return runs
}

function readMemory(r: ContentReader): MemoryHead {
  const place = readPlace(r)
  const pages = r.size()
  const segments = r.list(() => readSegments(r), 2)
  let end = 0
  const spans = r.list(() => {
    const start = r.pos
    const address = r.size()
    const length = r.size()
    if (address < end) throw r.malformed('parts of a memory out of order', start)
    end = address + length
    return { address, length }
  }, 2)
  return { place, pages, segments, spans }
}

function readSegments(r: ContentReader): WrittenSegments {
  const module = r.readU32()
  const dataIdxs: number[] = []
  const addresses: number[] = []
  for (let left = r.count(2); left > 0; left--) {
    dataIdxs.push(r.readU32())
    addresses.push(r.size())
  }
  return { module, dataIdxs, addresses }
}

function readParts(r: ContentReader, { spans, ...memory }: MemoryHead): MemoryData {
  return { ...memory, parts: spans.map(({ address, length }) => ({ address, bytes: r.readBytes(length) })) }
}

function readValue(r: ContentReader): ValueData {
  const start = r.pos
  const code = r.readByte()
  const count = VALUE_WORDS[code]
  if (count === undefined) throw r.malformed(`unknown kind of value ${code}`, start)
  const words: number[] = []
  for (let i = 0; i < count; i++) words.push(r.readS32())
  return { code, words }
}

function readValues(r: ContentReader): ValueData[] {
  return r.list(() => readValue(r), 2)
}

function readFrames(r: ContentReader): FrameData[] {
  return r.list(
    () => ({
      instance: r.readU32(),
      funcIdx: r.readU32(),
      offset: r.readU32(),
      locals: readValues(r),
      operands: readValues(r),
    }),
    5,
  )
}

const UNDEFINED: ReferenceData = { kind: 'undefined' }
const BOOLEANS: readonly ReferenceData[] = [
  { kind: 'boolean', value: false },
  { kind: 'boolean', value: true },
]

function readReference(r: ContentReader): ReferenceData {
  const kind = r.oneOf(REFERENCE_KINDS)
  switch (kind) {
    case 'func':
      return { kind, instance: r.readU32(), funcIdx: r.readU32() }
    case 'host-func':
      return { kind, funcIdx: r.readU32(), named: r.flag(), provider: r.readU32() - 1, home: r.readU32() - 1 }
    case 'struct':
      return { kind, typeIdx: r.readU32(), descriptor: r.readU32() | 0, words: r.list(() => r.readS32()) }
    case 'number-array':
      return { kind, typeIdx: r.readU32(), bytes: r.sized() }
    case 'ref-array':
      return { kind, typeIdx: r.readU32(), elems: readRuns(r) }
    case 'exception':
      return { kind, tag: r.readU32(), values: readValues(r) }
    case 'continuation':
      return { kind, typeIdx: r.readU32(), computation: readComputation(r) }
    case 'undefined':
      return UNDEFINED
    case 'boolean':
      return r.oneOf(BOOLEANS)
    case 'number':
      return { kind, value: r.double() }
    case 'bigint':
      return { kind, value: readBigInt(r) }
    case 'string':
      return { kind, value: r.text() }
    case 'named':
      return { kind, name: r.text() }
  }
}

/** As it is written: a sign and digits, without zeros before them. */
const HEXADECIMAL = /^(0|-?[1-9a-f][0-9a-f]*)$/
/** Digits of the longest: hosts hold none that is much longer than 2^30 bits. */
const MAX_DIGITS = 2 ** 26

function readBigInt(r: ContentReader): bigint {
  const start = r.pos
  const text = r.text()
  if (text.length > MAX_DIGITS || !HEXADECIMAL.test(text)) throw r.malformed('malformed integer', start)
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

function readComputation(r: ContentReader): ComputationData {
  const from = r.oneOf(COMPUTATIONS)
  switch (from) {
    case 'none':
      return undefined
    case 'func':
      return { from, func: r.readU32() | 0, bound: readValues(r) }
    case 'frames':
      return { from, frames: readFrames(r), bound: readValues(r) }
  }
}

function readRun(r: ContentReader): RunData {
  const func = r.readU32() | 0
  const start = r.pos
  const fuelUsed = r.double()
  if (!Number.isSafeInteger(fuelUsed) || fuelUsed < 0) throw r.malformed('malformed count of fuel', start)
  return { func, fuelUsed, frames: readFrames(r), next: readNext(r) }
}

function readNext(r: ContentReader): NextData {
  const kind = r.oneOf(NEXT_KINDS)
  switch (kind) {
    case 'begin':
      return { kind, args: readValues(r) }
    case 'instruction':
      return { kind, paid: r.size() }
    case 'host':
      return { kind, func: r.readU32() | 0, caller: r.readU32() - 1, args: readValues(r) }
    case 'returned':
      return { kind, results: readValues(r) }
    case 'thrown':
      return { kind, exception: r.readU32() | 0 }
  }
}
