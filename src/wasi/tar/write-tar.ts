// A tree of files as a tar file: ustar headers, with pax records in front of those that can't say it all (long names, other letters
// than ASCII's, fractions of seconds). The same tree gives the same bytes.

import { DEFAULT_LIMITS } from '../preview1/limits.ts'
import { walkNodes } from '../preview1/tree.ts'
import type { Tree } from '../preview1/tree.ts'
import { VirtualFileSystem } from '../preview1/virtual-file-system.ts'
import type { VirtualNode } from '../preview1/virtual-node.ts'
import { encodeRecord } from './pax-records.ts'
import { BLOCK, FIELDS, checksums, padding } from './tar-format.ts'
import type { FieldName } from './tar-format.ts'
import { NANOSECONDS, octal, timeText } from './tar-numbers.ts'

/** Folders stand before what is in them. Throws a TypeError for what is no tree. */
export function writeTar(tree: Tree): Uint8Array {
  const { root } = new VirtualFileSystem(tree).mount
  const parts: Uint8Array[] = []
  for (const { path, node, first } of walkNodes(root, DEFAULT_LIMITS.pathBytes)) {
    parts.push(...encodeMember(path.slice(1), node, first?.slice(1)))
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return joined(parts)
}

const TYPES = { file: '0', link: '2', directory: '5' } as const

/** `first`: the name under which the archive has the node already. */
function encodeMember(path: string, node: VirtualNode, first: string | undefined): Uint8Array[] {
  const isLink = first !== undefined
  const content = node.type === 'file' && !isLink ? node.bytes.subarray(0, node.size) : new Uint8Array(0)
  const name = node.type === 'directory' ? `${path}/` : path
  const linkname = first ?? (node.type === 'link' ? node.target : '')
  const seconds = floorDivide(node.mtim, NANOSECONDS)
  const records: Uint8Array[] = []
  const say = (key: string, value: string): string => {
    records.push(encodeRecord(key, value))
    return ''
  }
  const split = splitName(name)
  if (split === undefined) say('path', name)
  if (!isPlain(linkname, FIELDS.linkname.length)) say('linkpath', linkname)
  const size = octal(content.length, FIELDS.size.length) ?? say('size', String(content.length))
  const mtime = octal(Number(seconds), FIELDS.mtime.length)
  if (mtime === undefined || seconds * NANOSECONDS !== node.mtim) say('mtime', timeText(node.mtim))
  // Without a record it is taken for the time of modification.
  if (node.atim !== node.mtim) say('atime', timeText(node.atim))
  const fields = {
    ...(split ?? { name: plain(name, FIELDS.name.length), prefix: '' }),
    mode: octal(node.mode & 0o7777, FIELDS.mode.length) ?? '',
    size: size || '0',
    mtime: mtime ?? '0',
    type: isLink ? '1' : TYPES[node.type],
    linkname: plain(linkname, FIELDS.linkname.length),
  }
  const header = [encodeHeader(fields), content, new Uint8Array(padding(content.length))]
  return records.length === 0 ? header : [...encodeExtension(records, fields.name), ...header]
}

function encodeExtension(records: readonly Uint8Array[], name: string): Uint8Array[] {
  const content = joined(records)
  const header = encodeHeader({
    name: `PaxHeaders/${name}`.slice(0, FIELDS.name.length).replace(/\/$/, ''),
    mode: octal(0o644, FIELDS.mode.length) ?? '',
    size: octal(content.length, FIELDS.size.length) ?? '',
    mtime: '0',
    type: 'x',
  })
  return [header, content, new Uint8Array(padding(content.length))]
}

function encodeHeader(fields: Partial<Readonly<Record<FieldName, string>>>): Uint8Array {
  const block = new Uint8Array(BLOCK)
  const all = { uid: '0000000', gid: '0000000', magic: 'ustar', version: '00', ...fields }
  for (const [name, text] of Object.entries(all)) writeText(block, FIELDS[name as FieldName].at, text)
  const { at, length } = FIELDS.checksum
  writeText(block, at, `${octal(checksums(block).unsigned, length - 1) ?? ''}\0 `)
  return block
}

function writeText(block: Uint8Array, at: number, ascii: string): void {
  for (let i = 0; i < ascii.length; i++) block[at + i] = ascii.charCodeAt(i)
}

/** Between two components, so that both parts fit. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (isPlain(path, FIELDS.name.length)) return { name: path, prefix: '' }
  if (!isPlain(path, FIELDS.prefix.length + 1 + FIELDS.name.length)) return undefined
  const slash = path.indexOf('/', path.length - FIELDS.name.length - 1)
  // What stands behind the last slash of a folder is nothing.
  if (slash <= 0 || slash > FIELDS.prefix.length || slash === path.length - 1) return undefined
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) }
}

function isPlain(text: string, length: number): boolean {
  return text.length <= length && /^[\x20-\x7e]*$/.test(text)
}

/** For readers that don't know pax: as much as they can have. */
function plain(text: string, length: number): string {
  return text.slice(0, length).replaceAll(/[^\x20-\x7e]/g, '_')
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - (a % b < 0n ? 1n : 0n)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
