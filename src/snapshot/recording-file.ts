// The bytes of a recording: a sealed file with what the recorded things were, and then the events. A reader checks the form of all of it
// before anything is replayed: that every event is whole, and in a place where it can be.

import { HeddleError } from '../errors/heddle-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'
import {
  byte,
  bytes,
  count,
  fixed32,
  flag,
  float,
  list,
  nested,
  oneOf,
  optional,
  pair,
  record,
  s32,
  s64,
  signedCount,
  skip,
  text,
  u32,
  utf16,
  variant,
} from '../syntax/codec.ts'
import type { Codec } from '../syntax/codec.ts'
import type {
  MemoryPart,
  RecordedEvent,
  RecordedImport,
  RecordedTag,
  RecordedThrow,
  RecordedValue,
} from './recording-data.ts'
import type { RecordingHeader } from './recording-data.ts'
import { openFile, sealFile, type FileKind } from './sealed-file.ts'

export interface SavedModule {
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly hash: string
  /** Whether it was compiled for the deterministic profile. */
  readonly isDeterministic: boolean
  /** Undefined where the recording doesn't carry them. */
  readonly bytes: Uint8Array | undefined
}

const RECORDING: FileKind = { magic: '\0hdlrcrd', version: 1, name: 'recording', errorCode: 'RECORDING_MALFORMED' }

/** How deep exceptions of the host's may lie in one another. */
const MAX_DEPTH = 16

const recordedTag: Codec<RecordedTag> = {
  write(writer, tag) {
    flag.write(writer, 'tag' in tag)
    if ('tag' in tag) u32.write(writer, tag.tag)
    else list(s32).write(writer, tag.types)
  },
  read: (reader) => (flag.read(reader) ? { tag: u32.read(reader) } : { types: list(s32).read(reader) }),
}

/** The number of a reference: a reader may collect them. */
const reference: Codec<number> = {
  write: (out, id) => out.writeU32(id),
  read: (input) => {
    const id = input.readU32()
    if (input instanceof RecordingReader) input.references?.add(id)
    return id
  },
}

/**
 * What most events consist of has readers of its own, which make objects of one shape each: those that `record` makes have their fields by name,
 * which V8 does slowly.
 */
const i32Data: Codec<{ readonly lo: number }> = {
  write: (out, { lo }) => out.writeS32(lo),
  read: (input) => ({ lo: input.readS32() }),
  skip: (input) => void input.readS32(),
}

const recordedValue: Codec<RecordedValue> = variant<RecordedValue>({
  i32: i32Data,
  f32: record({ lo: fixed32 }),
  i64: record({ lo: fixed32, hi: fixed32 }),
  f64: record({ lo: fixed32, hi: fixed32 }),
  v128: record({ words: list(fixed32) }),
  null: record({}),
  undefined: record({}),
  true: record({}),
  false: record({}),
  number: record({ value: float }),
  bigint: record({ text }),
  string: record({ text: utf16 }),
  func: record({ instance: u32, funcIdx: u32 }),
  host: record({ func: u32 }),
  ref: record({ id: reference }),
  object: record({ id: u32 }),
  element: record({ table: u32, index: u32 }),
  global: record({ global: u32 }),
  exception: record({ tag: recordedTag, values: list(nested(MAX_DEPTH, () => recordedValue)) }),
})

const recordedThrow: Codec<RecordedThrow> = variant<RecordedThrow>({
  trap: record({ code: text, detail: text }),
  error: record({ code: text, message: text, exitCode: optional(u32) }),
  exception: record({ tag: recordedTag, values: list(recordedValue) }),
  thrown: record({ value: recordedValue, name: text, message: text }),
})

const memoryPart: Codec<MemoryPart> = record<MemoryPart>({ address: count, bytes })

const externKind: Codec<'memory' | 'table' | 'global' | 'tag'> = oneOf(['memory', 'table', 'global', 'tag'])

const recordedImport: Codec<RecordedImport> = variant<RecordedImport>({
  func: record({ value: optional(recordedValue) }),
  known: record({ of: externKind, id: u32 }),
  memory: record({ pages: count, max: optional(count), parts: list(memoryPart) }),
  table: record({ max: optional(count), runs: list(pair(count, recordedValue)) }),
  global: record({ value: recordedValue }),
  tag: record({}),
})

const growable: Codec<'memory' | 'table'> = oneOf(['memory', 'table'])

const valueList = list(recordedValue)

const valuesData: Codec<{ readonly values: readonly RecordedValue[] }> = {
  write: (out, { values }) => valueList.write(out, values),
  read: (input) => ({ values: valueList.read(input) }),
  skip: (input) => skip(valueList, input),
}

type HostCallData = Omit<Extract<RecordedEvent, { readonly kind: 'host-call' }>, 'kind'>
const hostCallData: Codec<HostCallData> = {
  write: (out, { fuel, func, args }) => {
    signedCount.write(out, fuel)
    out.writeU32(func)
    valueList.write(out, args)
  },
  read: (input) => ({ fuel: signedCount.read(input), func: input.readU32(), args: valueList.read(input) }),
  skip: (input) => {
    signedCount.read(input)
    input.readU32()
    skip(valueList, input)
  },
}

const events: {
  readonly [Kind in RecordedEvent['kind']]: Codec<Omit<Extract<RecordedEvent, { readonly kind: Kind }>, 'kind'>>
} = {
  instantiate: record({ module: u32, imports: list(recordedImport), ok: flag }),
  call: record({ func: recordedValue, args: valueList }),
  start: record({ func: recordedValue, args: valueList }),
  resume: record({ run: u32 }),
  settle: record({ run: u32, values: valueList }),
  reject: record({ run: u32, thrown: recordedThrow }),
  abort: record({ run: u32 }),
  charge: record({ run: u32, fuel: signedCount }),
  grow: record({ memory: u32, delta: count }),
  write: record({ memory: u32, address: count, bytes }),
  'grow-table': record({ table: u32, delta: count, value: recordedValue }),
  'set-element': record({ table: u32, index: u32, value: recordedValue }),
  'set-global': record({ global: u32, value: recordedValue }),
  output: record({ stream: u32, count, bytes: optional(bytes) }),
  outcome: record({ thrown: optional(recordedThrow) }),
  return: valuesData,
  throw: record({ thrown: recordedThrow }),
  promise: record({}),
  answer: record({ answer: s32 }),
  interrupt: record({ fuel: signedCount, thrown: recordedThrow }),
  'host-call': hostCallData,
  ask: record({ what: growable, current: count, desired: count }),
  wait: record({ memory: u32, address: count, bytes: byte, expected: s64, timeout: s64 }),
  notify: record({ memory: u32, address: count, count }),
  done: record({ fuel: signedCount, values: valueList }),
  trap: record({ fuel: signedCount, thrown: recordedThrow }),
  fuel: record({ fuel: signedCount }),
  awaiting: record({ fuel: signedCount }),
}

/** By their numbers. */
export const EVENT_KINDS: readonly RecordedEvent['kind'][] = Object.keys(events) as RecordedEvent['kind'][]

export const recordedEvent: Codec<RecordedEvent> = variant<RecordedEvent>(events)

const savedModule: Codec<SavedModule> = record<SavedModule>({
  hash: {
    write: (writer, hash) => writer.writeBytes(Uint8Array.from(hash.match(/../g)!, (digits) => parseInt(digits, 16))),
    read: (reader) => Array.from(reader.readBytes(32), (b) => b.toString(16).padStart(2, '0')).join(''),
  },
  isDeterministic: flag,
  bytes: optional(bytes),
})

const header: Codec<RecordingHeader> = record<RecordingHeader>({
  costVersion: u32,
  limits: {
    write: (writer, limits) => list(pair(text, float)).write(writer, Object.entries(limits)),
    read: (reader) => Object.fromEntries(list(pair(text, float)).read(reader)),
  },
  hasLimiter: flag,
  modules: list(savedModule),
})

/** Reads of a recording, whose bytes mean something or are refused. */
export class RecordingReader extends ByteReader {
  /** Where the numbers of references go that are read. */
  references: Set<number> | undefined

  override malformed(reason: string, offset: number = this.pos): HeddleError {
    return new HeddleError('RECORDING_MALFORMED', `malformed recording: ${reason} (at offset ${offset} of its content)`)
  }
}

export interface RecordingContent {
  readonly header: RecordingHeader
  /** The events, one after another. */
  readonly events: Uint8Array
}

export function encodeRecording(content: RecordingContent): Uint8Array {
  const writer = new ByteWriter()
  header.write(writer, content.header)
  return sealFile(RECORDING, [writer.view(), content.events])
}

/** The events are not looked at. */
export function decodeRecording(file: Uint8Array): RecordingContent {
  const reader = new RecordingReader(openFile(RECORDING, file))
  const read = header.read(reader)
  return { header: read, events: reader.bytes.subarray(reader.pos) }
}
