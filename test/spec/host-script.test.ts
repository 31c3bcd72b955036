// The runner of scripts on the host's own WebAssembly, on what every host has: what it passes, what it fails, and what it cannot see.

import { describe, expect, it } from 'vitest'
import { runOnHost } from '../../scripts/host-script.ts'

function outcomes(source: string): string[] {
  return runOnHost(new TextEncoder().encode(source), 'test.wast').map(({ outcome }) => outcome)
}

function lastOutcome(source: string): string {
  return outcomes(source).at(-1)!
}

const MODULE = `(module
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "pair") (param i64 v128 f64) (result f64 v128) (local.get 2) (local.get 1))
  (func (export "vector and reference") (param v128 externref) (result externref) (local.get 1))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "trap") unreachable)
  (func $deep (export "deep") (call $deep))
  (global (export "nan") f64 (f64.const nan:0x4))
  (global (export "mutable") (mut f32) (f32.const -nan)))
`

describe('the host', () => {
  it.each([
    ['(assert_return (invoke "f32" (f32.const nan:0x200000)) (f32.const nan:0x200000))', 'passed'],
    ['(assert_return (invoke "f32" (f32.const nan:0x200000)) (f32.const nan))', 'failed'],
    ['(assert_return (invoke "f32" (f32.const nan)) (f32.const nan:canonical))', 'passed'],
    ['(assert_return (invoke "f32" (f32.const nan:0x200000)) (f32.const nan:canonical))', 'failed'],
    ['(assert_return (invoke "f32" (f32.const -0)) (f32.const 0))', 'failed'],
    ['(assert_return (invoke "v128" (v128.const i32x4 1 2 3 -4)) (v128.const i32x4 1 2 3 -4))', 'passed'],
    ['(assert_return (invoke "v128" (v128.const i32x4 1 2 3 4)) (v128.const i32x4 1 2 3 5))', 'failed'],
    [
      '(assert_return (invoke "pair" (i64.const 1) (v128.const i64x2 1 -2) (f64.const 5)) (f64.const 5) (v128.const i64x2 1 -2))',
      'passed',
    ],
    ['(assert_return (invoke "f32" (f32.const 1)) (f64.const 1))', 'failed'],
    ['(assert_return (invoke "extern" (ref.extern 1)) (ref.extern 1))', 'passed'],
    ['(assert_return (invoke "extern" (ref.extern 1)) (ref.extern 2))', 'failed'],
    [
      '(assert_return (invoke "vector and reference" (v128.const i64x2 0 0) (ref.null extern)) (ref.null extern))',
      'not observable',
    ],
    ['(assert_return (get "nan") (f64.const nan:0x4))', 'passed'],
    ['(assert_return (get "mutable") (f32.const -nan))', 'passed'],
    ['(assert_return (get "none") (f32.const -nan))', 'failed'],
    ['(assert_trap (invoke "trap") "unreachable")', 'passed'],
    ['(assert_trap (invoke "extern" (ref.extern 1)) "unreachable")', 'failed'],
    ['(assert_exhaustion (invoke "deep") "call stack exhausted")', 'passed'],
    ['(assert_invalid (module (func (result i32))) "type mismatch")', 'passed'],
    ['(assert_invalid (module (func)) "type mismatch")', 'failed'],
    ['(assert_malformed (module binary "\\00asm") "unexpected end")', 'passed'],
    ['(assert_malformed (module quote "(func") "unexpected token")', 'not observable'],
    ['(assert_unlinkable (module (import "no" "no" (func))) "unknown import")', 'passed'],
    ['(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")', 'failed'],
    ['(register "M")\n(module (import "M" "trap" (func)))', 'passed'],
    ['(module definition $D)\n(module instance $I $D)\n(register "I" $I)', 'passed'],
  ])('on %s: %s', (directive, outcome) => {
    expect(lastOutcome(MODULE + directive)).toBe(outcome)
  })

  it('fails what depends on a module that it fails', () => {
    const module = '(module binary "\\00asm\\01\\00\\00\\00\\01")\n'
    expect(outcomes(`${module}(invoke "f")\n(register "M")\n(module (import "M" "f" (func)))`)).toEqual(
      Array(4).fill('failed'),
    )
  })
})
