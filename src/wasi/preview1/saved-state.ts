// The state of a Wasi as plain data, and as bytes: docs/wasi-state.md. What it means is left to save.ts and restore.ts; here it has
// its form and nothing else, since bytes may come from anybody.

import { HeddleError } from '../../errors/heddle-error.ts'
import { bytes, count, flag, integer, list, oneOf, optional, record, text, u64, variant } from '../../syntax/codec.ts'
import type { Codec } from '../../syntax/codec.ts'
import { ERRNO_NAMES } from './errno.ts'
import type { Listing } from './fd-table.ts'
import type { DirectoryEntry } from './file-system.ts'
import { decode, encode } from './state-bytes.ts'
import { INPUT_ENDS } from './stdio.ts'
import type { InputState } from './stdio.ts'
import { CLOCKID_NAMES, FILETYPE_NAMES, SIGNAL_NAMES } from './types.ts'
import type { ClockId, Signal } from './types.ts'
import type { StorageUse } from './virtual-node.ts'

export interface SavedState {
  /** Without the NUL. */
  readonly args: readonly Uint8Array[]
  readonly environ: readonly Uint8Array[]
  readonly exit: SavedExit | undefined
  readonly stdin: InputState
  readonly stdout: SavedOutput
  readonly stderr: SavedOutput
  /** The last that the guest was told by each clock that only goes forward. */
  readonly readings: readonly SavedReading[]
  /** What the clock and the random source said of themselves. */
  readonly clock: Uint8Array | undefined
  readonly random: Uint8Array | undefined
  readonly storages: readonly SavedStorage[]
  readonly folders: readonly SavedFolder[]
  readonly descriptors: readonly SavedDescriptor[]
}

interface SavedExit {
  readonly code: number
  readonly signal: Signal | undefined
}

export interface SavedOutput {
  readonly written: number
  readonly collected: Uint8Array
}

export interface SavedReading {
  readonly id: ClockId
  readonly time: bigint
}

/** What lies behind one virtual file system, or behind several. The first node is the root. */
export interface SavedStorage extends StorageUse {
  readonly dev: bigint
  readonly nodes: readonly SavedNode[]
}

export interface SavedAttributes {
  readonly ino: bigint
  readonly mode: number
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
}

export type SavedNode = SavedAttributes &
  (
    | { readonly kind: 'file'; readonly content: Uint8Array }
    | { readonly kind: 'link'; readonly target: string }
    /** The nodes by their names, a folder's number greater than that of the folder that it is in. */
    | { readonly kind: 'directory'; readonly entries: readonly SavedEntry[] }
  )

export interface SavedEntry {
  readonly name: string
  readonly node: number
}

/** A folder that the guest was given, by its name: a virtual one, or one of the host's, of which no file is saved. */
export interface SavedFolder {
  readonly name: string
  readonly storage: number | undefined
  readonly readOnly: boolean
  /** What one of the host's said of itself. */
  readonly own: Uint8Array | undefined
}

export interface SavedDescriptor {
  readonly fd: number
  readonly rights: number
  readonly inheriting: number
  readonly flags: number
  readonly position: number
  /** It is the root of its folder, as the guest was given it. */
  readonly preopen: boolean
  readonly listing: Listing | undefined
  readonly handle: SavedHandle
}

export const STREAM_NAMES = ['stdin', 'stdout', 'stderr'] as const
export type StreamName = (typeof STREAM_NAMES)[number]

export type HandleType = 'file' | 'directory'

export type SavedHandle =
  | { readonly kind: 'stream'; readonly stream: StreamName }
  | { readonly kind: 'virtual'; readonly folder: number; readonly node: number }
  | SavedHostHandle

/** What the host opens again, by the names that lead to it from the folder's root. */
export interface SavedHostHandle {
  readonly kind: 'host'
  readonly folder: number
  readonly type: HandleType
  readonly names: readonly string[]
  /** Of a file, where the host tells at once: by which it is known again. */
  readonly content: SavedContent | undefined
}

/** What a file had when it was saved. Nobody writes to a file without changing one of the two, unless it is meant to stay hidden. */
export interface SavedContent {
  readonly size: bigint
  readonly mtim: bigint
}

const output: Codec<SavedOutput> = record<SavedOutput>({ written: count, collected: bytes })

const attributes = { ino: u64, mode: count, atim: integer, mtim: integer, ctim: integer }

const node: Codec<SavedNode> = variant<SavedNode>({
  file: record({ ...attributes, content: bytes }),
  link: record({ ...attributes, target: text }),
  directory: record({ ...attributes, entries: list(record<SavedEntry>({ name: text, node: count })) }),
})

export const storage: Codec<SavedStorage> = record<SavedStorage>({
  dev: u64,
  nextIno: u64,
  bytes: count,
  entries: count,
  nodes: list(node),
})

const entry: Codec<DirectoryEntry> = record<DirectoryEntry>({ name: text, ino: u64, filetype: oneOf(FILETYPE_NAMES) })

const handle: Codec<SavedHandle> = variant<SavedHandle>({
  stream: record({ stream: oneOf(STREAM_NAMES) }),
  virtual: record({ folder: count, node: count }),
  host: record({
    folder: count,
    type: oneOf<HandleType>(['file', 'directory']),
    names: list(text),
    content: optional(record<SavedContent>({ size: u64, mtim: integer })),
  }),
})

const descriptor: Codec<SavedDescriptor> = record<SavedDescriptor>({
  fd: count,
  rights: count,
  inheriting: count,
  flags: count,
  position: count,
  preopen: flag,
  listing: optional(record<Listing>({ ino: u64, entries: list(entry) })),
  handle,
})

const state: Codec<SavedState> = record<SavedState>({
  args: list(bytes),
  environ: list(bytes),
  exit: optional(record<SavedExit>({ code: count, signal: optional(oneOf(SIGNAL_NAMES)) })),
  stdin: record<InputState>({
    consumed: count,
    unread: bytes,
    end: oneOf(INPUT_ENDS),
    failure: optional(oneOf(ERRNO_NAMES)),
  }),
  stdout: output,
  stderr: output,
  readings: list(record<SavedReading>({ id: oneOf(CLOCKID_NAMES), time: u64 })),
  clock: optional(bytes),
  random: optional(bytes),
  storages: list(storage),
  folders: list(record<SavedFolder>({ name: text, storage: optional(count), readOnly: flag, own: optional(bytes) })),
  descriptors: list(descriptor),
})

/** `hwp1`: Heddle, WASI, preview 1. */
const MAGIC = 0x31707768

/** Goes up with every change of the form. */
const VERSION = 3

const versioned: Codec<SavedState> = {
  write: (out, saved) => {
    out.writeFixed32(MAGIC)
    out.writeByte(VERSION)
    state.write(out, saved)
  },
  read: (input) => {
    if (input.readFixed32() !== MAGIC) throw input.malformed('not the state of a Wasi', 0)
    const version = input.readByte()
    if (version !== VERSION) {
      throw new HeddleError('SNAPSHOT_INVALID', `the state of WASI has version ${version}; this is read: ${VERSION}`)
    }
    return state.read(input)
  },
}

export function encodeState(saved: SavedState): Uint8Array {
  return encode(versioned, saved)
}

export function decodeState(saved: Uint8Array): SavedState {
  return decode(versioned, saved, 'the state of WASI')
}
