// What a guest may do to a terminal: text, line breaks and colours, nothing else.

import { describe, expect, it } from 'vitest'
import { TerminalFilter, printable } from '../../../src/node/terminal.ts'

/** Each piece is a write of its own. */
function filter(...pieces: (string | readonly number[])[]): string {
  const terminal = new TerminalFilter()
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : Uint8Array.from(piece)))
  return Buffer.concat(bytes.map((piece) => terminal.filter(piece))).toString()
}

describe('adversarial.md 66: a terminal gets', () => {
  it.each([
    ['text of every script', 'Hello, wörld, Привет, 你好, 👋🏽\n'],
    ['tabs, line feeds and carriage returns', '10 %\r20 %\r\n\tdone\n'],
    ['colours', '\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[m \x1b[4:3mcurly'],
  ])('%s as they are', (_, text) => {
    expect(filter(text)).toBe(text)
  })

  it.each([
    ['a title', '\x1b]0;owned\x07', '␛]0;owned␇'],
    ['a move of the cursor', '\x1b[2J\x1b[1A', '␛[2J␛[1A'],
    ['a question that the terminal would answer', '\x1b[6n\x1b[>c', '␛[6n␛[>c'],
    ['a string to be typed', '\x1bP$q"p\x1b\\', '␛P$q"p␛\\'],
    ['a colour that is none', '\x1b[31;?1m', '␛[31;?1m'],
    ['a backspace, a delete and a bell', 'a\b\x7f\x07', 'a␈␡␇'],
    ['an eight-bit control in UTF-8', 'a\u009b2Jb\u0085', 'a\ufffd2Jb\ufffd'],
    ['two escapes', '\x1b\x1b[31m', '␛\x1b[31m'],
  ])('%s as text', (_, text, shown) => {
    expect(filter(text)).toBe(shown)
  })

  it('a raw eight-bit control as a replacement character', () => {
    expect(filter([0x61, 0x9b, 0x32, 0x4a])).toBe('a\ufffd2J')
    expect(filter([0xc2, 0x41])).toBe('\ufffdA')
    expect(filter([0xff, 0xc0, 0xf8])).toBe('\ufffd'.repeat(3))
  })

  it('no escape sequence that is longer than colours need', () => {
    expect(filter(`\x1b[${'1;'.repeat(100)}m`)).toMatch(/^␛\[/)
  })

  it('the same however the writes cut it', () => {
    const text = 'ä\x1b[31mré\x1b[0m\x1b]2;x\x07\u009b👋'
    const bytes = [...Buffer.from(text)]
    const whole = filter(text)
    for (let cut = 0; cut <= bytes.length; cut++) expect(filter(bytes.slice(0, cut), bytes.slice(cut))).toBe(whole)
  })
})

describe('a message', () => {
  it('spells what would steer a terminal or turn text around', () => {
    expect(printable('a\x1b[2J\u202e\u2028b\r\n\tc')).toBe('a\\u{1b}[2J\\u{202e}\\u{2028}b\\u{d}\n\tc')
  })
})
