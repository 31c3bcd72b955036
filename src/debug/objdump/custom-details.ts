// `-x` for custom sections: the contents of those that are known, the name of all others.

import { NAME_SECTION } from '../../binary/sections.ts'
import { readName } from '../../binary/read-vector.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import type { NamedSpace } from '../../syntax/names.ts'
import { nameEntries, type NameEntry } from './name-entries.ts'
import type { SectionRange } from './section-ranges.ts'
import { visible } from './symbols.ts'

/** Lists the features that a module uses, `+`, or must not be linked with, `-`. */
const FEATURES_SECTION = 'target_features'

export function* customDetails(bytes: Uint8Array, range: SectionRange): Generator<string, void> {
  if (range.fault !== undefined) throw range.fault
  yield ` - name: "${visible(range.name)}"\n`
  if (range.name === NAME_SECTION) {
    for (const entry of nameEntries(bytes, range.contents, range.end)) yield nameText(entry)
  } else if (range.name === FEATURES_SECTION) yield* features(new ByteReader(bytes, range.contents, range.end))
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

/** https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section */
function* features(reader: ByteReader): Generator<string, void> {
  const count = reader.readU32()
  for (let i = 0; i < count; i++) {
    const prefix = String.fromCharCode(reader.readByte())
    yield `  - [${visible(prefix)}] ${visible(readName(reader))}\n`
  }
}
