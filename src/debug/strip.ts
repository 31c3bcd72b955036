// `heddle strip`: a module without its custom sections, or without some of them. Everything else is copied byte for byte, contents unread,
// so that modules of any proposal can be stripped.
// https://webassembly.github.io/spec/core/binary/modules.html#custom-section

import { CUSTOM_SECTION } from '../binary/sections.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'
import { sectionRanges } from './objdump/section-ranges.ts'

export interface StripOptions {
  /** The only sections to remove; all where absent. `*` stands for any characters: `.debug_*`. */
  readonly only?: readonly string[] | undefined
  /** Sections to leave where they are, though `only` names them. */
  readonly keep?: readonly string[] | undefined
}

export interface RemovedSection {
  readonly name: string
  /** With its header. */
  readonly size: number
}

export interface StrippedModule {
  readonly bytes: Uint8Array
  /** In their order in the module. */
  readonly removed: readonly RemovedSection[]
}

/** What debuggers read, apart from names: DWARF, source maps, and where they are. */
export const DEBUG_SECTIONS: readonly string[] = ['.debug_*', 'sourceMappingURL', 'external_debug_info', 'build_id']

const HEADER_BYTES = 8

/** The bytes are not changed. Throws a ModuleError where they are no sequence of sections. */
export function stripModule(bytes: Uint8Array, options: StripOptions = {}): StrippedModule {
  const isOnly = options.only === undefined ? () => true : matcher(options.only)
  const isKept = matcher(options.keep ?? [])
  const writer = new ByteWriter(bytes.length)
  const removed: RemovedSection[] = []
  let start = HEADER_BYTES
  writer.writeBytes(bytes.subarray(0, HEADER_BYTES))
  for (const { id, name, fault, end } of sectionRanges(bytes)) {
    if (fault !== undefined) throw fault
    if (id === CUSTOM_SECTION && isOnly(name) && !isKept(name)) removed.push({ name, size: end - start })
    else writer.writeBytes(bytes.subarray(start, end))
    start = end
  }
  return { bytes: writer.toBytes(), removed }
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const wholes = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'))
  return (name) => wholes.has(name) || globs.some((parts) => matchesGlob(name, parts))
}

/** The parts stand in the name in their order, the first one at its start and the last at its end. */
function matchesGlob(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop() ?? ''
  if (!name.startsWith(first)) return false
  let pos = first.length
  for (const part of rest) {
    const found = name.indexOf(part, pos)
    if (found < 0) return false
    pos = found + part.length
  }
  return name.length - last.length >= pos && name.endsWith(last)
}
