// `heddle objdump`: what a binary module consists of, in the layout that people know from wasm-objdump. It reads the bytes themselves and
// not a decoded module: it shows offsets, and as much as can be read of a module that is malformed.

import { CODE_SECTION, CUSTOM_SECTION, START_SECTION } from '../../binary/sections.ts'
import { UsageError, type HeddleError } from '../../errors/heddle-error.ts'
import { ModuleError } from '../../errors/module-error.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import { sectionDetails } from './details.ts'
import { disassemble } from './disassemble.ts'
import { DumpReport } from './dump-report.ts'
import { hexDump, hexOffset } from './hex-dump.ts'
import { sectionRanges, type SectionRange } from './section-ranges.ts'
import { Symbols, visible } from './symbols.ts'

export interface ObjdumpOptions {
  /** `-h`: where the sections lie. */
  readonly headers?: boolean | undefined
  /** `-x`: what they hold. */
  readonly details?: boolean | undefined
  /** `-d`: the code. */
  readonly disassemble?: boolean | undefined
  /** `-s`: the bytes. */
  readonly fullContents?: boolean | undefined
  /** `-j`: the only section for details and contents, by its title or, of a custom one, its name; in upper or lower case. */
  readonly section?: string | undefined
}

/** The whole dump. Of errors it has the text only: `objdumpChunks` gives the first one. */
export function objdump(bytes: Uint8Array, name: string, options: ObjdumpOptions): string {
  return [...objdumpChunks(bytes, name, options)].join('')
}

/**
 * The dump in pieces, for modules of any size. `name` is the path of the file, or `-`. Returns the first error that was met: the text
 * tells each where it was met, and goes on behind it where it can.
 */
export function* objdumpChunks(
  bytes: Uint8Array,
  name: string,
  options: ObjdumpOptions,
): Generator<string, HeddleError | undefined> {
  const dump = new Dump(bytes, options)
  yield `\n${visible(baseName(name))}:\tfile format wasm ${version(bytes)}\n`
  yield* dump.passes()
  return dump.report.first
}

class Dump {
  readonly report: DumpReport = new DumpReport()
  private readonly bytes: Uint8Array
  private readonly options: ObjdumpOptions
  private readonly symbols: Symbols

  constructor(bytes: Uint8Array, options: ObjdumpOptions) {
    this.bytes = bytes
    this.options = options
    this.symbols = Symbols.gather(bytes)
  }

  *passes(): Generator<string, void> {
    const { options, symbols } = this
    if (symbols.moduleName !== undefined) yield `module name: <${visible(symbols.moduleName)}>\n`
    if (options.headers === true) yield* this.pass('\nSections:\n\n', (range) => this.header(range))
    if (options.details === true) yield* this.pass('\nSection Details:\n\n', (range) => this.details(range))
    if (options.disassemble === true) yield* this.pass('\nCode Disassembly:\n\n', (range) => this.code(range))
    if (options.fullContents === true) yield* this.pass('', (range) => this.contents(range))
    yield* this.missingSection()
  }

  /** A section with a fault doesn't keep the next ones from being printed. */
  private *pass(title: string, print: (range: SectionRange) => Generator<string, void>): Generator<string, void> {
    yield title
    try {
      for (const range of sectionRanges(this.bytes)) yield* this.guarded(print(range))
    } catch (error) {
      yield this.note(error)
    }
  }

  private *guarded(print: Generator<string, void>): Generator<string, void> {
    let last = '\n'
    try {
      for (const piece of print) {
        if (piece !== '') last = piece
        yield piece
      }
    } catch (error) {
      yield `${last.endsWith('\n') ? '' : '\n'}${this.note(error)}`
    }
  }

  private note(error: unknown): string {
    if (!(error instanceof ModuleError)) throw error
    return this.report.note(error)
  }

  private *header(range: SectionRange): Generator<string, void> {
    const { id, title, start, end } = range
    const size = hexOffset(end - start, 8)
    yield `${title.padStart(9)} start=0x${hexOffset(start, 8)} end=0x${hexOffset(end, 8)} (size=0x${size}) `
    if (id === CUSTOM_SECTION) {
      if (range.fault !== undefined) throw range.fault
      yield `"${visible(range.name)}"\n`
      return
    }
    const number = new ByteReader(this.bytes, start, end).readU32()
    yield id === START_SECTION ? `start: ${number}\n` : `count: ${number}\n`
  }

  private *details(range: SectionRange): Generator<string, void> {
    if (this.isWanted(range)) yield* sectionDetails(this.bytes, range, this.symbols)
  }

  private *code(range: SectionRange): Generator<string, void> {
    if (range.id === CODE_SECTION) yield* disassemble(this.bytes, range, this.symbols, this.report)
  }

  private *contents(range: SectionRange): Generator<string, void> {
    if (!this.isWanted(range)) return
    yield `\nContents of section ${range.title}:\n`
    yield* hexDump(this.bytes.subarray(range.start, range.end), range.start)
  }

  private isWanted({ name }: SectionRange): boolean {
    const { section } = this.options
    return section === undefined || section.toLowerCase() === name.toLowerCase()
  }

  /** A module that can't be read to its end has told so already. */
  private *missingSection(): Generator<string, void> {
    const { section, headers, details, fullContents } = this.options
    if (section === undefined || ![headers, details, fullContents].includes(true) || this.report.first !== undefined)
      return
    for (const range of sectionRanges(this.bytes)) if (this.isWanted(range)) return
    yield this.report.note(new UsageError(`section not found: ${section}`))
  }
}

function baseName(path: string): string {
  return path === '-' ? '<stdin>' : path.slice(path.lastIndexOf('/') + 1)
}

function version(bytes: Uint8Array): string {
  const reader = new ByteReader(bytes, 4)
  return bytes.length < 8 ? 'unknown' : `0x${(reader.readFixed32() >>> 0).toString(16)}`
}
