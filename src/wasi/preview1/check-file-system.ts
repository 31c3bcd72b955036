// Whether a file system keeps what its interface promises: the tests of Heddle's own, for whoever writes another. It finds out by using
// it, and tells what it found; what guests make of a file system is left to them.

import { WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import { CHANGES } from './check-changes.ts'
import type { Attempt, Checked } from './check-changes.ts'
import type { Directory, DirectoryEntry, FileSystem, OpenFile, OpenOptions } from './file-system.ts'
import { isName } from './path-resolution.ts'

export interface CheckOptions {
  /** Whether things may be made, changed and removed in a new folder of the root. By default every change has to be refused. */
  readonly writes?: boolean
}

const READ: OpenOptions = { read: true, write: false, create: false, exclusive: false, truncate: false }
const MISSING = 'heddle-check-of-a-file-system'

/** What a change answers where nothing may change. */
const REFUSALS: readonly Errno[] = ['rofs', 'perm', 'acces', 'notcapable']

/** Goes through all that there is, and answers one line for each promise that is not kept: none where all are. */
export async function checkFileSystem(fileSystem: FileSystem, options: CheckOptions = {}): Promise<readonly string[]> {
  const check = new Check()
  const root = fileSystem.openRoot()
  await check.folder('', root)
  await check.refuses('noent', 'statAt of a missing name', () => root.statAt(MISSING))
  await check.refuses('noent', 'step to a missing name', () => root.step(MISSING))
  await check.refuses('noent', 'open of a missing name', () => root.open(MISSING, READ))
  await check.refuses('noent', 'readLink of a missing name', () => root.readLink(MISSING))
  if (options.writes === true) await check.changes(root)
  else await check.noChanges(root)
  root.close()
  const other = fileSystem.openRoot()
  await check.attempt('the root, opened again after a handle of it was closed', async () => void (await other.stat()))
  other.close()
  return check.found
}

class Check implements Checked {
  readonly found: string[] = []

  async folder(path: string, top: Directory): Promise<void> {
    const pending: (readonly [path: string, directory: Directory])[] = [[path, await top.reopen()]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [folder, directory] = next
      await this.attempt(`${folder}/`, async () => {
        this.expect(
          (await directory.stat()).filetype === 'directory',
          `${folder}/: stat of a folder says that it is another`,
        )
        const entries = await directory.list()
        const names = new Set(entries.map(({ name }) => name))
        this.expect(names.size === entries.length, `${folder}/: list has a name twice`)
        for (const entry of entries) {
          const inner = await this.#entry(`${folder}/${entry.name}`, directory, entry)
          if (inner !== undefined) pending.push([`${folder}/${entry.name}`, inner])
        }
      })
      directory.close()
    }
  }

  /** Answers a folder's handle. */
  async #entry(
    path: string,
    directory: Directory,
    { name, ino, filetype }: DirectoryEntry,
  ): Promise<Directory | undefined> {
    if (!isName(name)) {
      this.found.push(`${JSON.stringify(path)}: list has a name that no guest can say`)
      return undefined
    }
    let inner: Directory | undefined
    await this.attempt(path, async () => {
      const stat = await directory.statAt(name)
      this.expect(stat.filetype === filetype, `${path}: list says ${filetype}, and statAt ${stat.filetype}`)
      this.expect(stat.ino === ino, `${path}: list and statAt disagree about the inode number`)
      const step = await directory.step(name)
      const expected = filetype === 'directory' ? 'directory' : filetype === 'symbolic_link' ? 'link' : 'other'
      this.expect(step.type === expected, `${path}: step says ${step.type} of a ${filetype}`)
      if (step.type === 'directory') inner = step.directory
      if (step.type === 'link') await this.#link(path, directory, name, step.target)
      else await this.refuses('inval', `${path}: readLink of what is no link`, () => directory.readLink(name))
      if (filetype === 'directory') await this.#openFolder(path, directory, name)
      if (filetype === 'regular_file') await this.#file(path, directory, name, stat.size)
    })
    return inner
  }

  async #link(path: string, directory: Directory, name: string, target: string): Promise<void> {
    this.expect((await directory.readLink(name)) === target, `${path}: step and readLink disagree about its target`)
    await this.refuses('loop', `${path}: open of a link`, () => directory.open(name, READ))
  }

  async #openFolder(path: string, directory: Directory, name: string): Promise<void> {
    const handle = await directory.open(name, READ)
    this.expect(handle.kind === 'directory', `${path}: open of a folder gives a file`)
    handle.close()
    await this.refuses('isdir', `${path}: open of a folder to write`, () =>
      directory.open(name, { ...READ, write: true }),
    )
  }

  async #file(path: string, directory: Directory, name: string, size: bigint): Promise<void> {
    const handle = await directory.open(name, READ)
    if (handle.kind === 'directory') {
      this.found.push(`${path}: open of a file gives a folder`)
      return
    }
    const file: OpenFile = handle
    this.expect((await file.stat()).size === size, `${path}: stat and statAt disagree about the size`)
    let length = 0
    for (;;) {
      const piece = await file.read(length, PIECE)
      this.expect(piece.length <= PIECE, `${path}: read gives more than was asked for`)
      if (length === 0 && piece.length > 1) {
        const [, second] = piece
        const again = await file.read(1, 1)
        this.expect(again.length === 1 && again[0] === second, `${path}: read at 1 gives another byte than before`)
      }
      if (piece.length === 0) break
      length += piece.length
    }
    this.expect(BigInt(length) === size, `${path}: there are ${length} bytes to read, and its size is ${size}`)
    this.expect((await file.read(length + 1000, 1)).length === 0, `${path}: read behind the end gives something`)
    file.close()
    const exclusive = { ...READ, create: true, exclusive: true }
    await this.refuses('exist', `${path}: open of what exists, exclusively`, () => directory.open(name, exclusive))
  }

  async changes(root: Directory): Promise<void> {
    await this.attempt('a new folder', async () => {
      await root.createDirectory(MISSING)
      const step = await root.step(MISSING)
      if (step.type !== 'directory') throw new WasiError('notdir')
      for (const [claim, change] of CHANGES) await this.attempt(claim, () => change(step.directory, this))
      await this.folder(`/${MISSING}`, step.directory)
      await removeAll(step.directory)
      step.directory.close()
      await root.removeDirectory(MISSING)
      await this.refuses('noent', 'step to a folder that was removed', () => root.step(MISSING))
    })
  }

  async noChanges(root: Directory): Promise<void> {
    const refused = (what: string, attempt: Attempt): Promise<void> =>
      this.refuses(REFUSALS, `${what} of a read-only file system`, attempt)
    await refused('createDirectory', () => root.createDirectory(MISSING))
    await refused('createLink', () => root.createLink(MISSING, 'target'))
    await refused('open to create', () => root.open(MISSING, { ...READ, write: true, create: true }))
    await refused('setTimes', () => root.setTimes({ mtim: 0n }))
    for (const { name, filetype } of await root.list()) {
      await refused('setTimesAt', () => root.setTimesAt(name, { mtim: 0n }))
      await refused('rename', () => root.rename(name, root, MISSING))
      if (filetype === 'directory') continue
      await refused('unlink', () => root.unlink(name))
      await refused('link', () => root.link(name, root, MISSING))
      if (filetype !== 'regular_file') continue
      await refused('open to write', () => root.open(name, { ...READ, write: true }))
      await refused('open to truncate', () => root.open(name, { ...READ, truncate: true }))
    }
  }

  expect(isKept: boolean, otherwise: string): void {
    if (!isKept) this.found.push(otherwise)
  }

  async refuses(errno: Errno | readonly Errno[], what: string, attempt: Attempt): Promise<void> {
    const expected: readonly Errno[] = [errno].flat()
    try {
      const answer = await attempt()
      if (typeof answer === 'object' && answer !== null && 'close' in answer) (answer as OpenFile).close()
      this.found.push(`${what} succeeds, and should fail with ${expected.join(' or ')}`)
    } catch (error) {
      const actual = error instanceof WasiError ? error.errno : String(error)
      this.expect(expected.includes(actual as Errno), `${what} fails with ${actual}, and not ${expected.join(' or ')}`)
    }
  }

  async attempt(what: string, attempt: () => Promise<void>): Promise<void> {
    try {
      await attempt()
    } catch (error) {
      this.found.push(
        `${what}: ${error instanceof WasiError ? error.errno : `an error that is no WasiError: ${String(error)}`}`,
      )
    }
  }
}

const PIECE = 64 * 2 ** 10

async function removeAll(directory: Directory): Promise<void> {
  for (const { name, filetype } of await directory.list()) {
    if (filetype !== 'directory') {
      await directory.unlink(name)
      continue
    }
    const step = await directory.step(name)
    if (step.type !== 'directory') continue
    await removeAll(step.directory)
    step.directory.close()
    await directory.removeDirectory(name)
  }
}
