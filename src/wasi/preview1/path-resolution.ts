// From a path to a held folder and one name in it: the one place where paths are walked, so the one that confines. `..`
// pops a stack of held folders and can't pop the one that the walk began at; links are read and their components walked
// like any others. What is done with the name at the end is left to path.ts.

import { WasiError } from './errno.ts'
import type { Directory } from './file-system.ts'
import { LINKS_FOLLOWED, NAME_BYTES } from './limits.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** The end of a walk. `name` is missing when the path led to the folder itself (`.`, `..`, `a/..`). */
export interface Place {
  readonly directory: Directory
  readonly name: string | undefined
  /** The names that lead from where the walk began to `directory`. */
  readonly names: readonly string[]
  /** The path ended with a slash: it stands for a folder, made or found. */
  readonly mustBeDirectory: boolean
}

/**
 * Walks `path` from `base`, hands the place to `use` and closes what was opened on the way. With `follow`, a link at the
 * end is walked too; a link to nothing then gives the place where it would be. A trailing slash alone never follows.
 */
export function* withPlace<T>(
  base: Directory,
  path: string,
  follow: boolean,
  use: (place: Place) => Waiting<T>,
): Waiting<T> {
  const held: Held[] = [{ directory: base, name: '' }]
  try {
    return yield* use(yield* walk(held, path, follow))
  } finally {
    for (const { directory } of held.slice(1)) directory.close()
  }
}

/**
 * The same, for a `use` that throws ELOOP, and has done nothing, where the name stands for a link. Most names don't, and on a real folder it
 * costs as much to find that out as to do what is asked.
 */
export function* withFollowedPlace<T>(
  base: Directory,
  path: string,
  follow: boolean,
  use: (place: Place) => Waiting<T>,
): Waiting<T> {
  // What a slash at the end asks is asked of what the link leads to.
  if (follow && !path.endsWith('/')) {
    try {
      return yield* withPlace(base, path, false, use)
    } catch (error) {
      if (!(error instanceof WasiError) || error.errno !== 'loop') throw error
    }
  }
  return yield* withPlace(base, path, follow, use)
}

/** A folder of the walk, and its name in the one before. */
interface Held {
  readonly directory: Directory
  readonly name: string
}

function* walk(held: Held[], path: string, follow: boolean): Waiting<Place> {
  const pending: string[] = []
  let mustBeDirectory = pushComponents(pending, path)
  let links = 0
  for (;;) {
    const { directory } = held.at(-1) as Held
    const name = pending.pop()
    if (name === undefined) return placeIn(held, name, true)
    if (name === '.') continue
    if (name === '..') {
      if (held.length === 1) throw new WasiError('perm', 'the path leads out of its folder')
      held.pop()
      directory.close()
      continue
    }
    checkName(name)
    const last = pending.length === 0
    if (last && !follow) return placeIn(held, name, mustBeDirectory)
    const step = yield* stepOrMissing(directory, name)
    if (step === undefined || step.type === 'other') {
      if (last) return placeIn(held, name, mustBeDirectory)
      throw new WasiError(step === undefined ? 'noent' : 'notdir')
    }
    if (step.type === 'link') {
      links++
      if (links > LINKS_FOLLOWED) throw new WasiError('loop')
      const slash = pushComponents(pending, step.target)
      if (last) mustBeDirectory ||= slash
      continue
    }
    if (last) {
      step.directory.close()
      return placeIn(held, name, mustBeDirectory)
    }
    held.push({ directory: step.directory, name })
  }
}

function placeIn(held: readonly Held[], name: string | undefined, mustBeDirectory: boolean): Place {
  const { directory } = held.at(-1) as Held
  return { directory, name, names: held.slice(1).map((folder) => folder.name), mustBeDirectory }
}

function* stepOrMissing(
  directory: Directory,
  name: string,
): Waiting<Awaited<ReturnType<Directory['step']>> | undefined> {
  try {
    return yield* wait(directory.step(name))
  } catch (error) {
    if (error instanceof WasiError && error.errno === 'noent') return undefined
    throw error
  }
}

/** Puts the components so that the first is popped first; answers whether the path ends with a slash. */
function pushComponents(pending: string[], path: string): boolean {
  if (path === '') throw new WasiError('noent')
  if (path.startsWith('/')) throw new WasiError('perm', 'the path is absolute')
  const components = path.split('/')
  for (let i = components.length - 1; i >= 0; i--) {
    if (components[i] !== '') pending.push(components[i] as string)
  }
  return path.endsWith('/')
}

const ENCODER = new TextEncoder()

function checkName(name: string): void {
  if (isTooLong(name)) throw new WasiError('nametoolong')
}

function isTooLong(name: string): boolean {
  // A UTF-16 unit has at most three bytes in UTF-8.
  return name.length * 3 > NAME_BYTES && ENCODER.encode(name).length > NAME_BYTES
}

/** Whether it is what a host is ever given as a name. */
export function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && !isTooLong(name)
}
