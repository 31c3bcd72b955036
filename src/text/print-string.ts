// Names and bytes as string tokens of the text format, and names as identifiers.
// https://webassembly.github.io/spec/core/text/values.html#strings

const QUOTE = 0x22
const BACKSLASH = 0x5c

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH
}

const ASCII = new TextDecoder()
const HEX_DIGITS = new TextEncoder().encode('0123456789abcdef')

/** The inside of a string token, without its quotes: printable ASCII characters as they are, else an escape of two digits. */
export function escapeBytes(bytes: Uint8Array): string {
  // Made as bytes: with a string that grows by characters, a module that is half data took twice as long to print.
  const escaped = new Uint8Array(bytes.length * 3)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (isPlain(byte)) escaped[length++] = byte
    else {
      escaped[length++] = BACKSLASH
      escaped[length++] = HEX_DIGITS[byte >> 4]!
      escaped[length++] = HEX_DIGITS[byte & 15]!
    }
  }
  return ASCII.decode(escaped.subarray(0, length))
}

// Besides what the grammar forbids, everything that an editor hides, or that reorders the line that it stands in.
const NEEDS_ESCAPE = /["\\\p{C}\p{Zl}\p{Zp}]/gu
const LONE_SURROGATE = /\p{Cs}/gu

/** A name as a string token. What is no Unicode text becomes U+FFFD, as it would in UTF-8. */
export function printName(name: string): string {
  return `"${wellFormed(name).replace(NEEDS_ESCAPE, escapeCharacter)}"`
}

/** A name as it can be kept by a text: without lone surrogates. */
export function wellFormed(name: string): string {
  return name.replace(LONE_SURROGATE, '\ufffd')
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const codePoint = character.codePointAt(0)!
  return codePoint < 0x80 ? `\\${codePoint.toString(16).padStart(2, '0')}` : `\\u{${codePoint.toString(16)}}`
}

const IDCHARS = /^[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]+$/

/** `$name`, or `$"a name"` where it holds other characters than an identifier may. Precondition: it isn't empty. */
export function printId(name: string): string {
  return IDCHARS.test(name) ? `$${name}` : `$${printName(name)}`
}
