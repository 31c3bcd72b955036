// Positions in a source, and the excerpt that an error shows.

import { describe, expect, test } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { lexText } from '../../../src/text/lexer.ts'
import { SourceText } from '../../../src/text/source-text.ts'
import { textError } from '../../../src/text/text-error.ts'

describe('positions', () => {
  test('lines end with LF, CR or CR LF', () => {
    const source = new SourceText('a\nb\rc\r\nd\n\re')
    const positions = [0x61, 0x62, 0x63, 0x64, 0x65].map((letter) => source.position(source.bytes.indexOf(letter)))
    expect(positions.map(({ line, column }) => `${line}:${column}`)).toEqual(['1:1', '2:1', '3:1', '4:1', '6:1'])
  })

  test('columns count characters, not bytes or UTF-16 units', () => {
    const source = new SourceText('x\né\u{1f600}z')
    expect(source.position(source.bytes.indexOf(0x7a))).toEqual({ line: 2, column: 3 })
  })

  test('the end of a source has a position', () => {
    expect(new SourceText('').position(0)).toEqual({ line: 1, column: 1 })
    expect(new SourceText('a\n').position(2)).toEqual({ line: 2, column: 1 })
    expect(new SourceText('ab').position(2)).toEqual({ line: 1, column: 3 })
  })

  test('a line spans from its first byte to its terminator', () => {
    const source = new SourceText('ab\r\n\ncd')
    const lines = [0, 1, 2].map((line) => [source.startOfLine(line), source.endOfLine(line)])
    expect(lines).toEqual([
      [0, 2],
      [4, 4],
      [5, 7],
    ])
  })

  test('the position is that of counting, in a source of thousands of lines', () => {
    const text = Array.from({ length: 3000 }, (_, i) => 'x'.repeat(i % 7)).join('\n')
    const source = new SourceText(text)
    for (let offset = 0; offset < text.length; offset += 13) {
      const before = text.slice(0, offset).split('\n')
      expect(source.position(offset)).toEqual({ line: before.length, column: before.at(-1)!.length + 1 })
    }
  })
})

describe('excerpts', () => {
  function excerptOf(text: string | Uint8Array, start: number, end: number, name?: string): string[] {
    return textError(new SourceText(text, name), start, end, 'unknown operator').place.excerpt!.split('\n')
  }

  test('an error shows the file, the line and a caret under each character of the culprit', () => {
    const text = '(module\n  (func\n    (i32.foo)))\n'
    const tokens = lexText(new SourceText(text, 'add.wat'))
    expect(tokens.error(5, 'unknown operator: i32.foo').message).toBe(
      ['unknown operator: i32.foo', '  --> add.wat:3:6', '   |', ' 3 |     (i32.foo)))', '   |      ^^^^^^^'].join(
        '\n',
      ),
    )
  })

  test('the error is malformed unless told otherwise, and knows its line and column', () => {
    const tokens = lexText(new SourceText('\n $é'.replace('é', '"é"')))
    const malformed = tokens.error(0, 'unknown local')
    expect(malformed).toBeInstanceOf(ModuleError)
    expect([malformed.kind, malformed.reason, malformed.place.line, malformed.place.column]).toEqual([
      'malformed',
      'unknown local',
      2,
      2,
    ])
    expect(tokens.error(0, 'unknown local', 'invalid').kind).toBe('invalid')
  })

  test('the gutter is as wide as the line number', () => {
    expect(excerptOf('\n'.repeat(99) + 'ab', 100, 101)).toEqual(
      ['   --> 100:2', '     |', ' 100 | ab', '     |  ^'].map((l) => (l.startsWith('   -') ? `   ${l.slice(2)}` : l)),
    )
  })

  test('an empty culprit, such as the end of the source, has one caret', () => {
    expect(excerptOf('ab', 2, 2)).toEqual(['  --> 1:3', '   |', ' 1 | ab', '   |   ^'])
    expect(excerptOf('ab\n', 3, 3)).toEqual(['  --> 2:1', '   |', ' 2 |', '   | ^'])
    expect(excerptOf('', 0, 0)).toEqual(['  --> 1:1', '   |', ' 1 |', '   | ^'])
  })

  test('a culprit of several lines is marked on its first line', () => {
    expect(excerptOf('a (;b\nc', 2, 7).slice(2)).toEqual([' 1 | a (;b', '   |   ^^^'])
  })

  test('carets stand below characters, tabs and wide text included', () => {
    expect(excerptOf('\té x', 4, 5).slice(2)).toEqual([' 1 |  é x', '   |    ^'])
  })

  test('control characters and malformed bytes are made harmless', () => {
    expect(excerptOf(Uint8Array.of(0x1b, 0xff, 0xe2, 0x80, 0xae, 0x61), 5, 6)[2]).toBe(' 1 | \ufffd\ufffd\ufffda')
  })

  test('of a long line a window is shown', () => {
    const text = 'é'.repeat(500) + 'here' + 'ü'.repeat(500)
    const [, , line, carets] = excerptOf(text, 1000, 1004)
    expect(line!.length).toBeLessThan(180)
    expect(line).toMatch(/^ 1 \| …é+hereü+…$/)
    expect(carets).toBe(
      ' '
        .repeat(line!.indexOf('here') - 2)
        .replace(/^ {3}/, '   |')
        .padEnd(line!.indexOf('here')) + '^^^^',
    )
  })

  test('a culprit longer than the window is cut off', () => {
    const lines = excerptOf('x'.repeat(1_000_000), 10, 1_000_000)
    expect(lines.join('\n').length).toBeLessThan(500)
    expect(lines[3]).toMatch(/\^$/)
  })
})
