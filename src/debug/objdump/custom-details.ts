// `-x` for custom sections: the contents of those that are known, the name of all others.

import { NAME_SECTION } from '../../binary/sections.ts'
import { readName } from '../../binary/read-vector.ts'
import { BRANCH_HINT, decodeBranchHints } from '../../instructions/branch-hints.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import type { NamedSpace } from '../../syntax/names.ts'
import { nameEntries, type NameEntry } from './name-entries.ts'
import type { SectionRange } from './section-ranges.ts'
import { visible, type Symbols } from './symbols.ts'

/** Lists the features that a module uses, `+`, or must not be linked with, `-`. */
const FEATURES_SECTION = 'target_features'

export function* customDetails(bytes: Uint8Array, range: SectionRange, symbols: Symbols): Generator<string, void> {
  if (range.fault !== undefined) throw range.fault
  yield ` - name: "${visible(range.name)}"\n`
  if (range.name === NAME_SECTION) {
    for (const entry of nameEntries(bytes, range.contents, range.end)) yield nameText(entry)
  } else if (range.name === FEATURES_SECTION) yield* features(new ByteReader(bytes, range.contents, range.end))
  else if (range.name === BRANCH_HINT) yield* hints(bytes.subarray(range.contents, range.end), symbols)
}

const SPACE_TEXTS: Readonly<Record<NamedSpace, string>> = {
  funcs: 'func',
  types: 'type',
  tables: 'table',
  memories: 'memory',
  globals: 'global',
  elems: 'elemseg',
  datas: 'dataseg',
  tags: 'tag',
}

function nameText({ space, outer, index, name }: NameEntry): string {
  const tag = `<${visible(name)}>\n`
  switch (space) {
    case 'module':
      return ` - module ${tag}`
    case 'locals':
      return name === '' ? '' : ` - func[${outer}] local[${index}] ${tag}`
    case 'labels':
      return ` - func[${outer}] label[${index}] ${tag}`
    case 'fields':
      return ` - type[${outer}] field[${index}] ${tag}`
    default:
      return ` - ${SPACE_TEXTS[space]}[${index}] ${tag}`
  }
}

/** Offsets are those of instructions in their function's body. */
function* hints(content: Uint8Array, symbols: Symbols): Generator<string, void> {
  for (const { funcIdx, hints: ofFunc } of decodeBranchHints(content)) {
    yield ` - func[${funcIdx}]${symbols.tag('funcs', funcIdx)}:\n`
    for (const { offset, likely } of ofFunc) yield `  - +0x${offset.toString(16)} ${likely ? 'likely' : 'unlikely'}\n`
  }
}

/** https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section */
function* features(reader: ByteReader): Generator<string, void> {
  const count = reader.readU32()
  for (let i = 0; i < count; i++) {
    const prefix = String.fromCharCode(reader.readByte())
    yield `  - [${visible(prefix)}] ${visible(readName(reader))}\n`
  }
}
