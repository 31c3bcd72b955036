// The static ways out of a folder, as a table: items 53 and 54 of the adversarial checklist. Whoever has boxes can go through it: our hosts do
// in confinement.test.ts, and node:wasi's for SECURITY.md.

import type { Errno } from '../../src/wasi/preview1/errno.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import type { Box, BoxTree } from './boxes.ts'
import { OUT } from './host.ts'

export const ESCAPE_TREE: BoxTree = {
  '/canary': 'outside',
  '/outside/secret': 'outside',
  '/outside/link': { link: 'where-it-leads' },
  '/box/in': 'inside',
  '/box/deep/er/file': 'inside',
  '/box/to-file': { link: '../canary' },
  '/box/to-folder': { link: '../outside' },
  '/box/absolute': { link: '/canary' },
  '/box/absolute-folder': { link: '/outside' },
  '/box/chain1': { link: 'chain2' },
  '/box/chain2': { link: 'deep/chain3' },
  '/box/deep/chain3': { link: '../../canary' },
  '/box/here': { link: '.' },
  '/box/up': { link: '..' },
  '/box/dangling': { link: '../made' },
  '/box/loop': { link: 'loop' },
}

/** Ways that are refused whether links at their end are followed or not. What stands behind `absolute:` is outside, from the root. */
const THROUGH_FOLDERS = [
  '../canary',
  '..',
  'deep/../../canary',
  './../canary',
  'absolute:/canary',
  'absolute:/',
  '/etc/passwd',
  '/',
  'up/canary',
  'here/../canary',
  'to-folder/secret',
  'to-folder/link',
  'absolute-folder/secret',
  'deep/er/../../../canary',
  'here/up/canary',
  '../box/in',
]

/** Links at the end. The guest makes the last but one itself. */
// prettier-ignore
const LINKS = ['to-file', 'to-folder', 'absolute', 'absolute-folder', 'chain1', 'up', 'guest-made', 'dangling']

const ENDINGS = ['', '/', '//', '/.', '/./']

type Attempt = (box: Box, path: string, follow: boolean) => Errno

/** So that it can be seen what was opened. */
const STAT = 1n << 21n
const WRITE = STAT | 64n

const attempts: Readonly<Record<string, Attempt>> = {
  open: ({ caller, fd }, path, follow) => asErrno(caller.open(fd, path, { follow, rights: STAT })),
  'open to write': ({ caller, fd }, path, follow) => asErrno(caller.open(fd, path, { follow, rights: WRITE })),
  'open and create': ({ caller, fd }, path, follow) =>
    asErrno(caller.open(fd, path, { follow, oflags: OFLAGS.creat, rights: WRITE })),
  'open and truncate': ({ caller, fd }, path, follow) =>
    asErrno(caller.open(fd, path, { follow, oflags: OFLAGS.trunc, rights: WRITE })),
  'open as folder': ({ caller, fd }, path, follow) =>
    asErrno(caller.open(fd, path, { follow, oflags: OFLAGS.directory, rights: STAT })),
  stat: ({ caller, fd }, path, follow) => caller.call('path_filestat_get', fd, Number(follow), path, OUT),
  'set times': ({ caller, fd }, path, follow) =>
    caller.call('path_filestat_set_times', fd, Number(follow), path, 1n, 1n, 5),
  'link from': ({ caller, fd }, path, follow) => caller.call('path_link', fd, Number(follow), path, fd, 'stolen'),
}

const attemptsWithoutFollow: Readonly<Record<string, Attempt>> = {
  'open exclusively': ({ caller, fd }, path) =>
    asErrno(caller.open(fd, path, { follow: true, oflags: OFLAGS.creat | OFLAGS.excl, rights: WRITE })),
  'link to': ({ caller, fd }, path) => caller.call('path_link', fd, 0, 'in', fd, path),
  readlink: ({ caller, fd }, path) => caller.call('path_readlink', fd, path, 4096, 64, OUT),
  unlink: ({ caller, fd }, path) => caller.call('path_unlink_file', fd, path),
  mkdir: ({ caller, fd }, path) => caller.call('path_create_directory', fd, path),
  rmdir: ({ caller, fd }, path) => caller.call('path_remove_directory', fd, path),
  symlink: ({ caller, fd }, path) => caller.call('path_symlink', 'in', fd, path),
  'rename from': ({ caller, fd }, path) => caller.call('path_rename', fd, path, fd, 'stolen'),
  'rename to': ({ caller, fd }, path) => caller.call('path_rename', fd, 'in', fd, path),
}

function asErrno(opened: number | Errno): Errno {
  return typeof opened === 'number' ? 'success' : opened
}

export interface EscapeCase {
  readonly attempt: string
  readonly path: string
  readonly follow: boolean
  /**
   * EPERM where the path leads out. A link that is not followed, with a slash behind it, is refused as well; without one something may
   * be done with the link itself. What is outside stays as it is in any case.
   */
  readonly expected: 'perm' | 'refused' | 'harmless'
  /** In a box that was made of ESCAPE_TREE. */
  readonly run: (box: Box) => Errno
}

function escapeCase(
  [attempt, run]: [string, Attempt],
  path: string,
  follow: boolean,
  expected: EscapeCase['expected'],
): EscapeCase {
  return {
    attempt,
    path,
    follow,
    expected,
    run: (box) => {
      // Given by nobody.
      const made = box.caller.call('path_symlink', '../canary', box.fd, 'guest-made')
      if (made !== 'success' && made !== 'exist') throw new Error(`the guest can't make a link: ${made}`)
      return run(box, path.replace(/^absolute:/, box.prefix), follow)
    },
  }
}

export const ESCAPE_CASES: readonly EscapeCase[] = ENDINGS.flatMap((ending) => [
  ...Object.entries({ ...attempts, ...attemptsWithoutFollow }).flatMap((attempt) => [
    ...THROUGH_FOLDERS.map((path) => escapeCase(attempt, path + ending, false, 'perm')),
    ...LINKS.map((path) => escapeCase(attempt, path + ending, false, ending === '' ? 'harmless' : 'refused')),
  ]),
  ...Object.entries(attempts).flatMap((attempt) =>
    [...THROUGH_FOLDERS, ...LINKS].map((path) => escapeCase(attempt, path + ending, true, 'perm')),
  ),
])
