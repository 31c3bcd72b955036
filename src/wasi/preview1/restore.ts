// From the state of a Wasi back to one that goes on: the state may come from anybody, so it is data that is judged. It gets back what
// was its own (files in memory, positions, flags), and of the host what the restoring side grants, by name. docs/wasi-state.md

import type { FileSystem } from './file-system.ts'
import type { Guest } from './implementation.ts'
import { preopenDescriptor } from './preopen.ts'
import { WasiExit } from './process.ts'
import { DescriptorRestorer } from './restore-descriptors.ts'
import type { RestoredFolder } from './restore-descriptors.ts'
import { invalid, restoreStorage } from './restore-storage.ts'
import type { RestoredStorage } from './restore-storage.ts'
import { decodeState } from './saved-state.ts'
import type { SavedFolder, SavedState, SavedStorage } from './saved-state.ts'
import type { StandardStreams } from './standard-streams.ts'
import { VirtualFileSystem, storageOptions } from './virtual-file-system.ts'
import type { VirtualFileSystemOptions } from './virtual-file-system.ts'
import type { Mount } from './virtual-node.ts'

interface Restoring extends Omit<Guest, 'memory' | 'abi' | 'exit'> {
  readonly streams: StandardStreams
  /** Folders of the restoring side, by their names. */
  readonly granted: ReadonlyMap<string, FileSystem>
  /** Whether the restoring side has its own. */
  readonly given: { readonly args: boolean; readonly env: boolean }
}

/** Answers the folders that the guest has now, by their names. Everything is judged before anything changes. */
export function restoreState(bytes: Uint8Array, target: Restoring): ReadonlyMap<string, FileSystem> {
  const saved = decodeState(bytes)
  if ([...saved.args, ...saved.environ].some((text) => text.includes(0))) throw invalid('an argument contains NUL')
  const folders = restoreFolders(saved, target)
  const added = [...target.granted].filter(([name]) => !folders.some((folder) => folder.name === name))
  const sockets = target.table.sockets()
  if (saved.descriptors.length + added.length + sockets.length > target.limits.files) {
    throw invalid(`${saved.descriptors.length} descriptors are open, which is more than is granted`)
  }
  const restorer = new DescriptorRestorer(folders, target.streams)
  try {
    for (const descriptor of saved.descriptors) restorer.add(descriptor)
    restorer.checkAllReached()
    if (saved.clock !== undefined) target.clock.restore?.(saved.clock)
    if (saved.random !== undefined) target.random?.restore?.(saved.random)
  } catch (error) {
    restorer.close()
    throw error
  }
  target.table.replace(restorer.descriptors)
  commit(saved, target)
  for (const [name, fileSystem] of added) target.table.add(preopenDescriptor(name, fileSystem))
  for (const socket of sockets) target.table.add(socket)
  const restored = folders.flatMap(({ name, fileSystem }) =>
    fileSystem === undefined ? [] : [[name, fileSystem] as const],
  )
  return new Map([...restored, ...added])
}

function commit(saved: SavedState, { program, given, streams, clock, readings }: Restoring): void {
  const { exit } = saved
  if (!given.args) program.args = saved.args.map(withNul)
  if (!given.env) program.environ = saved.environ.map(withNul)
  program.exit = exit && new WasiExit(exit.code, exit.signal)
  streams.restore(saved)
  // A clock that goes on from its own state needs no help.
  if (saved.clock === undefined || clock.restore === undefined) readings.restore(saved.readings)
}

function withNul(text: Uint8Array): Uint8Array {
  const ended = new Uint8Array(text.length + 1)
  ended.set(text)
  return ended
}

function restoreFolders({ folders, storages }: SavedState, target: Restoring): readonly RestoredFolder[] {
  if (new Set(folders.map(({ name }) => name)).size < folders.length) throw invalid('two folders have one name')
  const restored = storages.map((storage, number) => {
    const owner = folders.find((folder) => folder.storage === number)
    if (owner === undefined) throw invalid('a file system is in no folder')
    return restoreStorage(storage, storageOptions(optionsOf(owner, storage, target)))
  })
  return folders.map((folder) => {
    const { name, storage: number } = folder
    if (name.includes('\0')) throw invalid('the name of a folder contains NUL')
    if (number === undefined) return { name, fileSystem: hostFolder(folder, target), virtual: undefined }
    const content = restored[number]
    const storage = storages[number]
    if (content === undefined || storage === undefined) throw invalid(`the folder ${name} has no file system`)
    return virtualFolder(folder, content, optionsOf(folder, storage, target))
  })
}

/** undefined where none is granted, which matters where something in it is open. */
function hostFolder({ name, own }: SavedFolder, { granted }: Restoring): FileSystem | undefined {
  const fileSystem = granted.get(name)
  if (own === undefined) return fileSystem
  if (fileSystem?.restored !== undefined) return fileSystem.restored(own)
  throw invalid(
    `the folder ${name} had changes of its own: a file system of the same kind has to be granted, an overlay for an overlay`,
  )
}

function virtualFolder(
  { name, readOnly }: SavedFolder,
  { storage, root, nodes }: RestoredStorage,
  options: VirtualFileSystemOptions,
): RestoredFolder {
  const mount: Mount = { storage, root, readOnly: readOnly || options.access === 'ro' }
  const fileSystem = VirtualFileSystem.of(mount, { ...options, access: mount.readOnly ? 'ro' : 'rw' })
  return { name, fileSystem, virtual: { nodes, mount } }
}

/** Those of the virtual folder that the restoring side has under that name, whose content the saved one takes the place of. */
function optionsOf({ name }: SavedFolder, { dev }: SavedStorage, target: Restoring): VirtualFileSystemOptions {
  const granted = target.granted.get(name)
  if (granted instanceof VirtualFileSystem) return granted.options
  if (granted !== undefined) throw invalid(`the folder ${name} was a virtual one, and a folder of the host is granted`)
  return { limits: target.limits, now: () => target.clock.now('realtime') ?? 0n, dev }
}
