// What the tests of file systems share: everything that there is as plain data, read through the host interface alone, and a file
// system whose answers come late.

import { setImmediate } from 'node:timers/promises'
import type { Directory, FileStat, FileSystem, OpenFile } from '../../src/wasi/preview1/file-system.ts'
import type { Awaitable } from '../../src/wasi/preview1/waiting.ts'

export const READ = { read: true, write: false, create: false, exclusive: false, truncate: false } as const

export interface Dumped extends Pick<FileStat, 'ino' | 'nlink' | 'size' | 'filetype' | 'mtim' | 'atim'> {
  readonly content?: string
  readonly target?: string
}

/** Every path with what stands there. */
export async function dump(fileSystem: FileSystem): Promise<Record<string, Dumped>> {
  const dumped: Record<string, Dumped> = {}
  const pending: (readonly [path: string, directory: Directory])[] = [['', fileSystem.openRoot()]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [folder, directory] = next
    for (const { name, ino, filetype } of await directory.list()) {
      const path = `${folder}/${name}`
      const stat = await directory.statAt(name)
      if (stat.ino !== ino || stat.filetype !== filetype) throw new Error(`the list is wrong about ${path}`)
      const { nlink, size, mtim, atim } = stat
      const entry = { ino, filetype, nlink, size, mtim, atim }
      if (filetype === 'regular_file') dumped[path] = { ...entry, content: await contentOf(directory, name) }
      else if (filetype === 'symbolic_link') dumped[path] = { ...entry, target: await directory.readLink(name) }
      else {
        dumped[path] = { ...entry, size: 0n }
        const step = await directory.step(name)
        if (step.type === 'directory') pending.push([path, step.directory])
      }
    }
    directory.close()
  }
  return dumped
}

async function contentOf(directory: Directory, name: string): Promise<string> {
  const file = (await directory.open(name, READ)) as OpenFile
  const pieces: Buffer[] = []
  for (let at = 0, piece = await file.read(0, 1000); piece.length > 0; piece = await file.read(at, 1000)) {
    pieces.push(Buffer.from(piece))
    at += piece.length
  }
  file.close()
  return Buffer.concat(pieces).toString('latin1')
}

/** The same, but that each answer is a promise. */
export function late(fileSystem: FileSystem): FileSystem {
  return { openRoot: () => lateHandle(fileSystem.openRoot()) }
}

const originals = new WeakMap<object, object>()

function lateHandle<T extends Directory | OpenFile>(handle: T): T {
  const proxy = new Proxy(handle, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (name === 'close') return () => target.close()
      return async (...args: readonly unknown[]): Promise<unknown> => {
        await setImmediate()
        const given = args.map((arg) => (typeof arg === 'object' && arg !== null ? (originals.get(arg) ?? arg) : arg))
        return wrapped(await (Reflect.apply(member, target, given) as Awaitable<unknown>))
      }
    },
  })
  originals.set(proxy, handle)
  return proxy
}

function wrapped(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  if ('kind' in answer) return lateHandle(answer as Directory)
  if ('type' in answer && 'directory' in answer)
    return { ...answer, directory: lateHandle(answer.directory as Directory) }
  return answer
}
