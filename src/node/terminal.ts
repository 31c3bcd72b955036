// Makes what a guest writes harmless for a terminal: text, line breaks and colours pass, every other control sequence is shown instead of
// obeyed. So a program can't move the cursor over what stands there, rename the window, or type into the shell.

const ESC = 0x1b
const BRACKET = 0x5b
const SGR_FINAL = 0x6d
const C1_LEAD = 0xc2

/** Bytes of the longest colour sequence that passes. */
const MAX_SGR = 64

/** What moves within a line or to the next, and is no danger: tab, line feed, carriage return. */
const PASSING: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d])

/** A filter of bytes; it remembers a sequence that one write began for the next. */
export class TerminalFilter {
  /** The beginning of a sequence whose end will tell what it is. */
  private pending: number[] = []
  /** Bytes that the current UTF-8 character still lacks. */
  private continuation = 0
  private output: number[] = []

  /** What may go to the terminal now. */
  filter(bytes: Uint8Array): Uint8Array {
    this.output = []
    for (const byte of bytes) this.next(byte)
    return Uint8Array.from(this.output)
  }

  private next(byte: number): void {
    const [first] = this.pending
    if (first === ESC) this.afterEscape(byte)
    else if (first === C1_LEAD) this.afterC1Lead(byte)
    else this.plain(byte)
  }

  private plain(byte: number): void {
    if (this.continuation > 0 && byte >> 6 === 0b10) {
      this.continuation--
      this.output.push(byte)
      return
    }
    this.continuation = 0
    if (byte === ESC || byte === C1_LEAD) this.pending = [byte]
    else if (byte >= 0xc3 && byte < 0xf8) {
      this.continuation = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1
      this.output.push(byte)
    } else if (isControl(byte)) this.show(byte)
    else this.output.push(byte)
  }

  /** `ESC [ digits and separators m` sets colours and passes as a whole. */
  private afterEscape(byte: number): void {
    const { pending } = this
    const isSgr = pending.length === 1 ? byte === BRACKET : isParameter(byte) || byte === SGR_FINAL
    if (!isSgr || pending.length === MAX_SGR) {
      this.giveUp()
      this.next(byte)
      return
    }
    pending.push(byte)
    if (byte !== SGR_FINAL) return
    this.output.push(...pending)
    this.pending = []
  }

  /** Control characters of eight bits, U+0080 to U+009F, are two bytes in UTF-8. */
  private afterC1Lead(byte: number): void {
    this.pending = []
    if (byte >> 6 !== 0b10) {
      this.replace()
      this.plain(byte)
    } else if (byte < 0xa0) this.replace()
    else this.output.push(C1_LEAD, byte)
  }

  private giveUp(): void {
    const { pending } = this
    this.pending = []
    for (const byte of pending)
      if (isControl(byte)) this.show(byte)
      else this.output.push(byte)
  }

  /** The picture of a control character, U+2400 and above; bytes that are no character become U+FFFD. */
  private show(byte: number): void {
    if (byte >= 0x80) this.replace()
    else this.output.push(0xe2, 0x90, byte === 0x7f ? 0xa1 : 0x80 + byte)
  }

  private replace(): void {
    this.output.push(0xef, 0xbf, 0xbd)
  }
}

/** Control characters of ASCII but the harmless ones, and every byte that can't begin a character: an 8-bit terminal obeys some of them. */
function isControl(byte: number): boolean {
  return byte < 0x20 ? !PASSING.has(byte) : byte === 0x7f || (byte >= 0x80 && byte < 0xc3) || byte >= 0xf8
}

/** Digits, and what separates numbers. */
function isParameter(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x3b
}

/** One line of text without anything that steers a terminal. Line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]|[\u2028\u2029]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`
  })
}
