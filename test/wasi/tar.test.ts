// Trees from tar files and back, with GNU tar on the other side, and archives that want to do harm.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors/heddle-error.ts'
import type { Tree } from '../../src/wasi/preview1/tree.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { readTar } from '../../src/wasi/tar/read-tar.ts'
import { checksums, TarError } from '../../src/wasi/tar/tar-format.ts'
import { writeTar } from '../../src/wasi/tar/write-tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-tar-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hasGnuTar = /GNU tar/.test(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '')

function tar(args: readonly string[], input?: Uint8Array): { readonly stdout: Buffer; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync('tar', args, {
    input,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
    maxBuffer: 2 ** 26,
  })
  expect(status, stderr.toString()).toBe(0)
  return { stdout, stderr: stderr.toString() }
}

/** As a file system has it: with all defaults, and bytes for text. */
function whole(tree: Tree): Tree {
  return new VirtualFileSystem(tree).toTree()
}

const LONG = `${'long/'.repeat(60)}${'n'.repeat(255)}`

const TREE: Tree = {
  '/a.txt': { type: 'file', content: 'the warp', mode: 0o600, mtim: 1_700_000_000_123_456_789n, atim: 5n },
  '/empty': '',
  '/block': { type: 'file', content: new Uint8Array(512).fill(7), mtim: 3_000_000_000n, atim: 3_000_000_000n },
  '/dir': { type: 'directory', mode: 0o1750, mtim: 1_000_000_000n },
  '/dir/script': { type: 'file', content: '#!', mode: 0o4755 },
  '/link': { type: 'link', target: '../outside/of/it' },
  '/long-link': { type: 'link', target: 'x'.repeat(2000) },
  '/hard': { type: 'hard-link', path: '/a.txt' },
  '/hard-link-of-link': { type: 'hard-link', path: '/link' },
  '/zażółć/gęślą\njaźń': 'letters',
  [`/${LONG}`]: 'far',
  [`/${'p'.repeat(150)}/${'n'.repeat(99)}`]: 'split',
  [`/${'p'.repeat(155)}/${'n'.repeat(100)}`]: 'split',
  [`/${'p'.repeat(156)}/n`]: 'not split',
  [`/${'q'.repeat(99)}`]: { type: 'directory' },
  [`/${'q'.repeat(100)}`]: { type: 'directory' },
  '/before-1970': { type: 'file', content: '', mtim: -1_500_000_000n, atim: -1n },
  '/in-2300': { type: 'file', content: '', mtim: 9_000_000_000_000_000_000n },
  '/zeros': { type: 'file', size: 1000 },
}

describe('a tree', () => {
  test('comes back from its tar file as it was', () => {
    const bytes = writeTar(TREE)
    expect(bytes.length % 512).toBe(0)
    expect(whole(readTar(bytes))).toEqual(whole(TREE))
    expect(writeTar(readTar(bytes))).toEqual(bytes)
  })

  test('that is empty is two blocks', () => {
    expect(writeTar({})).toEqual(new Uint8Array(1024))
    expect(readTar(new Uint8Array(1024))).toEqual({})
  })

  test('may lie behind its archive: contents are views of its bytes', () => {
    const bytes = writeTar({ '/a': 'content' })
    const { content } = readTar(bytes)['/a'] as { readonly content: Uint8Array }
    expect(content.buffer).toBe(bytes.buffer)
  })

  test('of 20,000 files in 200 folders comes back', () => {
    const files = Array.from({ length: 20_000 }, (_, i): [string, string] => [`/${i % 200}/${i}`, String(i)])
    const tree = Object.fromEntries(files)
    expect(Object.keys(readTar(writeTar(tree)))).toHaveLength(20_200)
  })

  test('that is none is refused', () => {
    expect(() => writeTar({ '/a': 'x', '/a/b': 'y' })).toThrow(UsageError)
  })
})

describe.skipIf(!hasGnuTar)('GNU tar', () => {
  test('lists what is written, with modes, sizes, times and links', () => {
    const { stdout, stderr } = tar(['tvf', '-', '--full-time', '--quoting-style=escape'], writeTar(TREE))
    expect(stderr).toBe('')
    const lines = stdout.toString().trimEnd().replaceAll(/ +/g, ' ').split('\n')
    expect(lines).toHaveLength(Object.keys(whole(TREE)).length)
    expect(lines).toContain('-rw------- 0/0 8 2023-11-14 22:13:20.123456789 a.txt')
    expect(lines).toContain('drwxr-x--T 0/0 0 1970-01-01 00:00:01 dir/')
    expect(lines).toContain('-rwsr-xr-x 0/0 2 1970-01-01 00:00:00 dir/script')
    expect(lines).toContain('lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 link -> ../outside/of/it')
    expect(lines).toContain('hrw------- 0/0 0 2023-11-14 22:13:20.123456789 hard link to a.txt')
    expect(lines.some((line) => line.endsWith(LONG))).toBe(true)
  })

  test('extracts what is written', () => {
    const target = join(folder, 'extracted')
    mkdirSync(target)
    tar(['xf', '-', '-C', target], writeTar(TREE))
    expect(readFileSync(join(target, 'hard'), 'utf8')).toBe('the warp')
    expect(readFileSync(join(target, LONG), 'utf8')).toBe('far')
    expect(readFileSync(join(target, 'zażółć/gęślą\njaźń'), 'utf8')).toBe('letters')
    expect(readFileSync(join(target, 'zeros'))).toEqual(Buffer.alloc(1000))
  })

  const source = join(folder, 'source')
  mkdirSync(join(source, 'dir/sub'), { recursive: true })
  writeFileSync(join(source, 'a.txt'), 'the warp')
  writeFileSync(join(source, 'dir/sub/large'), Buffer.alloc(100_000, 'x'))
  writeFileSync(join(source, 'dir/run'), '#!')
  chmodSync(join(source, 'dir/run'), 0o755)
  chmodSync(join(source, 'a.txt'), 0o640)
  symlinkSync('dir/run', join(source, 'link'))
  linkSync(join(source, 'a.txt'), join(source, 'z-hard'))
  for (const name of ['a.txt', 'dir/run', 'dir/sub/large', 'dir/sub', 'dir']) {
    utimesSync(join(source, name), 1_600_000_000, 1_600_000_000.5)
  }
  const long = 'l'.repeat(120)
  mkdirSync(join(source, long))
  writeFileSync(join(source, long, long), 'far')
  symlinkSync(`${long}/${long}`, join(source, 'long-link'))

  test.each(['v7', 'ustar', 'gnu', 'oldgnu', 'pax', 'posix'])('writes %s, which is read', (format) => {
    const names = [
      'a.txt',
      'dir',
      'link',
      'z-hard',
      ...(format === 'v7' || format === 'ustar' ? [] : [long, 'long-link']),
    ]
    const { stdout } = tar(['cf', '-', '-C', source, `--format=${format}`, '--sort=name', ...names])
    const tree = readTar(stdout)
    const mtim = format === 'pax' || format === 'posix' ? 1_600_000_000_500_000_000n : 1_600_000_000_000_000_000n
    expect(tree['/a.txt']).toMatchObject({ content: Buffer.from('the warp'), mode: 0o640, mtim })
    expect(tree['/dir']).toMatchObject({ type: 'directory', mode: 0o755, mtim })
    expect(tree['/dir/run']).toMatchObject({ mode: 0o755, mtim })
    expect(tree['/dir/sub/large']).toMatchObject({ content: Buffer.alloc(100_000, 'x'), mtim })
    expect(tree['/link']).toMatchObject({ type: 'link', target: 'dir/run' })
    expect(tree['/z-hard']).toEqual({ type: 'hard-link', path: '/a.txt' })
    if (!names.includes(long)) return
    expect(tree[`/${long}/${long}`]).toMatchObject({ content: Buffer.from('far') })
    expect(tree['/long-link']).toMatchObject({ target: `${long}/${long}` })
  })

  test('writes "./" in front of names, which is the root', () => {
    const tree = readTar(tar(['cf', '-', '-C', source, '.']).stdout)
    expect(tree['/']).toMatchObject({ type: 'directory' })
    expect(new VirtualFileSystem(tree).read('/dir/run')).toEqual(Uint8Array.of(35, 33))
  })

  test('appends another file of the same name, which counts', () => {
    const archive = join(folder, 'appended.tar')
    tar(['cf', archive, '-C', source, 'a.txt'])
    const other = join(folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'a.txt'), 'the weft')
    tar(['rf', archive, '-C', other, 'a.txt'])
    expect(readTar(readFileSync(archive))).toMatchObject({ '/a.txt': { content: Buffer.from('the weft') } })
  })

  test.each(['gnu', 'pax'])('writes sparse files (%s), which are refused', (format) => {
    const { status } = spawnSync('truncate', ['-s', '1000000', join(folder, 'sparse')])
    expect(status).toBe(0)
    const { stdout } = tar(['cSf', '-', '-C', folder, `--format=${format}`, 'sparse'])
    expect(() => readTar(stdout)).toThrow(/a sparse file .*without --sparse/)
  })

  test('writes a FIFO, which is refused, or left out by somebody who is told', () => {
    expect(spawnSync('mkfifo', [join(folder, 'fifo')]).status).toBe(0)
    writeFileSync(join(folder, 'plain'), 'x')
    const { stdout } = tar(['cf', '-', '-C', folder, 'fifo', 'plain'])
    expect(() => readTar(stdout)).toThrow(/a FIFO, "fifo" .*leave it out of the archive, or give onSkipped/)
    const skipped: string[] = []
    const tree = readTar(stdout, { onSkipped: (path, kind) => skipped.push(`${path} ${kind}`) })
    expect(Object.keys(tree)).toEqual(['/plain'])
    expect(skipped).toEqual(['fifo a FIFO'])
  })
})

// ——— archives made as bytes ———

interface Member {
  readonly name?: string
  readonly type?: string
  readonly size?: number | string | readonly number[]
  readonly content?: string | Uint8Array
  readonly linkname?: string
  readonly mtime?: string | readonly number[]
  readonly checksum?: string
  readonly magic?: string
  readonly prefix?: string
}

function member({
  name = 'f',
  type = '0',
  content = '',
  linkname = '',
  magic = 'ustar\x0000',
  prefix = '',
  ...rest
}: Member): Buffer {
  const body = Buffer.from(content)
  const { size = body.length, mtime = '0', checksum } = rest
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644', 100)
  block.write('0000000', 108)
  if (typeof size === 'object') block.set(size, 124)
  else block.write(typeof size === 'number' ? size.toString(8).padStart(11, '0') : size, 124)
  if (typeof mtime === 'object') block.set(mtime, 136)
  else block.write(mtime, 136)
  block.write(type, 156)
  block.write(linkname, 157, 100)
  block.write(magic, 257)
  block.write(prefix, 345)
  block.write(checksum ?? checksums(block).unsigned.toString(8).padStart(6, '0'), 148)
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

function archive(...members: readonly Member[]): Buffer {
  return Buffer.concat([...members.map(member), Buffer.alloc(1024)])
}

function pax(records: string): Member {
  return { name: 'PaxHeaders/x', type: 'x', content: records }
}

function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + 1
  while (String(length).length + rest !== length) length = String(length).length + rest
  return `${length} ${key}=${value}\n`
}

/** Big-endian, with the bit that says so. */
function base256(value: bigint, length = 12): number[] {
  const bytes = Array.from({ length }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * (length - 1 - i)))))
  bytes[0] = (bytes[0] as number) | 0x80
  return bytes
}

describe('an archive', () => {
  test('may have numbers in base 256', () => {
    const tree = readTar(archive({ content: 'abc', size: base256(3n), mtime: base256(-2n) }))
    expect(tree).toMatchObject({ '/f': { content: Buffer.from('abc'), mtim: -2_000_000_000n } })
  })

  test('may have global records, which hold until a file has its own', () => {
    const tree = readTar(
      archive(
        { type: 'g', content: record('mtime', '7.25') + record('comment', 'x') },
        { name: 'a' },
        pax(record('mtime', '-0.0000000001')),
        { name: 'b' },
        pax(record('mtime', '')),
        { name: 'c', mtime: '0000000011' },
      ),
    )
    expect(Object.values(tree).map((entry) => (entry as { readonly mtim: bigint }).mtim)).toEqual([
      7_250_000_000n,
      -1n,
      9_000_000_000n,
    ])
  })

  test('has GNU names of any length, of which records have precedence', () => {
    const name = 'n'.repeat(120)
    const tree = readTar(
      archive(
        { type: 'L', content: `${name}\0` },
        { type: 'K', content: `${'t'.repeat(130)}\0` },
        { type: '2' },
        { type: 'L', content: 'lost\0' },
        pax(record('path', 'kept')),
        {},
      ),
    )
    expect(tree).toMatchObject({ [`/${name}`]: { target: 't'.repeat(130) }, '/kept': {} })
  })

  test('of star has its times behind a shorter prefix', () => {
    const made = member({ name: 'a', prefix: 'p'.repeat(131) })
    made.write('00000000011', 476)
    made.write('tar\0', 508)
    made.write(checksums(made).unsigned.toString(8).padStart(6, '0'), 148)
    expect(Object.keys(readTar(Buffer.concat([made, Buffer.alloc(1024)])))).toEqual([`/${'p'.repeat(131)}/a`])
  })

  test('keeps what a hard link was to when its name came again', () => {
    const tree = readTar(
      archive({ name: 'a', content: '1' }, { name: 'b', type: '1', linkname: 'a' }, { name: 'a', content: '2' }),
    )
    expect(new VirtualFileSystem(tree).files()).toEqual({ '/a': Uint8Array.of(50), '/b': Uint8Array.of(49) })
  })

  test('with a checksum of signed bytes is read', () => {
    const made = member({ name: 'ö' })
    made.write(checksums(made).signed.toString(8).padStart(6, '0'), 148)
    expect(Object.keys(readTar(Buffer.concat([made, Buffer.alloc(1024)])))).toEqual(['/ö'])
  })

  test.each<readonly [what: string, bytes: Uint8Array, message: RegExp, offset: number]>([
    ['nothing', Buffer.alloc(0), /cut off: its end mark is missing/, 0],
    ['a few bytes of gzip', Buffer.of(0x1f, 0x8b, 8, 0), /compressed with gzip; decompress it first/, 0],
    ['no end mark', member({}), /end mark is missing.*make or copy it again/, 512],
    ['half a header', member({}).subarray(0, 300), /end mark is missing/, 0],
    [
      'content that is cut off',
      member({ content: 'x'.repeat(600) }).subarray(0, 900),
      /600 bytes should follow, and 388 do/,
      0,
    ],
    ['a wrong checksum', archive({ checksum: '000001\0 ' }), /the checksum of a header is wrong/, 148],
    ['a checksum of letters', archive({ checksum: 'abcdef\0 ' }), /the checksum of a header is wrong/, 148],
    [
      'gzip',
      Buffer.concat([Buffer.of(0x1f, 0x8b), Buffer.alloc(1022, 1)]),
      /compressed with gzip; decompress it first/,
      148,
    ],
    ['xz', Buffer.concat([Buffer.of(0xfd, 0x37), Buffer.alloc(1022, 1)]), /compressed with xz/, 148],
    ['a size of letters', archive({ size: '12x' }), /the size of a header is no number/, 124],
    ['a size beyond the file', archive({ size: '77777777777' }), /8589934591 bytes should follow, and 1024 do/, 0],
    ['a size beyond 2^63', archive({ size: base256(2n ** 70n) }), /1180591620717411303424 bytes should follow/, 0],
    ['a negative size', archive({ size: base256(-1n) }), /-1 bytes should follow/, 0],
    [
      'a record with a size beyond 2^63',
      archive(pax(record('size', '99999999999999999999')), {}),
      /99999999999999999999 bytes/,
      1024,
    ],
    ['a record with a negative size', archive(pax(record('size', '-1')), {}), /an impossible size/, 512],
    ['a record with a time of letters', archive(pax(record('mtime', 'now')), {}), /an impossible mtime/, 512],
    ['a time beyond 64 bits', archive({ mtime: base256(2n ** 60n) }), /a time of 1152921504606846976 seconds/, 0],
    ['a record that is too long', archive(pax('99 path=x\n'), {}), /the length of a pax record is wrong/, 512],
    ['a record that is too short', archive(pax('9 path=xyz\n'), {}), /the length of a pax record is wrong/, 512],
    ['a record of length 0', archive(pax('0 path=x\n'), {}), /the length of a pax record is wrong/, 512],
    [
      'a record with 10^12 digits in mind',
      archive(pax('999999999999 path=x\n'), {}),
      /the length of a pax record is wrong/,
      512,
    ],
    ['a record without "="', archive(pax('7 path\n'), {}), /has no "="/, 512],
    ['a name that leads out', archive({ name: 'a/../../b' }), /"a\/..\/..\/b" leads out of the archive/, 0],
    ['a name that leads nowhere else', archive({ name: 'a/../b' }), /leads out of the archive/, 0],
    ['an absolute name', archive({ name: '/etc/passwd' }), /"\/etc\/passwd" is absolute/, 0],
    ['an absolute name by a record', archive(pax(record('path', '/x')), {}), /is absolute/, 1024],
    ['a name with NUL', archive(pax(record('path', 'a\0b')), {}), /has a part with NUL/, 1024],
    ['a name of 256 bytes', archive(pax(record('path', 'n'.repeat(256))), {}), /more than 255 bytes/, 1024],
    ['a path of 5,000 bytes', archive(pax(record('path', 'n/'.repeat(2500))), {}), /is too long/, 5632],
    ['no name', archive({ name: '' }), /"" is no name/, 0],
    ['a file that is the root', archive({ name: '.' }), /a file where a folder is, "\/"/, 0],
    [
      'a name that is no UTF-8',
      archive({ type: 'L', content: Uint8Array.of(0xff, 0) }, {}),
      /a name that is no UTF-8.*convert/,
      1024,
    ],
    [
      'a file in a file',
      archive({ name: 'a' }, { name: 'a/b' }),
      /"\/a\/b" is inside of "\/a", which is no folder/,
      512,
    ],
    [
      'a file in a link',
      archive({ name: 'a', type: '2', linkname: '/etc' }, { name: 'a/b' }),
      /"\/a", which is no folder/,
      512,
    ],
    ['a file in place of a folder', archive({ name: 'a/b' }, { name: 'a' }), /a file where a folder is, "\/a"/, 512],
    [
      'a hard link to nothing',
      archive({ name: 'a', type: '1', linkname: 'b' }),
      /to nothing that stands before it, "b"/,
      0,
    ],
    ['a hard link to itself', archive({ name: 'a', type: '1', linkname: 'a' }), /to nothing that stands before it/, 0],
    [
      'a hard link to a folder',
      archive({ name: 'd', type: '5' }, { name: 'a', type: '1', linkname: 'd' }),
      /to a folder, "d"/,
      512,
    ],
    ['a hard link out', archive({ name: 'a', type: '1', linkname: '../b' }), /"..\/b" leads out/, 0],
    ['a link to nowhere', archive({ name: 'a', type: '2' }), /a symbolic link to nowhere/, 0],
    ['a link with NUL', archive(pax(record('linkpath', 'a\0b')), { type: '2' }), /a symbolic link to nowhere/, 1024],
    ['a device', archive({ type: '3' }), /a character device, "f"/, 0],
    ['another volume', archive({ type: 'M' }), /began in another volume.*join/, 0],
    ['an unknown type', archive({ type: 'Z' }), /an entry of the unknown type "Z"/, 0],
    ['records for nothing', archive(pax(record('path', 'x'))), /speaks of a file that does not follow/, 0],
    ['a name for nothing', archive({ type: 'L', content: 'x\0' }), /speaks of a file that does not follow/, 0],
  ])('with %s ends in an error that says what, where and what to do', (_, bytes, message, offset) => {
    let error: unknown
    try {
      readTar(bytes)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TarError)
    expect((error as TarError).message).toMatch(message)
    expect((error as TarError).message).toMatch(/\(in the tar file, at offset \d+\): \w/)
    expect((error as TarError).offset).toBe(offset)
  })

  test('with any byte changed ends in a tree or in a TarError', () => {
    const bytes = archive(
      pax(record('path', 'x/y') + record('mtime', '1.5')),
      { content: 'abc' },
      { name: 'l', type: '2', linkname: 't' },
    )
    for (let at = 0; at < bytes.length - 1024; at++) {
      for (const value of [0, 0x20, 0x2f, 0x37, 0x80, 0xff]) {
        const changed = Buffer.from(bytes)
        changed[at] = value
        // As somebody would who means it.
        for (const header of [0, 1024, 2048]) {
          if (at < header || at >= header + 512) continue
          const block = changed.subarray(header, header + 512)
          block.write(checksums(block).unsigned.toString(8).padStart(6, '0'), 148)
        }
        try {
          expect(new VirtualFileSystem(readTar(changed)).openRoot().kind).toBe('directory')
        } catch (error) {
          if (!(error instanceof TarError)) throw error
        }
      }
    }
  })

  test('with a million entries is read', () => {
    const bytes = Buffer.alloc(512 * 1_000_000 + 1024, member({ name: 'a/b', type: '5' }))
    bytes.fill(0, bytes.length - 1024)
    expect(Object.keys(readTar(bytes))).toEqual(['/a/b'])
  })
})
