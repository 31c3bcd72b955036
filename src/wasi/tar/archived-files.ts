// The files of an archive as they come, one after the other: of several with one name the last counts, as where tar extracts them.

import { DEFAULT_LIMITS } from '../preview1/limits.ts'
import { isName } from '../preview1/path-resolution.ts'
import type { Tree, TreeDirectory, TreeEntry, TreeFile, TreeLink } from '../preview1/tree.ts'
import { TarError } from './tar-format.ts'

type Archived = TreeFile | TreeDirectory | TreeLink

export class ArchivedFiles {
  /** By their paths. Names of one file have one entry. */
  readonly #entries = new Map<string, Archived>()
  /** Folders with something inside, whether or not the archive has them. */
  readonly #parents = new Set<string>()

  add(name: string, entry: Archived, offset: number): void {
    const path = pathOf(name, offset)
    if (entry.type !== 'directory' && (path === '/' || this.#parents.has(path))) {
      throw malformed(`a file where a folder is, ${shown(path)}`, offset, 'leave one of them out')
    }
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash)
      if (this.#parents.has(parent)) break
      if ((this.#entries.get(parent)?.type ?? 'directory') !== 'directory') {
        throw malformed(
          `${shown(path)} is inside of ${shown(parent)}, which is no folder`,
          offset,
          'leave one of them out',
        )
      }
      this.#parents.add(parent)
    }
    this.#entries.set(path, entry)
  }

  /** Another name of what stands in the archive before it. */
  link(name: string, target: string, offset: number): void {
    const entry = this.#entries.get(pathOf(target, offset))
    if (entry !== undefined && entry.type !== 'directory') {
      this.add(name, entry, offset)
      return
    }
    const what = entry === undefined ? 'nothing that stands before it' : 'a folder'
    throw malformed(
      `the hard link ${shown(name)} is to ${what}, ${shown(target)}`,
      offset,
      'make the archive again, with both',
    )
  }

  toTree(): Tree {
    const tree: Record<string, TreeEntry> = Object.create(null) as Record<string, TreeEntry>
    const firstPaths = new Map<Archived, string>()
    for (const [path, entry] of this.#entries) {
      const first = firstPaths.get(entry)
      tree[path] = first === undefined ? entry : { type: 'hard-link', path: first }
      if (first === undefined) firstPaths.set(entry, path)
    }
    return tree
  }
}

/** As trees have it. What would be outside, or has no name that a guest could say, is refused. */
function pathOf(name: string, offset: number): string {
  const fault = faultOf(name)
  if (fault !== undefined) {
    throw malformed(
      `${shown(name)} ${fault}`,
      offset,
      'make the archive again with names that are relative to its folder',
    )
  }
  return `/${componentsOf(name).join('/')}`
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'is no name'
  if (name.length > DEFAULT_LIMITS.pathBytes) return 'is too long'
  if (name.startsWith('/')) return 'is absolute'
  const components = componentsOf(name)
  if (components.includes('..')) return 'leads out of the archive'
  return components.every(isName) ? undefined : 'has a part with NUL, or of more than 255 bytes'
}

function componentsOf(name: string): readonly string[] {
  return name.split('/').filter((component) => component !== '' && component !== '.')
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}

function malformed(what: string, offset: number, advice: string): TarError {
  return new TarError('TAR_MALFORMED', what, offset, advice)
}
