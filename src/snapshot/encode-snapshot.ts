// Writes a snapshot's data as bytes: the counterpart of decode-snapshot.ts.

import { encodeModule } from '../binary/encode-module.ts'
import { writeName } from '../binary/write-section.ts'
import { sectionParts, type ContentWriter } from './content-writer.ts'
import { sealFile } from './sealed-file.ts'
import { COMPUTATIONS, NEXT_KINDS, REFERENCE_KINDS, SECTION, SNAPSHOT_FILE } from './snapshot-format.ts'
import type {
  ComputationData,
  FrameData,
  FurtherData,
  InstanceData,
  MemoryData,
  ModuleData,
  NextData,
  Place,
  RefRuns,
  ReferenceData,
  RunData,
  SnapshotData,
  ValueData,
} from './snapshot-data.ts'

export function encodeSnapshot(data: SnapshotData): Uint8Array {
  const parts = [
    ...sectionParts(SECTION.modules, (w) => w.list(data.modules, (module) => writeModule(w, module))),
    ...sectionParts(SECTION.surroundings, (w) => w.writeBytes(encodeModule(data.surroundings))),
    ...sectionParts(SECTION.instances, (w) => {
      w.list(data.instances, (instance) => writeInstance(w, instance))
      w.writeU32(data.root)
    }),
    ...sectionParts(SECTION.memories, (w) => w.list(data.memories, (memory) => writeMemory(w, memory))),
    ...sectionParts(SECTION.tables, (w) =>
      w.list(data.tables, ({ place, elems }) => {
        writePlace(w, place)
        writeRuns(w, elems)
      }),
    ),
    ...sectionParts(SECTION.globals, (w) =>
      w.list(data.globals, ({ place, value }) => {
        writePlace(w, place)
        writeValue(w, value)
      }),
    ),
    ...sectionParts(SECTION.tags, (w) =>
      w.list(data.tags, (place) => {
        w.flag(place !== undefined)
        if (place !== undefined) writePlace(w, place)
      }),
    ),
    ...sectionParts(SECTION.references, (w) => w.list(data.references, (reference) => writeReference(w, reference))),
    ...sectionParts(SECTION.providers, (w) =>
      w.list(data.providers, ({ moduleName, state }) => {
        writeName(w, moduleName)
        w.sized(state)
      }),
    ),
    ...sectionParts(SECTION.run, (w) => {
      w.flag(data.run !== undefined)
      if (data.run !== undefined) writeRun(w, data.run)
    }),
    ...sectionParts(SECTION.further, (w) => writeFurther(w, data.further)),
  ]
  for (const { parts: pages } of data.memories) for (const { bytes } of pages) parts.push(bytes)
  return sealFile(SNAPSHOT_FILE, parts)
}

function writeModule(w: ContentWriter, { hash, name, isDeterministic, bytes }: ModuleData): void {
  for (let i = 0; i < hash.length; i += 2) w.writeByte(Number.parseInt(hash.slice(i, i + 2), 16))
  writeName(w, name)
  w.flag(isDeterministic)
  w.flag(bytes !== undefined)
  if (bytes !== undefined) w.sized(bytes)
}

function writeFurther(w: ContentWriter, { instances, modules, attachment }: FurtherData): void {
  w.list(instances, (each) => w.writeU32(each))
  w.list(modules, (each) => w.writeU32(each))
  w.flag(attachment !== undefined)
  if (attachment !== undefined) w.sized(attachment)
}

function writePlace(w: ContentWriter, { instance, index }: Place): void {
  w.writeU32(instance + 1)
  w.writeU32(index)
}

function writeInstance(w: ContentWriter, { module, imports, elems, datas }: InstanceData): void {
  w.writeU32(module)
  w.list(imports, (each) => w.writeU32(each))
  w.list(elems, (runs) => {
    w.flag(runs !== undefined)
    if (runs !== undefined) writeRuns(w, runs)
  })
  w.writeU32(datas.length)
  for (let i = 0; i < datas.length; i += 8) {
    w.writeByte(datas.slice(i, i + 8).reduce((bits, isThere, bit) => bits | (Number(isThere) << bit), 0))
  }
}

function writeRuns(w: ContentWriter, runs: RefRuns): void {
  w.writeU32(runs.length / 2)
  for (const word of runs) w.writeU32(word)
}

/** The bytes themselves stand behind all sections. */
function writeMemory(w: ContentWriter, { place, pages, segments, parts }: MemoryData): void {
  writePlace(w, place)
  w.size(pages)
  w.list(segments, ({ module, dataIdxs, addresses }) => {
    w.writeU32(module)
    w.writeU32(dataIdxs.length)
    for (const [i, dataIdx] of dataIdxs.entries()) {
      w.writeU32(dataIdx)
      w.size(addresses[i]!)
    }
  })
  w.list(parts, ({ address, bytes }) => {
    w.size(address)
    w.size(bytes.length)
  })
}

function writeValue(w: ContentWriter, { code, words }: ValueData): void {
  w.writeByte(code)
  for (const word of words) w.writeS32(word)
}

function writeValues(w: ContentWriter, values: readonly ValueData[]): void {
  w.list(values, (value) => writeValue(w, value))
}

function writeFrames(w: ContentWriter, frames: readonly FrameData[]): void {
  w.list(frames, ({ instance, funcIdx, offset, locals, operands }) => {
    w.writeU32(instance)
    w.writeU32(funcIdx)
    w.writeU32(offset)
    writeValues(w, locals)
    writeValues(w, operands)
  })
}

function writeReference(w: ContentWriter, reference: ReferenceData): void {
  w.oneOf(REFERENCE_KINDS, reference.kind)
  switch (reference.kind) {
    case 'func':
      w.writeU32(reference.instance)
      return w.writeU32(reference.funcIdx)
    case 'host-func':
      w.writeU32(reference.funcIdx)
      w.flag(reference.named)
      w.writeU32(reference.provider + 1)
      return w.writeU32(reference.home + 1)
    case 'struct':
      w.writeU32(reference.typeIdx)
      w.writeU32(reference.descriptor)
      return w.list(reference.words, (word) => w.writeS32(word))
    case 'number-array':
      w.writeU32(reference.typeIdx)
      return w.sized(reference.bytes)
    case 'ref-array':
      w.writeU32(reference.typeIdx)
      return writeRuns(w, reference.elems)
    case 'exception':
      w.writeU32(reference.tag)
      return writeValues(w, reference.values)
    case 'continuation':
      w.writeU32(reference.typeIdx)
      return writeComputation(w, reference.computation)
    case 'undefined':
      return
    case 'boolean':
      return w.flag(reference.value)
    case 'number':
      return w.double(reference.value)
    case 'bigint':
      return w.text(reference.value.toString(16))
    case 'string':
      return w.text(reference.value)
    case 'named':
      return w.text(reference.name)
  }
}

function writeComputation(w: ContentWriter, computation: ComputationData): void {
  w.oneOf(COMPUTATIONS, computation?.from ?? 'none')
  if (computation === undefined) return
  if (computation.from === 'func') w.writeU32(computation.func)
  else writeFrames(w, computation.frames)
  writeValues(w, computation.bound)
}

function writeRun(w: ContentWriter, { func, frames, next, fuelUsed }: RunData): void {
  w.writeU32(func)
  w.double(fuelUsed)
  writeFrames(w, frames)
  writeNext(w, next)
}

function writeNext(w: ContentWriter, next: NextData): void {
  w.oneOf(NEXT_KINDS, next.kind)
  switch (next.kind) {
    case 'begin':
      return writeValues(w, next.args)
    case 'instruction':
      return w.size(next.paid)
    case 'host':
      w.writeU32(next.func)
      w.writeU32(next.caller + 1)
      return writeValues(w, next.args)
    case 'returned':
      return writeValues(w, next.results)
    case 'thrown':
      return w.writeU32(next.exception)
  }
}
