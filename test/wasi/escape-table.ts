// How often each way out of a folder was an escape, by kind of way: what SECURITY.md shows for each host. The ways are in escapes.ts, the
// boxes in boxes.ts.

import { FDFLAGS, OFLAGS } from '../../src/wasi/preview1/types.ts'
import type { Errno } from '../../src/wasi/preview1/errno.ts'
import type { Box, Boxes, OpenBox } from './boxes.ts'
import { ESCAPE_CASES, ESCAPE_TREE } from './escapes.ts'
import type { EscapeCase } from './escapes.ts'
import { OUT } from './host.ts'

export interface Score {
  readonly escapes: number
  readonly attempts: number
}

/** Row → what the paths have in common. The first that says yes has it. */
const WAYS: Readonly<Record<string, (escapeCase: EscapeCase) => boolean>> = {
  'a hard link, from or to what is outside': ({ attempt }) => attempt === 'link from' || attempt === 'link to',
  'the ways above with `/`, `//`, `/.`, `/./` behind them': ({ path }) => /\/\.?$/.test(path) && path !== '/',
  'an absolute path': ({ path }) => /^(\/|absolute:)/.test(path),
  'a chain of links': ({ path }) => ['chain1', 'here/up/canary', 'here/../canary'].includes(path),
  'a link to a folder': ({ path }) => /^(to-folder|absolute-folder|up)/.test(path),
  'an absolute link': ({ path }) => path === 'absolute',
  'a relative link': ({ path }) => path === 'to-file',
  'a link that the guest made': ({ path }) => path === 'guest-made',
  'a dangling link, also with `O_CREAT`': ({ path }) => path === 'dangling',
  '`..`, in all positions': ({ path }) => path.includes('..'),
}

export const STATIC_WAYS: readonly string[] = Object.keys(WAYS).reverse()

function wayOf(escapeCase: EscapeCase): string {
  const way = Object.entries(WAYS).find(([, isIt]) => isIt(escapeCase))
  if (way === undefined) throw new Error(`no row for ${escapeCase.path}`)
  return way[0]
}

/** Whether a call that succeeded has shown something that isn't inside. */
function hasShown(box: Box, { attempt }: EscapeCase): boolean {
  const { caller } = box
  if (attempt === 'readlink') return caller.text(4096, 64).includes('where-it-leads')
  if (attempt.startsWith('open')) {
    const fd = caller.view.getUint32(OUT, true)
    if (caller.call('fd_filestat_get', fd, OUT) !== 'success') throw new Error('nobody can see what was opened')
    const shown = !box.insiders().has(caller.view.getBigUint64(OUT + 8, true))
    caller.call('fd_close', fd)
    return shown
  }
  return attempt === 'stat' && !box.insiders().has(caller.view.getBigUint64(OUT + 8, true))
}

/** An escape is whatever shows something outside, or leaves it otherwise than it was. */
export function staticScore(boxes: Boxes, way: string, isTried: (escapeCase: EscapeCase) => boolean): Score {
  let [escapes, attempts] = [0, 0]
  let box: Box | undefined
  let before = ''
  for (const escapeCase of ESCAPE_CASES) {
    if (wayOf(escapeCase) !== way || !isTried(escapeCase)) continue
    if (box === undefined) {
      box = boxes.make(ESCAPE_TREE)
      before = JSON.stringify(box.outside(), bigints)
    }
    attempts++
    const errno = escapeCase.run(box)
    const isChanged = JSON.stringify(box.outside(), bigints) !== before
    if (isChanged || (errno === 'success' && hasShown(box, escapeCase))) escapes++
    if (!isChanged && errno !== 'success') continue
    // What was done is not for the next one.
    box.dispose()
    box = undefined
  }
  box?.dispose()
  return { escapes, attempts }
}

const READ_ONLY_TREE = {
  '/box/file': 'content',
  '/box/folder/inner': 'content',
  '/box/empty': { folder: true },
  '/box/link': { link: 'file' },
} as const

const FILE_RIGHTS = (1n << 1n) | (1n << 8n) | (1n << 22n) | (1n << 23n)

/** What would change something, through a folder and a file of it that was opened to be read. */
export const CHANGES: Readonly<Record<string, (box: Box, file: number) => Errno | number>> = {
  truncate: ({ caller, fd }) => caller.open(fd, 'file', { oflags: OFLAGS.trunc }),
  'truncate and write': ({ caller, fd }) => caller.open(fd, 'file', { oflags: OFLAGS.trunc, rights: 64n }),
  create: ({ caller, fd }) => caller.open(fd, 'new', { oflags: OFLAGS.creat }),
  'create and write': ({ caller, fd }) => caller.open(fd, 'new', { oflags: OFLAGS.creat, rights: 64n }),
  'open to write': ({ caller, fd }) => caller.open(fd, 'file', { rights: 64n }),
  'open to append': ({ caller, fd }) => caller.open(fd, 'file', { rights: 64n, fdflags: FDFLAGS.append }),
  'open a link to write': ({ caller, fd }) => caller.open(fd, 'link', { follow: true, rights: 64n }),
  write: ({ caller }, file) => (caller.write(file, 'x') === 'success' ? 'success' : 'rofs'),
  allocate: ({ caller }, file) => caller.call('fd_allocate', file, 0n, 100n),
  'set size': ({ caller }, file) => caller.call('fd_filestat_set_size', file, 0n),
  'set times': ({ caller }, file) => caller.call('fd_filestat_set_times', file, 1n, 1n, 5),
  'set times of a path': ({ caller, fd }) => caller.call('path_filestat_set_times', fd, 0, 'file', 1n, 1n, 5),
  'set times of a link': ({ caller, fd }) => caller.call('path_filestat_set_times', fd, 0, 'link', 1n, 1n, 5),
  'set times of the root': ({ caller, fd }) => caller.call('fd_filestat_set_times', fd, 1n, 1n, 5),
  unlink: ({ caller, fd }) => caller.call('path_unlink_file', fd, 'file'),
  'unlink a link': ({ caller, fd }) => caller.call('path_unlink_file', fd, 'link'),
  rmdir: ({ caller, fd }) => caller.call('path_remove_directory', fd, 'empty'),
  mkdir: ({ caller, fd }) => caller.call('path_create_directory', fd, 'new'),
  symlink: ({ caller, fd }) => caller.call('path_symlink', 'file', fd, 'new'),
  link: ({ caller, fd }) => caller.call('path_link', fd, 0, 'file', fd, 'new'),
  'link into a folder': ({ caller, fd }) => caller.call('path_link', fd, 0, 'file', fd, 'folder/new'),
  rename: ({ caller, fd }) => caller.call('path_rename', fd, 'file', fd, 'new'),
  'rename over another': ({ caller, fd }) => caller.call('path_rename', fd, 'file', fd, 'folder/inner'),
  'rename a folder': ({ caller, fd }) => caller.call('path_rename', fd, 'folder', fd, 'new'),
}

/** How often a folder that may only be read was changed, or something said that it had been. */
export function readOnlyScore(boxes: Boxes<OpenBox>): Score {
  let [escapes, attempts] = [0, 0]
  for (const change of Object.values(CHANGES)) {
    const box = boxes.make(READ_ONLY_TREE, 'ro')
    const file = box.caller.open(box.fd, 'file', { rights: FILE_RIGHTS }) as number
    const before = JSON.stringify(box.inside(), bigints)
    attempts++
    const errno = change(box, file)
    if (errno === 'success' || typeof errno === 'number' || JSON.stringify(box.inside(), bigints) !== before) escapes++
    box.dispose()
  }
  return { escapes, attempts }
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
