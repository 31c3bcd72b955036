// A tar file as a tree of files: formats v7, ustar, pax, GNU's and star's. The archive may come from anybody: it ends in a tree or
// in a TarError, in time and memory linear in its length. File contents are views of its bytes.

import { UsageError } from '../../errors/heddle-error.ts'
import { isBytes } from '../../errors/is-bytes.ts'
import { DEFAULT_LIMITS } from '../preview1/limits.ts'
import type { Tree } from '../preview1/tree.ts'
import { ArchivedFiles } from './archived-files.ts'
import { BLOCK, TarError, padding } from './tar-format.ts'
import { compressionOf, decodeHeader, untilNul } from './tar-header.ts'
import type { TarHeader } from './tar-header.ts'
import { decodeRecords } from './pax-records.ts'
import type { Extensions } from './pax-records.ts'
import { NANOSECONDS } from './tar-numbers.ts'

export interface ReadTarOptions {
  /** Told of devices, FIFOs and whatever else a tree can't have, which is left out then. Without it, they are errors. */
  readonly onSkipped?: (path: string, kind: string) => void
}

/** What stands for no file of its own, and has something to say of others. */
const PAX = new Set(['x', 'X'])
const LONG_NAME = 'L'
const LONG_LINK = 'K'

const KINDS: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Throws a TarError, which says what is wrong, where, and what to do about it. */
export function readTar(bytes: Uint8Array, options: ReadTarOptions = {}): Tree {
  if (!isBytes(bytes)) throw new UsageError(`readTar takes the bytes of an archive, not ${typeof bytes}`)
  const reader = new TarReader(bytes, options)
  reader.readAll()
  return reader.files.toTree()
}

class TarReader {
  readonly files = new ArchivedFiles()
  readonly #bytes: Uint8Array
  readonly #options: ReadTarOptions
  #at = 0
  /** For all files behind them. */
  #global: Extensions = {}
  /** For the next file. */
  #next: Extensions = {}
  #longName: Uint8Array | undefined
  #longLink: Uint8Array | undefined

  constructor(bytes: Uint8Array, options: ReadTarOptions) {
    this.#bytes = bytes
    this.#options = options
  }

  readAll(): void {
    let announced: TarHeader | undefined
    for (;;) {
      const block = this.#bytes.subarray(this.#at, this.#at + BLOCK)
      if (block.length < BLOCK) {
        const compression = this.#at === 0 ? compressionOf(this.#bytes) : undefined
        const advice = `${compression === undefined ? '' : `it is compressed with ${compression}; decompress it first, or `}make or copy it again, whole`
        throw malformed('the archive is cut off: its end mark is missing', this.#at, advice)
      }
      if (isZero(block)) break
      const header = decodeHeader(this.#bytes, this.#at)
      this.#at += BLOCK
      announced = this.#readExtension(header) ? header : undefined
      if (announced === undefined) this.#readFile(header)
    }
    if (announced === undefined || announced.type === 'g') return
    throw malformed('a header speaks of a file that does not follow', announced.offset, 'make the archive again')
  }

  /** Whether it was one. */
  #readExtension(header: TarHeader): boolean {
    const { type, offset } = header
    if (PAX.has(type))
      this.#next = { ...this.#next, ...decodeRecords(this.#content(header, header.size), offset + BLOCK) }
    else if (type === 'g') {
      this.#global = { ...this.#global, ...decodeRecords(this.#content(header, header.size), offset + BLOCK) }
    } else if (type === LONG_NAME) this.#longName = untilNul(this.#content(header, header.size))
    else if (type === LONG_LINK) this.#longLink = untilNul(this.#content(header, header.size))
    // The name of the archive, which is none of a file.
    else if (type === 'V') this.#content(header, header.size)
    else return false
    return true
  }

  #readFile(header: TarHeader): void {
    const extensions = { ...this.#global, ...this.#next }
    const { offset } = header
    const name = extensions.path ?? this.#text(this.#longName ?? header.name, 'name', offset)
    const target = extensions.linkpath ?? this.#text(this.#longLink ?? header.linkname, "link's target", offset)
    this.#next = {}
    this.#longName = undefined
    this.#longLink = undefined
    if (header.type === 'S' || extensions.isSparse === true) {
      throw unsupported('a sparse file', offset, 'make the archive again without --sparse')
    }
    const mtim = timeInRange(extensions.mtim ?? header.mtim, offset)
    const attributes = { mode: header.mode, atim: timeInRange(extensions.atim ?? mtim, offset), mtim }
    const size = extensions.size ?? header.size
    switch (header.type) {
      case '0':
      case '\0':
      case '7': {
        const content = this.#content(header, size)
        // Before there was a type for folders, their names told them.
        const isFolder = name.endsWith('/')
        this.files.add(
          name,
          isFolder ? { type: 'directory', ...attributes } : { type: 'file', content, ...attributes },
          offset,
        )
        return
      }
      case '1':
        this.files.link(name, target, offset)
        return
      case '2':
        this.files.add(name, { type: 'link', target: linkTarget(target, offset), ...attributes }, offset)
        return
      case 'D':
        // GNU's folders of incremental archives have a list of names behind them.
        this.#content(header, size)
        this.files.add(name, { type: 'directory', ...attributes }, offset)
        return
      case '5':
        this.files.add(name, { type: 'directory', ...attributes }, offset)
        return
      default:
        this.#skip(header, name, size)
    }
  }

  #skip(header: TarHeader, name: string, size: bigint): void {
    if (header.type === 'M') throw unsupported('a file that began in another volume', header.offset, 'join the volumes')
    const known = KINDS[header.type]
    const kind = known ?? `an entry of the unknown type ${JSON.stringify(header.type)}`
    if (this.#options.onSkipped === undefined) {
      throw unsupported(
        `${kind}, ${JSON.stringify(name)}`,
        header.offset,
        'leave it out of the archive, or give onSkipped',
      )
    }
    if (known === undefined) this.#content(header, size)
    this.#options.onSkipped(name, kind)
  }

  /** What follows the header, which may say anything of its length. */
  #content({ offset }: TarHeader, size: bigint): Uint8Array {
    const left = this.#bytes.length - this.#at
    if (size < 0n || size > BigInt(left)) {
      throw malformed(
        `${size} bytes should follow, and ${left} do`,
        offset,
        'the archive is cut off or damaged; make or copy it again',
      )
    }
    const content = this.#bytes.subarray(this.#at, this.#at + Number(size))
    this.#at += content.length + padding(content.length)
    return content
  }

  #text(bytes: Uint8Array, what: string, offset: number): string {
    try {
      return DECODER.decode(bytes)
    } catch {
      throw unsupported(`a ${what} that is no UTF-8`, offset, 'rename the file, or convert its name')
    }
  }
}

function timeInRange(time: bigint, offset: number): bigint {
  if (BigInt.asIntN(64, time) === time) return time
  throw malformed(
    `a time of ${time / NANOSECONDS} seconds`,
    offset,
    'set the times of the file (touch) and make the archive again',
  )
}

function linkTarget(target: string, offset: number): string {
  if (target !== '' && !target.includes('\0') && target.length <= DEFAULT_LIMITS.pathBytes) return target
  throw malformed('a symbolic link to nowhere: its target is empty, too long or contains NUL', offset, 'leave it out')
}

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

function malformed(what: string, offset: number, advice: string): TarError {
  return new TarError('TAR_MALFORMED', what, offset, advice)
}

function unsupported(what: string, offset: number, advice: string): TarError {
  return new TarError('TAR_UNSUPPORTED', what, offset, advice)
}
