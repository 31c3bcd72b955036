// Item 44 of the adversarial checklist: exceptions go through frames of the host as what they are, and nothing that ends a run is ever an
// exception that the guest could catch.

import { describe, expect, it } from 'vitest'
import { Store, WasmException, createTag, type Imports, type Instance } from '../../src/index.ts'
import { codeOf, instantiateText } from './module-text.ts'

/** `f` calls something in a block that catches everything: 1 where it did. */
const CATCHING_ALL = `
  (func (export "f") (result i32)
    (block $caught (try_table (catch_all $caught) (call $risky)) (return (i32.const 0)))
    (i32.const 1))`

describe('adversarial.md 44: an exception', () => {
  it('thrown through several frames of the host is caught behind them, and is the same', () => {
    const e = createTag(['i32'])
    let through: unknown
    const inner = instantiateText(
      '(module (import "" "e" (tag $e (param i32))) (func (export "f") (throw $e (i32.const 42))))',
      {
        '': { e },
      },
    )
    const middle = instantiateText('(module (import "" "h" (func $h)) (func (export "f") (call $h)))', {
      '': { h: () => void inner.call('f') },
    })
    const passing = (): void => {
      try {
        middle.call('f')
      } catch (error) {
        through = error
        throw error
      }
    }
    const outer = instantiateText(
      `(module (import "" "e" (tag $e (param i32))) (import "" "h" (func $h))
        (func (export "f") (result i32) (block $caught (result i32) (try_table (catch $e $caught) (call $h)) (i32.const 0))))`,
      { '': { e, h: passing } },
    )
    expect(outer.call('f')).toBe(42)
    expect(through).toBeInstanceOf(WasmException)
    expect((through as WasmException).values).toEqual([42])
  })

  it('of an equal tag of another instance is another', () => {
    const thrower = instantiateText('(module (tag $e) (func (export "f") (throw $e)))')
    const catcher = instantiateText(
      `(module (import "" "h" (func $h)) (tag $e)
        (func (export "f") (block $caught (try_table (catch $e $caught) (call $h)))))`,
      { '': { h: () => void thrower.call('f') } },
    )
    expect(() => catcher.call('f')).toThrow(WasmException)
  })
})

describe('adversarial.md 44: catch_all does not catch', () => {
  const risky = (body: string, imports: Imports = {}, store = new Store()): Instance =>
    instantiateText(`(module ${body} ${CATCHING_ALL})`, imports, { store })

  // Else the tests below would prove nothing.
  it('nothing: an exception it does', () => {
    expect(risky('(tag $e) (func $risky (throw $e))').call('f')).toBe(1)
  })

  it.each([
    ['unreachable', '(func $risky unreachable)', 'TRAP_UNREACHABLE'],
    ['a division by zero', '(func $risky (drop (i32.div_s (i32.const 1) (i32.const 0))))', 'TRAP_DIVIDE_BY_ZERO'],
    ['an access out of bounds', '(memory 0) (func $risky (drop (i32.load (i32.const 0))))', 'TRAP_OUT_OF_BOUNDS'],
    [
      'a call through null',
      '(table 1 funcref) (func $risky (call_indirect (i32.const 0)))',
      'TRAP_UNINITIALIZED_ELEMENT',
    ],
    ['the end of the stack', '(func $risky (call $risky))', 'STACK_EXHAUSTED'],
  ])('%s', (_, body, code) => {
    const instance = risky(body)
    expect(codeOf(() => instance.call('f'))).toBe(code)
    const state = instance.start('f').run({ fuel: 10_000_000 })
    expect(state).toMatchObject({ kind: 'trap', error: { code } })
  })

  it('the end of the stack where each frame of a recursion catches all', () => {
    const instance = instantiateText(`(module (global $n (export "n") (mut i32) (i32.const 0))
      (func $f (export "f") (block $caught (try_table (catch_all $caught) (call $f)))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))))`)
    expect(codeOf(() => instance.call('f'))).toBe('STACK_EXHAUSTED')
    // Nobody went on behind a catch.
    expect((instance.exports['n'] as unknown as { readonly value: number }).value).toBe(0)
  })

  it('a trap of another instance, behind a frame of the host', () => {
    const trapping = instantiateText('(module (func (export "f") unreachable))')
    const instance = risky('(import "" "h" (func $risky))', { '': { h: () => void trapping.call('f') } })
    expect(codeOf(() => instance.call('f'))).toBe('TRAP_UNREACHABLE')
  })

  it('the end of the fuel, or an abort', () => {
    const run = risky('(func $risky (loop (br 0)))').start('f')
    expect(run.run({ fuel: 1_000 })).toEqual({ kind: 'fuel' })
    run.abort()
    expect(run.finished).toBe(true)
  })
})
