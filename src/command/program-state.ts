// What a snapshot of a program says beside its run: what remains to be done when that run has ended. It stands in the snapshot as its
// attachment, in a form that docs/snapshots.md describes.

import type { UnknownImports } from '../embed/imports.ts'
import { ContentReader } from '../snapshot/content-reader.ts'
import { ContentWriter } from '../snapshot/content-writer.ts'
import { openFile, sealFile, type FileKind } from '../snapshot/sealed-file.ts'
import type { Argument } from './values.ts'

/** What the run of the snapshot is: of a start function, of `_initialize`, of the entry; or there is none, since the program has ended. */
export type ProgramStage = 'start' | 'initialize' | 'entry' | 'ended'

export interface ProgramState {
  readonly stage: ProgramStage
  /** Units, since the program began. */
  readonly fuelUsed: number
  /** The function that is called last; undefined where instantiation and initialisation are all that there is to do. */
  readonly entry: string | undefined
  /** Its arguments, as they were given. */
  readonly args: readonly Argument[]
  /** The names of all its instances but the last. */
  readonly preloads: readonly string[]
  /** The state of WASI where no instance has any of its functions yet. */
  readonly wasi: Uint8Array | undefined
  readonly unknownImports: UnknownImports
  /** Those of the proposals that are off unless they are switched on for which its modules were compiled. */
  readonly features: readonly string[]
}

const KIND: FileKind = {
  magic: '\0hdlprog',
  version: 1,
  name: 'state of a program',
  errorCode: 'SNAPSHOT_MALFORMED',
}

const STAGES: readonly ProgramStage[] = ['start', 'initialize', 'entry', 'ended']
const UNKNOWN: readonly UnknownImports[] = ['error', 'trap', 'default', 'log']
const ARGUMENTS = ['null', 'text', 'number', 'integer'] as const

/** Whether the attachment of a snapshot is one, and not something of another embedder's. */
export function isProgramState(attachment: Uint8Array): boolean {
  return Array.from(KIND.magic).every((character, i) => attachment[i] === character.charCodeAt(0))
}

export function encodeProgramState(state: ProgramState): Uint8Array {
  const { stage, fuelUsed, entry, args, preloads, wasi } = state
  const w = new ContentWriter()
  w.oneOf(STAGES, stage)
  w.size(fuelUsed)
  w.flag(entry !== undefined)
  if (entry !== undefined) w.text(entry)
  w.list(args, (arg) => writeArgument(w, arg))
  w.list(preloads, (name) => w.text(name))
  w.flag(wasi !== undefined)
  if (wasi !== undefined) w.sized(wasi)
  w.oneOf(UNKNOWN, state.unknownImports)
  w.list(state.features, (name) => w.text(name))
  return sealFile(KIND, [w.view()])
}

function writeArgument(w: ContentWriter, arg: Argument): void {
  if (arg === null) return w.oneOf(ARGUMENTS, 'null')
  w.oneOf(ARGUMENTS, typeof arg === 'string' ? 'text' : typeof arg === 'number' ? 'number' : 'integer')
  if (typeof arg === 'number') w.double(arg)
  else w.text(String(arg))
}

/** Throws a HeddleError with the code SNAPSHOT_MALFORMED. */
export function decodeProgramState(bytes: Uint8Array): ProgramState {
  const r = new ContentReader(KIND, openFile(KIND, bytes))
  const state: ProgramState = {
    stage: r.oneOf(STAGES),
    fuelUsed: r.size(),
    entry: r.flag() ? r.text() : undefined,
    args: r.list(() => readArgument(r)),
    preloads: r.list(() => r.text()),
    wasi: r.flag() ? r.sized() : undefined,
    unknownImports: r.oneOf(UNKNOWN),
    features: r.list(() => r.text()),
  }
  if (r.pos !== r.end) throw r.malformed('bytes behind its end')
  return state
}

function readArgument(r: ContentReader): Argument {
  switch (r.oneOf(ARGUMENTS)) {
    case 'null':
      return null
    case 'text':
      return r.text()
    case 'number':
      return r.double()
    case 'integer':
      return readInteger(r)
  }
}

/** Those that are of use have 64 bits. */
const MAX_DIGITS = 40

function readInteger(r: ContentReader): bigint {
  const start = r.pos
  const text = r.text()
  if (text.length > MAX_DIGITS || !/^(0|-?[1-9]\d*)$/.test(text)) throw r.malformed('malformed integer', start)
  return BigInt(text)
}
