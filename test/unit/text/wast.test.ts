// The script language as data: directives, actions, values and patterns, each parsed by itself.

import { describe, expect, test } from 'vitest'
import { ANY, EXN, EXTERN, F32, F64, FUNC, I31, I32, I64, STRUCT } from '../../../src/syntax/types.ts'
import type { Directive, ResultPattern, ScriptModule } from '../../../src/text/script.ts'
import { parseScript } from '../../../src/text/wast.ts'

function only(text: string): Directive {
  const { directives } = parseScript(text)
  expect(directives).toHaveLength(1)
  return directives[0]!
}

function moduleOf(directive: Directive): ScriptModule {
  if (!('module' in directive)) throw new Error(directive.kind)
  return directive.module
}

describe('a module', () => {
  test('of text is parsed at once', () => {
    const directive = only('(module $m (func))')
    expect(directive).toMatchObject({ kind: 'module', keyword: 'module', id: 'm', line: 1 })
    expect(moduleOf(directive)).toMatchObject({ form: 'text', module: { types: [{}], names: { module: 'm' } } })
  })

  test('of faulty text keeps its error, and the next directive is not touched', () => {
    const { directives } = parseScript('(module (func (nope)))\n\n(module)', 'x.wast')
    expect(directives.map(({ line }) => line)).toEqual([1, 3])
    const [faulty, good] = directives.map(moduleOf)
    expect(faulty).toMatchObject({ form: 'faulty text', error: { kind: 'malformed', reason: 'unknown operator nope' } })
    expect(good?.form).toBe('text')
  })

  test('may be bytes or a quoted text', () => {
    expect(moduleOf(only(String.raw`(module $m binary "\00asm" "\01")`))).toEqual({
      form: 'binary',
      bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, 1),
    })
    expect(moduleOf(only('(module quote "(func" ")")'))).toEqual({
      form: 'quote',
      text: new TextEncoder().encode('(func)'),
    })
  })

  test('may be defined without an instance, and instantiated later', () => {
    expect(only('(module definition $m (func))')).toMatchObject({
      kind: 'definition',
      keyword: 'module definition',
      id: 'm',
      module: { form: 'text' },
    })
    expect(only('(module definition binary "")')).toMatchObject({ kind: 'definition', id: undefined })
    expect(only('(module instance $i $m)')).toMatchObject({
      kind: 'instance',
      keyword: 'module instance',
      id: 'i',
      of: 'm',
    })
    expect(only('(module instance)')).toMatchObject({ kind: 'instance', id: undefined, of: undefined })
  })

  test('may be the whole script, as bare fields', () => {
    const directive = only('(func) (memory 0) (func (export "f"))')
    expect(directive).toMatchObject({ kind: 'module', keyword: 'module', module: { form: 'text' } })
  })
})

describe('actions and assertions', () => {
  test('have the shape of their directive', () => {
    const { directives } = parseScript(`
      (register "a" $m)
      (invoke $m "f" (i32.const 1))
      (get "g")
      (assert_return (get $m "g"))
      (assert_trap (invoke "f") "unreachable")
      (assert_trap (module (start 0)) "unreachable")
      (assert_exhaustion (invoke "f") "call stack exhausted")
      (assert_exception (invoke "f"))
      (assert_invalid (module) "type mismatch")
      (assert_malformed (module quote "x") "unexpected token")
      (assert_unlinkable (module) "unknown import")
      (assert_malformed_custom (module quote "x") "y")
      (assert_invalid_custom (module quote "x") "y")`)
    expect(directives.map(({ line }) => line)).toEqual(directives.map((_, i) => i + 2))
    expect(directives).toMatchObject([
      { kind: 'register', name: 'a', id: 'm' },
      { kind: 'action', keyword: 'invoke', action: { kind: 'invoke', id: 'm', name: 'f', args: [{ lo: 1 }] } },
      { kind: 'action', keyword: 'get', action: { kind: 'get', id: undefined, name: 'g' } },
      { kind: 'assert_return', action: { kind: 'get', id: 'm' }, results: [] },
      { kind: 'assert_trap', subject: { kind: 'invoke' }, text: 'unreachable' },
      { kind: 'assert_trap', subject: { kind: 'module', module: { form: 'text' } } },
      { kind: 'assert_exhaustion', text: 'call stack exhausted' },
      { kind: 'assert_exception' },
      { kind: 'assert_invalid', module: { form: 'text' }, text: 'type mismatch' },
      { kind: 'assert_malformed', module: { form: 'quote' }, text: 'unexpected token' },
      { kind: 'assert_unlinkable', text: 'unknown import' },
      { kind: 'assert_malformed_custom', module: { form: 'quote' } },
      { kind: 'assert_invalid_custom', module: { form: 'quote' } },
    ])
  })

  function results(text: string): readonly ResultPattern[] {
    const directive = only(`(assert_return (invoke "f") ${text})`)
    if (directive.kind !== 'assert_return') throw new Error(`${directive.kind}: ${text}`)
    return directive.results
  }

  test.each<[string, ResultPattern]>([
    ['(i32.const 0xffffffff)', { kind: 'num', type: I32, lo: -1, hi: 0 }],
    ['(i64.const -2)', { kind: 'num', type: I64, lo: -2, hi: -1 }],
    ['(f32.const -0.0)', { kind: 'num', type: F32, lo: -(2 ** 31), hi: 0 }],
    ['(f64.const nan:0x1)', { kind: 'num', type: F64, lo: 1, hi: 0x7ff00000 }],
    ['(f32.const nan:canonical)', { kind: 'nan', type: F32, nan: 'canonical' }],
    ['(f64.const nan:arithmetic)', { kind: 'nan', type: F64, nan: 'arithmetic' }],
    ['(ref.null)', { kind: 'any null' }],
    ['(v128.const i16x8 1 2 -1 0 0 0 0 0x8000)', { kind: 'vec', words: [0x20001, 0xffff, 0, -(2 ** 31)] }],
    ['(v128.const f64x2 1 -0.0)', { kind: 'vec', words: [0, 0x3ff00000, 0, -(2 ** 31)] }],
    [
      '(v128.const f64x2 nan:canonical 1)',
      {
        kind: 'lanes',
        lanes: [
          { kind: 'nan', type: F64, nan: 'canonical' },
          { kind: 'num', type: F64, lo: 0, hi: 0x3ff00000 },
        ],
      },
    ],
    ['(ref.null func)', { kind: 'null', heap: FUNC }],
    ['(ref.extern 7)', { kind: 'host', heap: EXTERN, number: 7 }],
    ['(ref.extern)', { kind: 'ref', heap: EXTERN }],
    ['(ref.func)', { kind: 'ref', heap: FUNC }],
    ['(ref.i31)', { kind: 'ref', heap: I31 }],
    ['(ref.struct)', { kind: 'ref', heap: STRUCT }],
    ['(ref.exn)', { kind: 'ref', heap: EXN }],
    ['(ref.host 2)', { kind: 'host', heap: ANY, number: 2 }],
    ['(ref.func 3)', { kind: 'ref', heap: FUNC, index: 3 }],
  ])('%s is a result', (text, pattern) => {
    expect(results(text)).toEqual([pattern])
    expect(results(`(either ${text} (i32.const 1))`)).toMatchObject([
      { kind: 'either', patterns: [pattern, { lo: 1 }] },
    ])
  })

  test.each([
    '(f32.const nan:canonical)',
    '(ref.null)',
    '(v128.const f32x4 0 0 0 nan:canonical)',
    '(ref.func)',
    '(either (i32.const 1))',
    '(i32.add)',
    '(foo)',
  ])('%s is no argument', (text) => {
    expect(only(`(invoke "f" ${text})`)).toMatchObject({
      kind: 'faulty',
      keyword: 'invoke',
      error: { kind: 'malformed' },
    })
  })
})

describe('a thread', () => {
  test('has directives of its own, and names what is shared with it', () => {
    const text = '(thread $T (shared (module $M)) (shared (module $N)) (register "m" $M) (thread $U (invoke "f")))'
    expect(only(text)).toMatchObject({
      kind: 'thread',
      id: 'T',
      shared: ['M', 'N'],
      directives: [{ kind: 'register' }, { kind: 'thread', id: 'U', shared: [], directives: [{ kind: 'action' }] }],
    })
  })

  test('is waited for, with or without its name', () => {
    expect([only('(wait $T)'), only('(wait)')]).toMatchObject([
      { kind: 'wait', id: 'T' },
      { kind: 'wait', id: undefined },
    ])
  })

  test('shares modules by name, and nothing else', () => {
    for (const shared of ['(shared)', '(shared (module))', '(shared $M)', '(shared (module $M $N))']) {
      expect(only(`(thread ${shared})`)).toMatchObject({ kind: 'faulty', error: { kind: 'malformed' } })
    }
  })
})

describe('a script', () => {
  test('may be empty', () => {
    expect(parseScript(';; nothing').directives).toEqual([])
  })

  test('with a directive of the wrong form goes on behind it', () => {
    const { directives } = parseScript('(assert_return) (frobnicate) ("x") (register "a" "b") (module)')
    expect(directives.map(({ kind }) => kind)).toEqual(['faulty', 'faulty', 'faulty', 'faulty', 'module'])
  })

  test('is refused as a whole where its parentheses or tokens are wrong', () => {
    expect(() => parseScript('(module', 'x.wast')).toThrow(/^unexpected token[^]*x\.wast:1:8/)
    expect(() => parseScript('(module))')).toThrow(/^unexpected token/)
    expect(() => parseScript('(module) "')).toThrow(/^unclosed string/)
  })

  test('of threads nested without end is no recursion', () => {
    const depth = 100_000
    expect(only(`${'(thread '.repeat(depth)}${')'.repeat(depth)}`).kind).toBe('thread')
  })
})
