// The lexer against the grammar of the text format: its tokens, its errors, and a slow reference made of regular expressions.

import { describe, expect, test } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { lexText } from '../../../src/text/lexer.ts'
import { SourceText } from '../../../src/text/source-text.ts'
import * as tokens from '../../../src/text/tokens.ts'
import type { TokenTable } from '../../../src/text/tokens.ts'

const KIND_NAMES = new Map<number, string>([
  [tokens.EOF, 'eof'],
  [tokens.LEFT_PAREN, '('],
  [tokens.RIGHT_PAREN, ')'],
  [tokens.KEYWORD, 'keyword'],
  [tokens.ID, 'id'],
  [tokens.STRING, 'string'],
  [tokens.NAT, 'nat'],
  [tokens.INT, 'int'],
  [tokens.FLOAT, 'float'],
  [tokens.RESERVED, 'reserved'],
])

function lex(text: string | Uint8Array, ...annotations: string[]): TokenTable {
  return lexText(new SourceText(text), { annotations: new Set(annotations) })
}

/** `kind:spelling` of every token but EOF. */
function spell(table: TokenTable): string[] {
  const result: string[] = []
  for (let token = 0; token < table.count - 1; token++) {
    const kind = KIND_NAMES.get(table.kind(token))!
    result.push(kind === table.text(token) ? kind : `${kind}:${table.text(token)}`)
  }
  expect(table.kind(table.count - 1)).toBe(tokens.EOF)
  return result
}

function kinds(text: string): string {
  return spell(lex(text))
    .map((token) => token.replace(/:.*/s, ''))
    .join(' ')
}

function reasonOf(text: string | Uint8Array): string {
  return errorOf(text).reason
}

function errorOf(text: string | Uint8Array): ModuleError {
  try {
    lex(text)
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
  throw new Error(`no error in ${String(text)}`)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

describe('tokens', () => {
  test('a module is parentheses, keywords, identifiers, strings and numbers', () => {
    expect(spell(lex('(func $f (export "f")\n\ti32.const -1 f64.const 1.5)'))).toEqual([
      '(',
      'keyword:func',
      'id:$f',
      '(',
      'keyword:export',
      'string:"f"',
      ')',
      'keyword:i32.const',
      'int:-1',
      'keyword:f64.const',
      'float:1.5',
      ')',
    ])
  })

  test('an empty source is the end of the source', () => {
    const table = lex('')
    expect([table.count, table.kind(0), table.start(0), table.end(0)]).toEqual([1, tokens.EOF, 0, 0])
  })

  test.each(['0', '00', '1_000', '0x0', '0xA_b', '123456789', '18446744073709551616'])('%s is a nat', (text) => {
    expect(kinds(text)).toBe('nat')
  })

  test.each(['+0', '-1_0', '-0xff'])('%s is an int', (text) => {
    expect(kinds(text)).toBe('int')
  })

  // prettier-ignore
  test.each([
    '1.', '1.0', '1e5', '1E5', '1.e+5', '1.5e-1_0', '-1.', '0x1.', '0x1.8', '0x1p1', '0xA.fP-1_0', '0x1.p1', 'inf', '+inf', '-inf',
    'nan', '-nan', '+nan', 'nan:0x1', '-nan:0x7f_ffff', 'nan:0xA', '0xep1', '0xe.e',
  ])('%s is a float', (text) => {
    expect(kinds(text)).toBe('float')
  })

  // prettier-ignore
  test.each([
    '0x', '1x', '0xg', '0X1', '99_', '1__0', '0x_1', '0_x1', '0x1_', '1._0', '1_.0', '1.0_', '1e', '1e+', '1e_1', '1e1_', '1.0_e1', '0x.', '0x1.g',
    '0x1p', '0x1p+', '0x1pA', '0x1p_1', '0x1.0_p1', '0x1._0', '1e1.0', '1p1', '+', '-', '+-1', '+_1', '-x', '+inf1', '-nan:1', '+nan:0x', '+nan:0x1_',
    '.0', '.', '_1', '=', '@', '@a', 'Func', '1.2.3', '0x1p1p1', '+nan:canonical', '+in', '-n',
  ])('%s is reserved', (text) => {
    expect(spell(lex(text))).toEqual([`reserved:${text}`])
  })

  // prettier-ignore
  test.each([
    'a', 'i32.const0', 'nan:1', 'nan:0x', 'nan:0xg', 'nan:0x1_', 'nan:canonical', 'nan:arithmetic', 'infinity', 'inf:0x1', 'nans', 'na', 'i', 'offset=0x10',
    'i32.wrap/i64', "q'`|<>~\\?#",
  ])('%s is a keyword', (text) => {
    expect(spell(lex(text))).toEqual([`keyword:${text}`])
  })

  test.each([
    ['(func"a")', '( reserved )'],
    ['"a""b"', 'reserved'],
    ['"a"x', 'reserved'],
    ['"a"$x', 'reserved'],
    ['0"a"', 'reserved'],
    ['0$x', 'reserved'],
    ['0$"x"', 'reserved'],
    ['$l"a"', 'reserved'],
    ['$"l"0', 'reserved'],
    ['$"l"$l', 'reserved'],
    ['$"l""l"', 'reserved'],
    ['$l$l', 'id'],
    ['a"b c"d"e"', 'reserved'],
  ])('tokens that touch are one token: %s', (text, expected) => {
    expect(kinds(text)).toBe(expected)
  })

  test.each([
    ['nop(nop)nop', 'keyword ( keyword ) keyword'],
    ['0;;x\n1', 'nat nat'],
    ['0(;x;)1', 'nat nat'],
    ['"a"(;;)"b"', 'string string'],
    ['"a"("b")', 'string ( string )'],
  ])('parentheses and comments end a token: %s', (text, expected) => {
    expect(kinds(text)).toBe(expected)
  })

  test('punctuation is reserved, one character at a time', () => {
    expect(spell(lex('a,b;c [{ ]}'))).toEqual([
      'keyword:a',
      'reserved:,',
      'keyword:b',
      'reserved:;',
      'keyword:c',
      'reserved:[',
      'reserved:{',
      'reserved:]',
      'reserved:}',
    ])
  })

  test('starts and ends are byte offsets', () => {
    const table = lex('(;é;) $"é\\29" $x func "ü" 12')
    const spans = Array.from({ length: table.count }, (_, token) => [table.start(token), table.end(token)])
    expect(spans).toEqual([
      [7, 15],
      [16, 18],
      [19, 23],
      [24, 28],
      [29, 31],
      [31, 31],
    ])
  })

  test('a source of bytes gives the tokens of the same source as a string', () => {
    const text = '(module $"ü" "\u{1f600}" ;; é\n nop)'
    expect(spell(lex(utf8(text)))).toEqual(spell(lex(text)))
  })

  test('a byte order mark is an illegal character', () => {
    expect(reasonOf('\ufeff(module)')).toBe('illegal character: U+FEFF')
  })
})

describe('identifiers', () => {
  test.each([
    ['$fh', '$"fh"'],
    ['$"\\41B"', '$"A\\42"'],
    ['$AB', '$"\\u{41}\\u{4_2}"'],
    ['$"\\t"', '$"\\09"'],
    ['$"\u{f61a}"', '$"\\ef\\98\\9a"'],
    ["$!?@#a$%^&*-+_.:9'`|/\\<=>~", '$"!?@#a$%^&*-+_.:9\'`|/\\\\<=>~"'],
  ])('%s and %s are the same', (a, b) => {
    const table = lex(`${a} ${b} ${a}`)
    expect(table.atom(1)).toBe(table.atom(0))
    expect(table.atom(2)).toBe(table.atom(0))
    expect(spell(table)).toEqual([`id:${a}`, `id:${b}`, `id:${a}`])
  })

  test('different names are different atoms, and keywords share theirs with names', () => {
    const table = lex('$a $b $A $a1 a "a"')
    expect(new Set([0, 1, 2, 3].map((token) => table.atom(token))).size).toBe(4)
    expect(table.atom(4)).toBe(table.atom(0))
    expect(table.atomText(3)).toBe('a1')
    expect(table.atoms.find('A')).toBe(table.atom(2))
    expect(table.atoms.find('zz')).toBeUndefined()
  })

  test('more names than the cache holds keep their atoms', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `$n${i * 7919}`)
    const table = lex([...names, ...names.toReversed()].join(' '))
    expect(table.atoms.size).toBe(5000)
    for (let i = 0; i < names.length; i++) {
      expect(table.atom(names.length * 2 - 1 - i)).toBe(table.atom(i))
      expect(`$${table.atomText(i)}`).toBe(names[i])
    }
  })

  test.each([
    ['$', 'empty identifier'],
    ['(func $)', 'empty identifier'],
    ['$""', 'empty identifier'],
    ['$ "a"', 'empty identifier'],
    ['$(@a)f', 'empty identifier'],
    ['$"a\nb"', 'empty identifier: unclosed string'],
    ['$"a\tb"', 'empty identifier: illegal character in string: U+0009'],
    ['$"\\ef"', 'malformed UTF-8 encoding'],
  ])('%j is refused: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

describe('strings', () => {
  function bytesOf(text: string): number[] {
    return [...lex(text).stringBytes(0)]
  }

  test('escapes stand for bytes, which need not be UTF-8', () => {
    expect(bytesOf('"\\t\\n\\r\\"\\\'\\\\"')).toEqual([9, 10, 13, 0x22, 0x27, 0x5c])
    expect(bytesOf('"a\\00\\fF\\7fb"')).toEqual([0x61, 0, 0xff, 0x7f, 0x62])
    expect(bytesOf('"\\u{0}\\u{7ff}\\u{800}\\u{10_FfFF}"')).toEqual([...utf8('\0\u07ff\u0800\u{10ffff}')])
    expect(bytesOf('"é\u{1f600}"')).toEqual([...utf8('é\u{1f600}')])
    expect(bytesOf('""')).toEqual([])
    expect(bytesOf('"(; ;; ( $"')).toEqual([...utf8('(; ;; ( $')])
  })

  test('a name is the text of its bytes, byte order mark included', () => {
    expect(lex('"\\c3\\a9\ufeff"').name(0)).toBe('é\ufeff')
    expect(() => lex('"\\c3"').name(0)).toThrow('malformed UTF-8 encoding')
  })

  test.each([
    ['"', 'unclosed string'],
    ['"a\n"', 'unclosed string'],
    ['"a\r"', 'unclosed string'],
    ['a"b', 'unclosed string'],
    ['"\\"', 'unclosed string'],
    ['"\t"', 'illegal character in string: U+0009'],
    ['"\x7f"', 'illegal character in string: U+007F'],
    ['"\0"', 'illegal character in string: U+0000'],
    ['"\\', 'illegal escape'],
    ['"\\q"', 'illegal escape'],
    ['"\\a"', 'illegal escape'],
    ['"\\ag"', 'illegal escape'],
    ['"\\u41"', 'illegal escape'],
    ['"\\u{}"', 'illegal escape'],
    ['"\\u{_1}"', 'illegal escape'],
    ['"\\u{1_}"', 'illegal escape'],
    ['"\\u{1__1}"', 'illegal escape'],
    ['"\\u{12"', 'illegal escape'],
    ['"\\u{12', 'illegal escape'],
    ['"\\u{d800}"', 'illegal escape: not a Unicode scalar value'],
    ['"\\u{dfff}"', 'illegal escape: not a Unicode scalar value'],
    ['"\\u{110000}"', 'illegal escape: not a Unicode scalar value'],
    ['"\\u{100000000000000041}"', 'illegal escape: not a Unicode scalar value'],
  ])('%j is refused: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

describe('comments', () => {
  test.each(['\n', '\r', '\r\n'])('a line comment ends at %j', (end) => {
    expect(spell(lex(`a ;; b ( " (; ${end}c`))).toEqual(['keyword:a', 'keyword:c'])
  })

  test('a line comment may be the end of the source', () => {
    expect(kinds('a;;')).toBe('keyword')
    expect(kinds(';; (')).toBe('')
  })

  test('block comments nest, and hold anything', () => {
    expect(kinds('(;(;;;);)a(;;)b(;";);)')).toBe('keyword keyword reserved )')
    expect(kinds('(;\0\x7f\n é (; $ ;) ;; ;)a')).toBe('keyword')
    expect(kinds('(;((( ;)a')).toBe('keyword')
  })

  test.each(['(;', '(;)', '(; (; ;)', '(;;', '(;((;)'])('%s is unclosed', (text) => {
    expect(reasonOf(text)).toBe('unclosed comment')
  })
})

describe('characters', () => {
  test('control characters and characters beyond ASCII are illegal outside strings and comments', () => {
    for (let code = 0; code < 0x100; code++) {
      const isIllegal = (code < 0x20 && ![9, 10, 13].includes(code)) || code >= 0x7f
      const text = `a ${String.fromCharCode(code)}`
      if (isIllegal)
        expect(reasonOf(text)).toBe(`illegal character: U+00${code.toString(16).toUpperCase().padStart(2, '0')}`)
      else if (code !== 0x22 && code !== 0x24) expect(() => lex(text)).not.toThrow()
    }
    expect(reasonOf('a\u{1f600}')).toBe('illegal character: U+1F600')
  })

  // prettier-ignore
  const malformed = [
    [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xe0, 0x9f, 0xbf], [0xe1, 0x80], [0xe1, 0x80, 0x41], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xf0, 0x8f, 0xbf, 0xbf], [0xf1, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe],
  ]
  const places = [
    ['', ''],
    ['"', '"'],
    ['(;', ';)'],
    [';;', '\n'],
    ['$"', '"'],
    ['(@a ', ')'],
    ['(@a "', '")'],
    ['a', ''],
  ] as const

  test.each(malformed.map((bytes) => [bytes]))('%j is malformed UTF-8 wherever it stands', (bytes) => {
    for (const [before, after] of places) {
      expect(reasonOf(Uint8Array.of(...utf8(before), ...bytes, ...utf8(after)))).toBe('malformed UTF-8 encoding')
      expect(reasonOf(Uint8Array.of(...utf8(before), ...bytes))).toBe('malformed UTF-8 encoding')
    }
  })

  test('the first and last character of each length of UTF-8 may stand in a string', () => {
    const text = '\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}'
    expect(lex(utf8(`"${text}"`)).name(0)).toBe(text)
  })

  test('a lone surrogate in a string is malformed UTF-8 at its place', () => {
    const error = errorOf('a\n é"\ud800"')
    expect(error.reason).toBe('malformed UTF-8 encoding: lone surrogate')
    expect([error.place.line, error.place.column]).toEqual([2, 4])
    expect(() => lex('"\ud83d\ude00"')).not.toThrow()
  })
})

describe('annotations', () => {
  test('those that nobody asks for are white space', () => {
    expect(kinds('((@a) module (@b x (y "z" $a) 0x) $m(@"c d" ; [ ,)(@e))')).toBe('( keyword id )')
    expect(kinds('(@a @ @x (@x) (@x y) (@) (@ x) (@(@(@(@))))) end')).toBe('keyword')
    expect(kinds('(@a ")" "(" x")"y (;);) ;;)\n) end')).toBe('keyword')
  })

  test.each(['(@aas-3!@$d-@#4)', '(@@)', '(@$)', '(@"a")', '(@" @ asd\\2a 045 \\" \\t \\u{45}")'])(
    '%s is one',
    (text) => {
      expect(kinds(text)).toBe('')
    },
  )

  test('those that are asked for come with their tokens and their place', () => {
    const table = lex('(module (@custom "x" (before func)) (func $f (@name "g")) (@b))', 'custom', 'name')
    expect(table.annotations.map((a) => [a.id, a.before, a.start, a.idEnd, spell(a.tokens)])).toEqual([
      ['custom', 2, 8, 16, ['string:"x"', '(', 'keyword:before', 'keyword:func', ')']],
      ['name', 5, 45, 51, ['string:"g"']],
    ])
    expect(table.text(5)).toBe(')')
    const inner = table.annotations[1]!.tokens
    expect([inner.start(1), inner.end(1)]).toEqual([55, 55])
    expect(inner.atoms).toBe(table.atoms)
  })

  test('a quoted id is the same as a plain one', () => {
    expect(lex('(@"n\\61me" x)(@other)', 'name').annotations.map((a) => a.id)).toEqual(['name'])
  })

  test('an annotation inside another is left out, but parentheses and other tokens are kept', () => {
    const inner = lex('(@a 1 (@b (2) (@c 3)) ((@a) 4) (@) (@"" 5) (@"d" 6) 7)', 'a').annotations
    expect(inner.map((a) => spell(a.tokens).join(' '))).toEqual([
      'nat:1 ( nat:4 ) ( reserved:@ ) ( reserved:@"" nat:5 ) nat:7',
    ])
  })

  test.each([
    ['(@)', 'empty annotation id'],
    ['(@ x)', 'empty annotation id'],
    ['(@(@a)x)', 'empty annotation id'],
    ['(@"")', 'empty annotation id'],
    ['(@ "a")', 'empty annotation id'],
    ['(@"\n")', 'empty annotation id: unclosed string'],
    ['(@"\\ef")', 'malformed UTF-8 encoding'],
    ['(@x ', 'unclosed annotation'],
    ['(@x ()', 'unclosed annotation'],
    ['(@x (y (z))', 'unclosed annotation'],
    ['(@x (@y )', 'unclosed annotation'],
    ['(@x "', 'unclosed string'],
    ['(@x ")', 'unclosed string'],
    ['(@a Hei\u00dfe)', 'illegal character: U+00DF'],
    ['(@a \x01)', 'illegal character: U+0001'],
  ])('%j is refused: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })

  test.each([
    ['(@x))', ')'],
    ['(@x (@y )))', ')'],
    ['( @a)', '( reserved )'],
    ['((@a)@b)', '( reserved )'],
  ])('%s leaves %s', (text, expected) => {
    expect(kinds(text)).toBe(expected)
  })
})

describe('nesting', () => {
  const depth = 1_000_000

  test('a million parentheses, comments or annotations deep is no deeper than one', () => {
    expect(lex('('.repeat(depth) + ')'.repeat(depth)).count).toBe(2 * depth + 1)
    expect(kinds(`${'(;'.repeat(depth)}${';)'.repeat(depth)}a`)).toBe('keyword')
    expect(kinds(`${'(@a '.repeat(depth)}${')'.repeat(depth)}a`)).toBe('keyword')
    expect(lex(`${'(@a ('.repeat(depth)}${'))'.repeat(depth)}a`, 'a').annotations[0]!.tokens.count).toBe(3)
  })
})

describe('small numbers', () => {
  test.each([
    ['0', 0],
    ['007', 7],
    ['999999999', 999999999],
    ['1234567890', -1],
    ['1_0', -1],
    ['0x1', -1],
    ['-1', -1],
    ['"1"', -1],
  ])('smallNat of %s is %d', (text, value) => {
    expect(lex(text).smallNat(0)).toBe(value)
  })
})

describe('against the grammar written as regular expressions', () => {
  const idchar = "[0-9A-Za-z!#$%&'*+\\-./:<=>?@\\\\^_`|~]"
  const string = '"(?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[tnr"\'\\\\]|\\\\[0-9a-fA-F]{2})*"'
  const num = '[0-9](?:_?[0-9])*'
  const hex = '[0-9a-fA-F](?:_?[0-9a-fA-F])*'
  const nat = `(?:0x${hex}|${num})`
  // A regular expression takes the first alternative that matches: longer ones come first.
  const float = `[+-]?(?:${num}(?:\\.(?:${num})?)?[eE][+-]?${num}|${num}\\.(?:${num})?|0x${hex}(?:\\.(?:${hex})?)?[pP][+-]?${num}|0x${hex}\\.(?:${hex})?|inf|nan:0x${hex}|nan)`
  // In the order of preference among matches of the same length.
  const rules = [
    ['(', '\\((?!;)'],
    [')', '\\)'],
    ['nat', nat],
    ['int', `[+-]${nat}`],
    ['float', float],
    ['keyword', `[a-z]${idchar}*`],
    ['id', `\\$(?:${idchar}+|${string})`],
    ['string', string],
    ['space', '[ \\n\\t\\r]|;;[^\\n\\r]*|\\(;(?:[^;(]|;(?!\\))|\\((?!;))*;\\)'],
    ['reserved', `(?:${idchar}|${string})+|[,;[\\]{}]`],
  ].map(([kind, pattern]) => [kind!, new RegExp(pattern!, 'uy')] as const)

  /** The longest match wins; undefined where nothing matches. */
  function reference(text: string): string[] | undefined {
    const result: string[] = []
    for (let pos = 0; pos < text.length;) {
      let best = ['', ''] as [string, string]
      for (const [kind, pattern] of rules) {
        pattern.lastIndex = pos
        const found = pattern.exec(text)?.[0] ?? ''
        if (found.length > best[1].length) best = [kind, found]
      }
      const [kind, found] = best
      // The pieces are too short to spell more than one byte beyond ASCII, which is no UTF-8.
      const isMalformedId = kind === 'id' && /^\$".*\\[89a-f][0-9a-f]/i.test(found)
      if (isMalformedId || found === '' || found === '$' || found === '$""') return undefined
      if (kind !== 'space') result.push(kind === found ? kind : `${kind}:${found}`)
      pos += found.length
    }
    return result
  }

  // prettier-ignore
  const pieces = [
    ' ', '\n', '(', ')', '"', '"', '\\', '\\41', '$', '$"', '0', '1', '0x', '_', '.', 'e', 'p', 'E', '+', '-', 'a', 'f', 'inf', 'nan', ':', 'nan:0x', ';;', ',', '[', '}', '=', 'Z', '\t', ' $a', 'i32.add',
  ]

  test('random sources give the same tokens or fail alike', () => {
    const random = seeded(1)
    let accepted = 0
    for (let round = 0; round < 20_000; round++) {
      const length = 1 + (random() % 10)
      const text = Array.from({ length }, () => pieces[random() % pieces.length]).join('')
      const expected = reference(text)
      let actual: string[] | undefined
      try {
        actual = spell(lex(text))
      } catch (error) {
        expect(error).toBeInstanceOf(ModuleError)
      }
      expect([text, actual]).toEqual([text, expected])
      if (expected !== undefined) accepted++
    }
    expect(accepted).toBeGreaterThan(5000)
  })
})

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 8
  }
}
