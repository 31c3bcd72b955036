// Names and lists in messages: what is hostile is escaped, what is long is cut, and no message forgets it.

import { describe, expect, it } from 'vitest'
import { LinkError } from '../../../src/errors/link-error.ts'
import { listed, nameText, quoted } from '../../../src/errors/quote.ts'
import { renderFrames } from '../../../src/errors/trap.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { I32, funcTypeName } from '../../../src/syntax/types.ts'
import { thrownBy } from '../interpret/wat-instance.ts'

const HOSTILE = 'f"\n    at $main (module, host)\u001b[2J\u202e\u2028\ud800'
const ESCAPED = '"f\\"\\n    at $main (module, host)\\u{1b}[2J\\u{202e}\\u{2028}\\u{d800}"'

describe('a quoted name', () => {
  it('has escapes for all that is not seen or moves what is', () => {
    expect(quoted(HOSTILE)).toBe(ESCAPED)
    expect(quoted('a\tb\rc\\')).toBe('"a\\tb\\rc\\\\"')
  })

  it('keeps letters of every script', () => {
    expect(quoted('Größe 寸 😀')).toBe('"Größe 寸 😀"')
  })

  it('is cut behind 200 characters, and never within one', () => {
    expect(quoted('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`)
    expect(quoted('x'.repeat(100_000))).toBe(`"${'x'.repeat(200)}"…`)
    expect(quoted('x'.repeat(199) + '😀')).toBe(`"${'x'.repeat(199)}"…`)
    expect(quoted('x'.repeat(198) + '😀y')).toBe(`"${'x'.repeat(198)}😀"…`)
  })
})

describe('the text of a name', () => {
  it.each(['fac', 'wasi_snapshot_preview1.fd_write', 'core::fmt::Write', 'Größe', '$', '__wasm-call<T>'])(
    'is the name where it is one visible word: %s',
    (name) => {
      expect(nameText(name)).toBe(name)
    },
  )

  it.each(['', 'a b', 'a"b', 'a\\b', HOSTILE, 'x'.repeat(201)])('is quoted where it is something else: %j', (name) => {
    expect(nameText(name)).toBe(quoted(name))
  })
})

describe('a list', () => {
  it('has an end that says how many are left, behind 20 entries', () => {
    expect(listed([1, 2], String, ', ')).toBe('1, 2')
    expect(listed([], String, ', ')).toBe('')
    const many = Array.from({ length: 1000 }, (_, i) => i)
    expect(listed(many.slice(0, 20), String, ' ')).not.toContain('…')
    expect(listed(many, String, ' ').split(' ').slice(-4)).toEqual(['19', '…', '980', 'more'])
  })
})

describe('the message', () => {
  it('of a LinkError is bounded, and the error has all imports', () => {
    const imports = Array.from({ length: 50_000 }, (_, i) => {
      return { module: HOSTILE, name: `n${i}`.repeat(1000), reason: 'unknown import', detail: '' }
    })
    const error = new LinkError(imports)
    expect(error.imports).toBe(imports)
    const lines = error.message.split('\n')
    expect(lines).toHaveLength(21)
    expect(lines[0]).toContain(`unknown import: ${ESCAPED} "n0n0`)
    expect(lines[20]).toBe('… 49980 more')
    expect(error.message.length).toBeLessThan(10_000)
  })

  it('of a backtrace gives a frame one line, whatever the names are', () => {
    const frame = { funcIdx: 1, funcName: HOSTILE, moduleName: HOSTILE, offset: 16 }
    expect(renderFrames([frame])).toBe(`    at $${ESCAPED} (${ESCAPED}, offset 0x10)`)
    expect(renderFrames([{ ...frame, funcName: 'n'.repeat(1e6), moduleName: 'm'.repeat(1e6) }]).length).toBeLessThan(
      500,
    )
  })

  it('that names a host function quotes it', () => {
    const host = FuncInstance.fromHost({ kind: 'func', params: [], results: [] }, () => [], HOSTILE)
    expect(host.toString()).toBe(`${ESCAPED} [] -> []`)
  })

  it('that names a function type lists 20 of its types', () => {
    const text = funcTypeName({ kind: 'func', params: new Array<number>(1000).fill(I32), results: [] })
    expect(text).toMatch(/^\[(i32 ){20}… 980 more\] -> \[\]$/)
  })

  it('of a type mismatch is bounded however much is on the stack', () => {
    const text = `(module (func ${'(i32.const 0)'.repeat(30_000)}))`
    const { message } = thrownBy(() => validateModule(parseModule(text))) as Error
    expect(message).toMatch(/type mismatch: block requires \[\] but stack has \[(i32 ){20}… 29980 more\]/)
    expect(message.length).toBeLessThan(400)
  })

  it.each([
    ['an export', `(module (export "a\\n\\"b" (func 0)))`, 'export "a\\n\\"b"'],
    ['an export that is there twice', `(module (func) (export "\\n" (func 0)) (export "\\n" (func 0)))`, 'name "\\n"'],
    ['a function', `(module (func $"a\\nb" (i32.const 0)))`, '$"a\\nb"'],
    ['an identifier', `(module (func (call $"a\\nb")))`, 'unknown function $"a\\nb"'],
  ])('of an invalid module quotes the name of %s', (_, text, name) => {
    const { reason, place } = thrownBy(() => validateModule(parseModule(text))) as {
      reason: string
      place: { within?: string }
    }
    expect(`${reason} ${place.within ?? ''}`).toContain(name)
    expect(`${reason} ${place.within ?? ''}`).not.toContain('\n')
  })
})
