// `--dir`, `--mapdir`, `--tmpfs`: what the guest finds of folders.

import { UsageError } from '../index.ts'
import {
  OverlayFileSystem,
  VirtualFileSystem,
  type FileSystem,
  type Tree,
  type TreeEntry,
  type VirtualFileSystemOptions,
} from '../wasi.ts'
import { HostFileSystem, loadFolder } from '../node/index.ts'
import type { Arguments } from './arguments.ts'
import { QUIET } from './command.ts'
import { CliError, fileError } from './failure.ts'
import { checkTarOutputs, readTarFile, tarMappings } from './tar-files.ts'
import { DETERMINISTIC, DIR, MAPDIR, TMPFS } from './run-options.ts'

interface Folders {
  readonly preopens: Readonly<Record<string, FileSystem>>
  /** For those who want to know more. */
  readonly notes: readonly string[]
}

/** The folders themselves; where a run is to be the same on every machine, read-only copies of them as they are now. */
export function openFolders(args: Arguments): Folders {
  const preopens: Record<string, FileSystem> = {}
  const notes: string[] = []
  const isDeterministic = args.has(DETERMINISTIC)
  const now = isDeterministic ? (): bigint => 0n : (): bigint => BigInt(Date.now()) * 1_000_000n
  const dev = (): bigint => BigInt(Object.keys(preopens).length + 1)
  const open = (guest: string, make: () => FileSystem): void => {
    if (Object.hasOwn(preopens, guest)) throw new CliError(`two folders are called ${guest}`)
    preopens[guest] = make()
  }
  for (const mapping of [...args.all(DIR).map(parseDir), ...args.all(MAPDIR).map(parseMapdir)]) {
    const { guest, access } = mapping
    open(guest, () => {
      const options = { now, dev: dev() }
      const folder = isDeterministic ? frozenCopy(mapping, options, notes) : hostFolder(mapping, notes)
      return access === 'overlay' ? overlayOver(folder, options) : folder
    })
  }
  for (const guest of args.all(TMPFS)) open(guest, () => new VirtualFileSystem({}, { now, dev: dev() }))
  for (const { file, guest } of tarMappings(args)) {
    open(guest, () => new VirtualFileSystem(readTarFile(file, args.has(QUIET)), { now, dev: dev() }))
  }
  checkTarOutputs(args, preopens)
  return { preopens, notes }
}

function hostFolder({ option, host, guest, access }: Mapping, notes: string[]): FileSystem {
  try {
    const fileSystem = new HostFileSystem({ root: host, access: access === 'rw' ? 'rw' : 'ro' })
    notes.push(`${guest} is ${host}, ${ACCESS_NOTES[access]}`)
    return fileSystem
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new CliError(`${option} ${error.message}`)
  }
}

/** Without times: when files were changed is another matter on every machine. */
function frozenCopy({ option, host, guest }: Mapping, options: VirtualFileSystemOptions, notes: string[]): FileSystem {
  const { tree, files, bytes, skipped } = load(option, host)
  notes.push(`${guest} is a read-only copy of ${host}: ${files} files, ${bytes} bytes`)
  if (skipped.length > 0) notes.push(`left out, because they can't be read: ${skipped.join(', ')}`)
  return new VirtualFileSystem(withoutTimes(tree), { ...options, access: 'ro' })
}

/** What the guest changes is kept in memory. */
function overlayOver(lower: FileSystem, options: VirtualFileSystemOptions): OverlayFileSystem {
  return new OverlayFileSystem({ lower, upper: new VirtualFileSystem({}, options) })
}

function withoutTimes(tree: Tree): Tree {
  const entries = Object.entries(tree).map(([path, entry]): [string, TreeEntry] => {
    if (typeof entry !== 'object' || !('type' in entry) || entry.type === 'hard-link') return [path, entry]
    return [path, { ...entry, atim: 0n, mtim: 0n }]
  })
  return Object.fromEntries(entries)
}

function load(option: string, host: string): ReturnType<typeof loadFolder> {
  try {
    return loadFolder(host)
  } catch (error) {
    const { message } = fileError(`${option} ${host}`, error)
    throw new CliError(message)
  }
}

/** `overlay`: the guest's changes are kept in memory, and gone afterwards. */
type Access = 'ro' | 'rw' | 'overlay'

const ACCESS_NOTES: Readonly<Record<Access, string>> = {
  ro: 'to read',
  rw: 'to read and write',
  overlay: 'to read, with changes in memory',
}

interface Mapping {
  /** That which asks for it. */
  readonly option: string
  readonly host: string
  readonly guest: string
  readonly access: Access
}

/** `HOST`, `HOST::GUEST`, or as docker writes it `HOST:GUEST`, and `:ro`, `:rw` or `:overlay` behind it. */
function parseDir(text: string): Mapping {
  const { folder, access } = parseAccess(text)
  const [, host = folder, guest = folder] =
    /^(.+?)::(.+)$/s.exec(folder) ?? /^([^:]{2,}|\.):([^:\\]+)$/s.exec(folder) ?? []
  if (guest !== folder) checkNoAccess(guest)
  return { option: DIR.name, host, guest, access }
}

/** The other way round, as the engines have it that know this option. */
function parseMapdir(text: string): Mapping {
  const { folder, access } = parseAccess(text)
  const [, guest, host] = /^(.+?)::?(.+)$/s.exec(folder) ?? []
  if (guest === undefined || host === undefined) throw new CliError(`--mapdir takes GUEST::HOST, not "${text}"`)
  return { option: MAPDIR.name, host, guest, access }
}

/** What looks like an access and is none must not become a part of the name, of a folder that can be written then. */
function checkNoAccess(guest: string): void {
  const [, access] = /(?:^|:)(ro|rw|overlay)$/i.exec(guest) ?? /:([\w,]*)$/.exec(guest) ?? []
  if (access === undefined) return
  throw new CliError(`${DIR.name}: behind the folder may stand one of :ro, :rw and :overlay, not ":${access}"`)
}

function parseAccess(text: string): { readonly folder: string; readonly access: Access } {
  const [, folder = text, access = 'rw'] = /^(.+):(ro|rw|overlay)$/s.exec(text) ?? []
  return { folder, access: access as Access }
}
