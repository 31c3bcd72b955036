// What a guest does with paths while another process swaps folders and files for links to what is outside, and how much of it reached that.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { makeRealTree, realTree } from './boxes.ts'
import { ALL, FOLDER, OUT } from './host.ts'
import type { RawCaller } from './host.ts'

const tree = {
  '/outside/secret': 'outside',
  '/outside/file': 'outside',
  '/outside/deep/secret': 'outside',
  '/box/folder/secret': 'inside',
  '/box/folder/deep/secret': 'inside',
  '/box/file': 'inside',
  '/box/own': 'inside',
  '/box/.folder-link': { link: '../outside' },
  '/box/.file-link': { link: '../outside/file' },
} as const

export interface Tally {
  tries: number
  /** What reached something, inside. */
  reached: number
  escapes: string[]
}

export interface Raced extends Tally {
  readonly swaps: number
  /** What a plain read by path found in the same time. */
  readonly naive: { readonly inside: number; readonly outside: number }
  /** All that is outside is as it was. */
  readonly isUntouched: boolean
}

/** All that a guest does with paths, once. */
function attack(caller: RawCaller, outsiders: ReadonlySet<bigint>, tally: Tally, round: number): void {
  const escape = (what: string): void => void tally.escapes.push(what)
  const name = `made${round % 8}`
  const read = (path: string, oflags = 0, rights = 2n): void => {
    tally.tries++
    const fd = caller.open(FOLDER, path, { follow: round % 2 === 0, rights, oflags })
    if (typeof fd !== 'number') return
    tally.reached++
    if (caller.read(fd).includes('outside')) escape(`read ${path}`)
    if (caller.call('fd_filestat_get', fd, OUT) === 'success' && isOutside(caller, outsiders)) escape(`opened ${path}`)
    if ((rights & 64n) !== 0n && caller.write(fd, 'inside') !== 'success') escape(`wrote ${path}`)
    caller.call('fd_close', fd)
  }
  const act = (what: string, errno: string): void => {
    tally.tries++
    if (errno === 'success') tally.reached++
    if (errno === 'success' && what.startsWith('stat') && isOutside(caller, outsiders)) escape(what)
  }
  read('folder/secret')
  read('folder/deep/secret')
  read('file')
  read('folder/secret', OFLAGS.trunc, 66n)
  read('file', OFLAGS.creat, 66n)
  read(`folder/${name}`, OFLAGS.creat, 66n)
  read(`folder/deep/${name}`, OFLAGS.creat | OFLAGS.excl, 66n)
  for (const flags of [0, 1]) {
    act('stat of a file', caller.call('path_filestat_get', FOLDER, flags, 'file', OUT))
    act('stat in a folder', caller.call('path_filestat_get', FOLDER, flags, 'folder/secret', OUT))
    act('times', caller.call('path_filestat_set_times', FOLDER, flags, 'file', 5n, 5n, 5))
    act('times', caller.call('path_filestat_set_times', FOLDER, flags, 'folder/secret', 5n, 5n, 5))
  }
  act('mkdir', caller.call('path_create_directory', FOLDER, `folder/d-${name}`))
  act('rmdir', caller.call('path_remove_directory', FOLDER, `folder/d-${name}`))
  act('symlink', caller.call('path_symlink', 'x', FOLDER, `folder/l-${name}`))
  act('unlink', caller.call('path_unlink_file', FOLDER, `folder/l-${name}`))
  act('link', caller.call('path_link', FOLDER, 1, 'folder/secret', FOLDER, `hard-${name}`))
  act('unlink', caller.call('path_unlink_file', FOLDER, `hard-${name}`))
  act('rename', caller.call('path_rename', FOLDER, 'own', FOLDER, `folder/own`))
  act('rename', caller.call('path_rename', FOLDER, 'folder/own', FOLDER, 'own'))
  act('unlink', caller.call('path_unlink_file', FOLDER, `folder/${name}`))
  act('unlink', caller.call('path_unlink_file', FOLDER, `folder/deep/${name}`))
  list(caller, outsiders, escape)
}

function list(caller: RawCaller, outsiders: ReadonlySet<bigint>, escape: (what: string) => void): void {
  const fd = caller.open(FOLDER, 'folder', {
    follow: true,
    oflags: OFLAGS.directory,
    rights: ALL & ~64n,
    inheriting: ALL,
  })
  if (typeof fd !== 'number') return
  if (caller.call('fd_filestat_get', fd, OUT) === 'success' && isOutside(caller, outsiders)) escape('opened a folder')
  if (caller.call('fd_readdir', fd, 8192, 4096, 0n, OUT) === 'success') {
    if (caller.text(8192, caller.view.getUint32(OUT, true)).includes('outside-only')) escape('listed')
  }
  caller.call('fd_close', fd)
}

/** The numbers of files are unique on one disk, and all of this is on one. */
function isOutside(caller: RawCaller, outsiders: ReadonlySet<bigint>): boolean {
  return outsiders.has(caller.view.getBigUint64(OUT + 8, true))
}

/** `goesOn` is asked before each round. The caller has the folder, to read and to write. */
export async function race(
  grant: (folder: string) => { readonly caller: RawCaller; close(): void },
  goesOn: (tally: Tally) => boolean,
): Promise<Raced> {
  const base = makeRealTree({ ...tree, '/outside/outside-only': 'outside' })
  const box = join(base, 'box')
  const before = JSON.stringify(realTree(join(base, 'outside')), bigints)
  const outsiders = new Set(
    ['', '/secret', '/file', '/deep', '/deep/secret', '/outside-only'].map(
      (path) => lstatSync(join(base, 'outside', path), { bigint: true }).ino,
    ),
  )
  const script = fileURLToPath(new URL('../fixtures/swap-links.mjs', import.meta.url))
  const attacker = spawn(process.execPath, [script, box], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  attacker.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await once(attacker.stdout, 'data')
  const granted = grant(box)
  const tally: Tally = { tries: 0, reached: 0, escapes: [] }
  const naive = { inside: 0, outside: 0 }
  for (let round = 0; goesOn(tally); round++) {
    attack(granted.caller, outsiders, tally, round)
    // What holds nothing is led out: otherwise the race would show nothing.
    try {
      naive[readFileSync(join(box, 'folder/secret'), 'utf8') === 'outside' ? 'outside' : 'inside']++
    } catch {
      // Just between two names.
    }
  }
  attacker.kill()
  await once(attacker, 'close')
  granted.close()
  const isUntouched = JSON.stringify(realTree(join(base, 'outside')), bigints) === before
  rmSync(base, { recursive: true })
  return { ...tally, swaps: Number(said.split('\n')[1]), naive, isUntouched }
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
