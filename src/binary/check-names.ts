// What is wrong with a name section, for tools that are asked to say so. The decoder of names passes over all of it: no module is refused
// for its names.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { ModuleError } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import type { Module } from '../syntax/module.ts'
import { innerLimit, isIndirect, nameSpaceOf, nameSpaceSize, type NameSpace } from './name-spaces.ts'
import { readCount, readLength, readName, readSized } from './read-vector.ts'
import { CODE_SECTION, DATA_SECTION, NAME_SECTION } from './sections.ts'

/** Throws a ModuleError for the first thing that is wrong. That subsections are unknown is none. */
export function checkNames(module: Module): void {
  const [section, second] = module.customs.filter(({ name }) => name === NAME_SECTION)
  if (section === undefined) return
  if (second !== undefined) throw malformed('multiple sections')
  const { after } = section
  const isEarly = module.datas.length > 0 || (module.funcs.length > 0 && after !== CODE_SECTION)
  if (isEarly && after !== DATA_SECTION) throw malformed('misplaced before the data section')
  new NameChecker(module, section.bytes).check()
}

function malformed(reason: string): ModuleError {
  return new ModuleError('malformed', `name section: ${reason}`)
}

class NameChecker {
  private readonly module: Module
  private readonly reader: ByteReader

  constructor(module: Module, bytes: Uint8Array) {
    this.module = module
    this.reader = new ByteReader(bytes)
  }

  check(): void {
    const { reader } = this
    let last = -1
    while (reader.pos < reader.end) {
      const id = reader.readByte()
      const space = nameSpaceOf(id)
      if (id <= last) throw malformed(`subsection ${id} out of order`)
      last = id
      const size = this.inSection(() => readLength(reader))
      this.inSection(() => readSized(reader, size, true, () => this.checkSubsection(space, size)))
    }
  }

  /** The reader's offsets are of no use here: the section may lie anywhere. */
  private inSection<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ModuleError) || error.reason.startsWith('name section')) throw error
      throw malformed(error.reason)
    }
  }

  private checkSubsection(space: NameSpace | undefined, size: number): void {
    const { reader, module } = this
    if (space === undefined) reader.readBytes(size)
    else if (space === 'module') readName(reader)
    else {
      const count = nameSpaceSize(module, space)
      if (!isIndirect(space)) return this.checkMap(space, count)
      this.checkIndices(`the ${space} of`, count, () => this.checkMap(space, innerLimit(space)))
    }
  }

  private checkMap(space: NameSpace, size: number): void {
    this.checkIndices(space, size, () => void readName(this.reader))
  }

  /** Entries with an index each, which ascends and is less than `size`. */
  private checkIndices(what: string, size: number, readEntry: () => void): void {
    const { reader } = this
    const count = readCount(reader, Infinity, 'names')
    let last = -1
    for (let i = 0; i < count; i++) {
      const index = reader.readU32()
      if (index <= last) throw malformed(`${what} ${index} out of order`)
      if (index >= size) throw malformed(`${what} ${index}: there are ${size}`)
      last = index
      readEntry()
    }
  }
}
