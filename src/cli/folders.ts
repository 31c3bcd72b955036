// `--dir`, `--mapdir`, `--tmpfs`: what the guest finds of folders.

import { VirtualFileSystem, type FileSystem, type Tree, type TreeEntry } from '../wasi.ts'
import { loadFolder } from '../node/index.ts'
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

/** Loads what was asked for. A folder is a read-only copy: the guest's attempts to write answer EROFS. */
export function openFolders(args: Arguments): Folders {
  const preopens: Record<string, FileSystem> = {}
  const notes: string[] = []
  const isDeterministic = args.has(DETERMINISTIC)
  const now = isDeterministic ? (): bigint => 0n : (): bigint => BigInt(Date.now()) * 1_000_000n
  const open = (guest: string, make: () => FileSystem): void => {
    if (Object.hasOwn(preopens, guest)) throw new CliError(`two folders are called ${guest}`)
    preopens[guest] = make()
  }
  for (const { host, guest } of [...args.all(DIR).map(parseDir), ...args.all(MAPDIR).map(parseMapdir)]) {
    open(guest, () => {
      const { tree, files, bytes, skipped } = load(host)
      notes.push(`${guest} is a read-only copy of ${host}: ${files} files, ${bytes} bytes`)
      if (skipped.length > 0) notes.push(`left out, because they can't be read: ${skipped.join(', ')}`)
      return new VirtualFileSystem(isDeterministic ? withoutTimes(tree) : tree, {
        access: 'ro',
        now,
        dev: BigInt(Object.keys(preopens).length + 1),
      })
    })
  }
  for (const guest of args.all(TMPFS)) {
    open(guest, () => new VirtualFileSystem({}, { now, dev: BigInt(Object.keys(preopens).length + 1) }))
  }
  for (const { file, guest } of tarMappings(args)) {
    open(
      guest,
      () =>
        new VirtualFileSystem(readTarFile(file, args.has(QUIET)), {
          now,
          dev: BigInt(Object.keys(preopens).length + 1),
        }),
    )
  }
  checkTarOutputs(args, preopens)
  return { preopens, notes }
}

/** When files were changed is another matter on every machine. */
function withoutTimes(tree: Tree): Tree {
  const entries = Object.entries(tree).map(([path, entry]): [string, TreeEntry] => {
    if (typeof entry !== 'object' || !('type' in entry) || entry.type === 'hard-link') return [path, entry]
    return [path, { ...entry, atim: 0n, mtim: 0n }]
  })
  return Object.fromEntries(entries)
}

function load(host: string): ReturnType<typeof loadFolder> {
  try {
    return loadFolder(host)
  } catch (error) {
    const { message } = fileError(`--dir ${host}`, error)
    throw new CliError(message)
  }
}

interface Mapping {
  readonly host: string
  readonly guest: string
}

/** `HOST`, `HOST::GUEST`, or as docker writes it `HOST:GUEST`; `:ro` behind it says what is so anyway. */
function parseDir(text: string): Mapping {
  if (text.endsWith(':rw'))
    throw new CliError(`--dir ${text}: folders are read-only copies; --tmpfs GUEST can be written`)
  const folder = text.replace(/:ro$/, '')
  const [, host, guest] = /^(.+?)::(.+)$/s.exec(folder) ?? /^([^:]{2,}|\.):([^:\\]+)$/s.exec(folder) ?? []
  return host === undefined || guest === undefined ? { host: folder, guest: folder } : { host, guest }
}

/** The other way round, as the engines have it that know this option. */
function parseMapdir(text: string): Mapping {
  const [, guest, host] = /^(.+?)::?(.+)$/s.exec(text) ?? []
  if (guest === undefined || host === undefined) throw new CliError(`--mapdir takes GUEST::HOST, not "${text}"`)
  return { host, guest }
}
