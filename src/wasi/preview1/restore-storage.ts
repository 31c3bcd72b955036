// A virtual file system from its saved nodes, which may come from anybody: what comes out is a tree with the invariants that
// virtual-node.ts keeps, or nothing.

import { HeddleError } from '../../errors/heddle-error.ts'
import { isName } from './path-resolution.ts'
import type { SavedAttributes, SavedEntry, SavedNode, SavedStorage } from './saved-state.ts'
import { Storage } from './virtual-node.ts'
import type { DirectoryNode, StorageOptions, VirtualNode } from './virtual-node.ts'

export interface RestoredStorage {
  readonly storage: Storage
  readonly root: DirectoryNode
  /** By their numbers. Those without a name live by the handles that the guest has of them. */
  readonly nodes: readonly VirtualNode[]
}

/** The quota is that of `options`: what the guest had added counts. */
export function restoreStorage(saved: SavedStorage, options: StorageOptions): RestoredStorage {
  if (saved.bytes > options.maxBytes || saved.entries > options.maxEntries) {
    throw invalid(`a file system has ${saved.entries} names and ${saved.bytes} bytes, which is more than is granted`)
  }
  checkInodes(saved)
  const nodes = saved.nodes.map(restoreNode)
  const [root] = nodes
  if (root?.type !== 'directory') throw invalid('a file system has no root')
  root.nlink = 1
  for (const [number, node] of saved.nodes.entries()) {
    if (node.kind === 'directory') attach(nodes, number, node.entries)
  }
  for (const node of nodes) {
    if (node.type === 'directory' && node.nlink === 0 && node.entries.size > 0) {
      throw invalid('a folder that was removed is not empty')
    }
  }
  return { storage: new Storage({ ...options, dev: saved.dev }, saved), root, nodes }
}

export function invalid(message: string, options?: { readonly cause: unknown }): HeddleError {
  return new HeddleError('SNAPSHOT_INVALID', `the state of WASI: ${message}`, options)
}

function checkInodes({ nodes, nextIno }: SavedStorage): void {
  const inodes = new Set(nodes.map(({ ino }) => ino))
  if (inodes.size < nodes.length) throw invalid('two files have one inode number')
  if (nodes.some(({ ino }) => ino === 0n || ino >= nextIno)) throw invalid('an inode number was not given out yet')
}

function restoreNode(saved: SavedNode): VirtualNode {
  const base = attributes(saved)
  switch (saved.kind) {
    case 'file':
      return { type: 'file', ...base, bytes: saved.content, size: saved.content.length, borrowed: false, handles: 0 }
    case 'link':
      return { type: 'link', ...base, target: saved.target, size: new TextEncoder().encode(saved.target).length }
    case 'directory':
      return { type: 'directory', ...base, entries: new Map(), parent: undefined, listed: undefined }
  }
}

function attributes({ ino, mode, atim, mtim, ctim }: SavedAttributes): SavedAttributes & { nlink: number } {
  return { ino, mode, nlink: 0, atim, mtim, ctim }
}

function attach(nodes: readonly VirtualNode[], number: number, entries: readonly SavedEntry[]): void {
  const directory = nodes[number] as DirectoryNode
  for (const entry of entries) {
    const node = nodes[entry.node]
    if (node === undefined) throw invalid('a name stands for nothing')
    if (!isName(entry.name) || directory.entries.has(entry.name)) throw invalid('a folder has an impossible name in it')
    if (node.type === 'directory') {
      // So none is inside itself, and none has two names.
      if (entry.node <= number || node.nlink > 0) throw invalid('a folder is in two places')
      node.parent = directory
    }
    node.nlink++
    directory.entries.set(entry.name, node)
  }
}
