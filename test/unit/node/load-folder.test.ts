// Folders of this machine as trees.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadFolder } from '../../../src/node/load-folder.ts'
import { VirtualFileSystem } from '../../../src/wasi.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('a folder as a tree', () => {
  it('has files, folders and links, and their modes', () => {
    mkdirSync(join(folder, 'inner'))
    writeFileSync(join(folder, 'inner/a'), 'text')
    writeFileSync(join(folder, 'b'), Uint8Array.of(0, 255))
    chmodSync(join(folder, 'b'), 0o640)
    symlinkSync('/etc/passwd', join(folder, 'link'))
    const { tree, files, bytes, skipped } = loadFolder(folder)
    expect({ files, bytes, skipped }).toEqual({ files: 2, bytes: 6, skipped: [] })
    expect(tree).toMatchObject({
      '/inner': { type: 'directory' },
      '/b': { type: 'file', mode: 0o640 },
      '/link': { type: 'link', target: '/etc/passwd' },
    })
    const contents = new VirtualFileSystem(tree).files()
    expect(Object.fromEntries(Object.entries(contents).map(([path, content]) => [path, [...content]]))).toEqual({
      '/inner/a': [...Buffer.from('text')],
      '/b': [0, 255],
    })
  })

  it('takes names that mean something to JavaScript', () => {
    writeFileSync(join(folder, '__proto__'), 'a')
    writeFileSync(join(folder, 'constructor'), 'b')
    expect(Object.keys(loadFolder(folder).tree)).toEqual(['/__proto__', '/constructor'])
  })

  it('is refused where it is over a limit, in entries or bytes', () => {
    writeFileSync(join(folder, 'a'), '12345')
    writeFileSync(join(folder, 'b'), '12345')
    expect(() => loadFolder(folder, { entries: 1, bytes: 100 })).toThrow('more than 1 files')
    expect(() => loadFolder(folder, { entries: 2, bytes: 9 })).toThrow('more than 9 bytes')
    expect(loadFolder(folder, { entries: 2, bytes: 10 }).files).toBe(2)
  })

  it('is an error where it is not there, or no folder', () => {
    writeFileSync(join(folder, 'a'), '')
    expect(() => loadFolder(join(folder, 'b'))).toThrow('ENOENT')
    expect(() => loadFolder(join(folder, 'a'))).toThrow('not a folder')
  })
})
