// What a file system promises of changes, as claims with their proofs: each begins with what the one before left in an empty folder.

import { WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import type { Directory, OpenFile, OpenOptions } from './file-system.ts'

export type Attempt = () => unknown

/** Where the proofs say what they find. */
export interface Checked {
  expect(isKept: boolean, otherwise: string): void
  refuses(errno: Errno | readonly Errno[], what: string, attempt: Attempt): Promise<void>
}

type Change = (folder: Directory, check: Checked) => Promise<void>

const MODES = { read: true, write: true, create: false, exclusive: false, truncate: false }
const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

export const CHANGES: readonly (readonly [claim: string, change: Change])[] = [
  ['a file is created once', createFile],
  ['bytes are written, appended and read', writeBytes],
  ['a file grows with zeros and shrinks', resizeFile],
  ['times are set', setTimes],
  ['links are made and never followed', makeLinks],
  ['a file has several names', nameTwice],
  ['names are given and taken as POSIX has it', rename],
  ['folders are removed when they are empty', removeFolders],
  ['what was removed stays open', removeOpen],
]

async function createFile(folder: Directory, check: Checked): Promise<void> {
  const file = await openFile(folder, 'file', { create: true, exclusive: true })
  check.expect((await file.stat()).size === 0n, 'a new file is not empty')
  file.close()
  const exclusive = { ...MODES, create: true, exclusive: true }
  await check.refuses('exist', 'creating what exists, exclusively,', () => folder.open('file', exclusive))
  await check.refuses('exist', 'createDirectory of what exists', () => folder.createDirectory('file'))
  await check.refuses('exist', 'createLink of what exists', () => folder.createLink('file', 'target'))
}

async function writeBytes(folder: Directory, check: Checked): Promise<void> {
  const file = await openFile(folder, 'file')
  check.expect((await file.write(0, ENCODER.encode('the warp'))) === 8, 'write says another number than it was given')
  check.expect((await file.append(ENCODER.encode('!'))) === 1, 'append says another number than it was given')
  await file.write(4, ENCODER.encode('weft'))
  check.expect((await textOf(file)) === 'the weft!', 'what is read is not what was written')
  file.close()
  const truncated = await openFile(folder, 'file', { truncate: true })
  check.expect((await textOf(truncated)) === '', 'opening with truncate leaves something')
  await truncated.write(3, ENCODER.encode('x'))
  check.expect((await textOf(truncated)) === '\0\0\0x', 'before what is written behind the end are not zeros')
  truncated.close()
}

async function resizeFile(folder: Directory, check: Checked): Promise<void> {
  const file = await openFile(folder, 'file')
  await file.setSize(2)
  await file.setSize(4)
  check.expect((await textOf(file)) === '\0\0\0\0', 'a file that shrinks and grows again has its old bytes')
  await file.allocate(0, 2)
  check.expect((await file.stat()).size === 4n, 'allocate makes a file smaller')
  await file.allocate(4, 4)
  check.expect((await file.stat()).size === 8n, 'allocate leaves a file too small')
  await file.sync(false)
  file.close()
}

/** Whole seconds, which every file system knows. */
const SECOND = 1_000_000_000n

async function setTimes(folder: Directory, check: Checked): Promise<void> {
  await folder.setTimesAt('file', { atim: 2_000n * SECOND, mtim: 3_000n * SECOND })
  const first = await folder.statAt('file')
  check.expect(first.atim === 2_000n * SECOND && first.mtim === 3_000n * SECOND, 'setTimesAt sets other times')
  const file = await openFile(folder, 'file')
  await file.setTimes({ mtim: 4_000n * SECOND })
  const { atim, mtim } = await file.stat()
  check.expect(atim === 2_000n * SECOND && mtim === 4_000n * SECOND, 'setTimes changes a time that is not given')
  file.close()
}

async function makeLinks(folder: Directory, check: Checked): Promise<void> {
  await folder.createLink('link', '../outside')
  check.expect((await folder.readLink('link')) === '../outside', 'a link has another target than it was given')
  await check.refuses('loop', 'opening a link to write', () => folder.open('link', MODES))
  await check.refuses('loop', 'creating through a link', () => folder.open('link', { ...MODES, create: true }))
  check.expect((await folder.statAt('link')).filetype === 'symbolic_link', 'statAt follows a link')
}

async function nameTwice(folder: Directory, check: Checked): Promise<void> {
  await folder.link('file', folder, 'second')
  const [first, second] = [await folder.statAt('file'), await folder.statAt('second')]
  check.expect(first.ino === second.ino && second.nlink === 2n, 'two names of a file are not one file')
  await check.refuses('exist', 'link to a name that exists', () => folder.link('file', folder, 'second'))
  await folder.unlink('second')
  check.expect((await folder.statAt('file')).nlink === 1n, 'a name that was removed still counts')
}

async function rename(folder: Directory, check: Checked): Promise<void> {
  await folder.createDirectory('folder')
  await folder.createDirectory('other')
  const inner = await enter(folder, 'folder')
  const { ino } = await folder.statAt('file')
  await folder.rename('file', inner, 'moved')
  check.expect((await inner.statAt('moved')).ino === ino, 'a file that is renamed becomes another')
  await check.refuses('noent', 'statAt of an old name', () => folder.statAt('file'))
  await check.refuses('inval', 'rename of a folder into itself', () => folder.rename('folder', inner, 'x'))
  await check.refuses('notempty', 'rename over a folder with files', () => folder.rename('other', folder, 'folder'))
  await check.refuses('isdir', 'rename of a file over a folder', () => inner.rename('moved', folder, 'other'))
  await check.refuses('notdir', 'rename of a folder over a link', () => folder.rename('other', folder, 'link'))
  await folder.rename('folder', folder, 'other')
  check.expect((await inner.statAt('moved')).ino === ino, 'a held folder that is renamed loses its files')
  inner.close()
}

async function removeFolders(folder: Directory, check: Checked): Promise<void> {
  await check.refuses('notempty', 'removing a folder with files', () => folder.removeDirectory('other'))
  await check.refuses('notdir', 'removing a link as a folder', () => folder.removeDirectory('link'))
  await check.refuses(['isdir', 'perm'], 'unlinking a folder', () => folder.unlink('other'))
  const inner = await enter(folder, 'other')
  await inner.rename('moved', folder, 'file')
  await folder.removeDirectory('other')
  check.expect((await inner.list()).length === 0, 'a folder that was removed is not empty')
  await check.refuses('noent', 'making something in a folder that was removed', () => inner.createDirectory('x'))
  inner.close()
}

async function removeOpen(folder: Directory, check: Checked): Promise<void> {
  const file = await openFile(folder, 'file', { truncate: true })
  await file.write(0, ENCODER.encode('still here'))
  await folder.unlink('file')
  await check.refuses('noent', 'statAt of a name that was removed', () => folder.statAt('file'))
  check.expect((await textOf(file)) === 'still here', 'a file that was removed while it was open has another content')
  file.close()
}

async function openFile(folder: Directory, name: string, options: Partial<OpenOptions> = {}): Promise<OpenFile> {
  const handle = await folder.open(name, { ...MODES, ...options })
  if (handle.kind === 'file') return handle
  handle.close()
  throw new WasiError('isdir')
}

async function enter(folder: Directory, name: string): Promise<Directory> {
  const step = await folder.step(name)
  if (step.type !== 'directory') throw new WasiError('notdir')
  return step.directory
}

/** Of a short one. */
async function textOf(file: OpenFile): Promise<string> {
  return DECODER.decode((await file.read(0, 1000)).slice())
}
