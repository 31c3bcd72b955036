// Files as data: what an embedder writes down to give a guest a file system, and gets back after the run.

import { UsageError } from '../../errors/heddle-error.ts'
import { isBytes } from '../../errors/is-bytes.ts'
import { quoted } from '../../errors/quote.ts'
import type { FileTimes } from './file-system.ts'
import { isName } from './path-resolution.ts'
import type { DirectoryNode, FileNode, Storage, VirtualNode } from './virtual-node.ts'

/**
 * Entries by path: `{ '/in.txt': 'hi', '/dir/x': bytes }`. A leading slash may be missing; folders on the way are made.
 * Bytes given are not written to, and must not change while the file system lives.
 */
export type Tree = Readonly<Record<string, TreeEntry>>

export type TreeEntry = string | Uint8Array | TreeFile | TreeDirectory | TreeLink | TreeHardLink

export interface TreeAttributes extends FileTimes {
  /** POSIX permission bits, kept but not enforced. */
  readonly mode?: number
}

export interface TreeFile extends TreeAttributes {
  readonly type: 'file'
  /** Nothing, if absent. */
  readonly content?: string | Uint8Array
  /** With zeros behind the content up to here, which must not be less than that. */
  readonly size?: number
}

export interface TreeDirectory extends TreeAttributes {
  readonly type: 'directory'
}

export interface TreeLink extends TreeAttributes {
  readonly type: 'link'
  readonly target: string
}

/** Another name of the file or link at `path`, wherever that stands in the tree. */
export interface TreeHardLink {
  readonly type: 'hard-link'
  readonly path: string
}

const ENCODER = new TextEncoder()

/** Throws a UsageError for paths and entries that can't be. */
export function loadTree(tree: Tree, root: DirectoryNode, storage: Storage): void {
  const hardLinks: (readonly [path: string, entry: TreeHardLink])[] = []
  const attributes: (readonly [node: VirtualNode, entry: TreeAttributes])[] = []
  for (const [path, entry] of Object.entries(tree)) {
    checkEntry(path, entry)
    if (typeof entry === 'object' && 'type' in entry) {
      if (entry.type === 'hard-link') hardLinks.push([path, entry])
      else attributes.push([loadEntry(path, entry, root, storage), entry])
    } else {
      loadEntry(path, { type: 'file', content: entry }, root, storage)
    }
  }
  for (const [path, entry] of hardLinks) {
    const node = find(root, entry.path)
    if (node === undefined || node.type === 'directory') throw new UsageError(`no file to link to: ${entry.path}`)
    attachAt(path, node, root, storage)
  }
  // Last, because each new name changed the times of its folder.
  for (const [node, { mode, atim, mtim }] of attributes) {
    node.mode = mode ?? node.mode
    node.atim = atim ?? node.atim
    node.mtim = mtim ?? node.mtim
  }
}

/** For those whom no compiler tells. */
function checkEntry(path: string, entry: unknown): void {
  if (typeof entry === 'string' || isBytes(entry)) return
  const given = typeof entry === 'object' && entry !== null ? (entry as Partial<Record<string, unknown>>) : {}
  const valid: Readonly<Record<string, boolean>> = {
    file: isContent(given['content']),
    directory: true,
    link: typeof given['target'] === 'string',
    'hard-link': typeof given['path'] === 'string',
  }
  if (valid[String(given['type'])] === true) return
  throw new UsageError(
    `the entry ${quoted(path)} of a tree is a text, a Uint8Array, { type: 'file', content }, { type: 'directory' }, { type: 'link', target } or { type: 'hard-link', path }`,
  )
}

function isContent(content: unknown): boolean {
  return content === undefined || typeof content === 'string' || isBytes(content)
}

function loadEntry(
  path: string,
  entry: TreeFile | TreeDirectory | TreeLink,
  root: DirectoryNode,
  storage: Storage,
): VirtualNode {
  switch (entry.type) {
    case 'directory':
      return folderAt(root, components(path), storage)
    case 'link': {
      const link = storage.link(entry.target)
      attachAt(path, link, root, storage)
      return link
    }
    case 'file': {
      const file = loadFile(contentOf(entry, path), storage)
      attachAt(path, file, root, storage)
      return file
    }
  }
}

function contentOf({ content = '', size }: TreeFile, path: string): string | Uint8Array {
  if (size === undefined) return content
  const bytes = typeof content === 'string' ? ENCODER.encode(content) : content
  if (!Number.isSafeInteger(size) || size < bytes.length) {
    throw new UsageError(`a size of ${size} for ${bytes.length} bytes of content: ${path}`)
  }
  if (size === bytes.length) return content
  const whole = new Uint8Array(size)
  whole.set(bytes)
  return whole
}

function loadFile(content: string | Uint8Array, storage: Storage): FileNode {
  const file = storage.file()
  file.borrowed = typeof content !== 'string'
  // A plain view: subclasses, as Node's Buffer is one, may copy nothing in `slice`.
  const given = typeof content === 'string' ? ENCODER.encode(content) : content
  file.bytes = new Uint8Array(given.buffer, given.byteOffset, given.length)
  file.size = file.bytes.length
  storage.useBytes(file.size)
  return file
}

function attachAt(path: string, node: VirtualNode, root: DirectoryNode, storage: Storage): void {
  const names = components(path)
  const name = names.pop()
  const parent = folderAt(root, names, storage)
  if (name === undefined || parent.entries.has(name)) throw new UsageError(`the path is taken: ${path}`)
  storage.attach(parent, name, node)
}

function folderAt(root: DirectoryNode, names: readonly string[], storage: Storage): DirectoryNode {
  let folder = root
  for (const name of names) {
    let next = folder.entries.get(name)
    if (next === undefined) {
      next = storage.directory()
      storage.attach(folder, name, next)
    }
    if (next.type !== 'directory') throw new UsageError(`not a folder: ${name} in /${names.join('/')}`)
    folder = next
  }
  return folder
}

export function find(root: DirectoryNode, path: string): VirtualNode | undefined {
  let node: VirtualNode | undefined = root
  for (const name of components(path)) {
    if (node?.type !== 'directory') return undefined
    node = node.entries.get(name)
  }
  return node
}

function components(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '')
  for (const name of names) {
    if (!isName(name)) throw new UsageError(`a tree has no such path: ${path}`)
  }
  return names
}

/** One name of a node; `first` is the path under which it was met before. */
interface NamedNode {
  readonly path: string
  readonly node: VirtualNode
  readonly first: string | undefined
}

/**
 * All names below the root, a folder's own before those in it. What no path of `pathLength` characters reaches is left out: a guest
 * can nest folders deeper than that, and the paths would be quadratic in their depth.
 */
export function* walkNodes(root: DirectoryNode, pathLength: number): Generator<NamedNode> {
  const firstPaths = new Map<VirtualNode, string>()
  const pending: (readonly [path: string, node: DirectoryNode])[] = [['', root]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [folder, { entries }] = next
    for (const [name, node] of entries) {
      const path = `${folder}/${name}`
      if (path.length > pathLength) continue
      const first = firstPaths.get(node)
      yield { path, node, first }
      if (node.nlink > 1) firstPaths.set(node, first ?? path)
      if (node.type === 'directory') pending.push([path, node])
    }
  }
}

/** The inverse of loadTree, with times and modes, of what walkNodes reaches. */
export function saveTree(root: DirectoryNode, pathLength: number): Tree {
  const tree: Record<string, TreeEntry> = Object.create(null) as Record<string, TreeEntry>
  for (const { path, node, first } of walkNodes(root, pathLength)) {
    tree[path] = first === undefined ? saveEntry(node) : { type: 'hard-link', path: first }
  }
  return tree
}

function saveEntry(node: VirtualNode): TreeEntry {
  const { mode, atim, mtim } = node
  switch (node.type) {
    case 'file':
      return { type: 'file', content: node.bytes.slice(0, node.size), mode, atim, mtim }
    case 'directory':
      return { type: 'directory', mode, atim, mtim }
    case 'link':
      return { type: 'link', target: node.target, mode, atim, mtim }
  }
}
