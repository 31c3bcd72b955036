// What the relaxed instructions give is what the deterministic profile prescribes, written here in instructions that are not relaxed and
// evaluated by the host's own WebAssembly. Operands come from memory and results go there, so that no bit is lost on the way.

import { describe, expect, test } from 'vitest'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { native, type NativeMemory } from '../../fuzz/native.ts'
import { f32Edges, f64Edges, i64Edges, randomI32 } from '../numeric/operands.ts'
import { call, finish, instance, start } from './wat-instance.ts'

const [A, B, C] = ['(local.get 0)', '(local.get 1)', '(local.get 2)']
const DOT = `(i16x8.narrow_i32x4_s
  (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_low_i8x16_s ${A} ${B}))
  (i32x4.extadd_pairwise_i16x8_s (i16x8.extmul_high_i8x16_s ${A} ${B})))`

/** The table of docs/determinism.md. */
const MEANINGS: Readonly<Record<string, string>> = {
  'i8x16.relaxed_swizzle': `(i8x16.swizzle ${A} ${B})`,
  'i32x4.relaxed_trunc_f32x4_s': `(i32x4.trunc_sat_f32x4_s ${A})`,
  'i32x4.relaxed_trunc_f32x4_u': `(i32x4.trunc_sat_f32x4_u ${A})`,
  'i32x4.relaxed_trunc_f64x2_s_zero': `(i32x4.trunc_sat_f64x2_s_zero ${A})`,
  'i32x4.relaxed_trunc_f64x2_u_zero': `(i32x4.trunc_sat_f64x2_u_zero ${A})`,
  'f32x4.relaxed_madd': `(f32x4.add (f32x4.mul ${A} ${B}) ${C})`,
  'f32x4.relaxed_nmadd': `(f32x4.add (f32x4.mul (f32x4.neg ${A}) ${B}) ${C})`,
  'f64x2.relaxed_madd': `(f64x2.add (f64x2.mul ${A} ${B}) ${C})`,
  'f64x2.relaxed_nmadd': `(f64x2.add (f64x2.mul (f64x2.neg ${A}) ${B}) ${C})`,
  'i8x16.relaxed_laneselect': `(v128.bitselect ${A} ${B} ${C})`,
  'i16x8.relaxed_laneselect': `(v128.bitselect ${A} ${B} ${C})`,
  'i32x4.relaxed_laneselect': `(v128.bitselect ${A} ${B} ${C})`,
  'i64x2.relaxed_laneselect': `(v128.bitselect ${A} ${B} ${C})`,
  'f32x4.relaxed_min': `(f32x4.min ${A} ${B})`,
  'f32x4.relaxed_max': `(f32x4.max ${A} ${B})`,
  'f64x2.relaxed_min': `(f64x2.min ${A} ${B})`,
  'f64x2.relaxed_max': `(f64x2.max ${A} ${B})`,
  'i16x8.relaxed_q15mulr_s': `(i16x8.q15mulr_sat_s ${A} ${B})`,
  'i16x8.relaxed_dot_i8x16_i7x16_s': DOT,
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': `(i32x4.add (i32x4.extadd_pairwise_i16x8_s ${DOT}) ${C})`,
}

/** `run` reads three vectors from address 0 and writes the result behind them; `target` is the local that the result goes through. */
function moduleOf(expr: string, target = 3): string {
  return `(module (memory (export "memory") 1) (func (export "run") (local v128 v128 v128 v128)
    ${[0, 1, 2].map((i) => `(local.set ${i} (v128.load offset=${16 * i} (i32.const 0)))`).join(' ')}
    (local.set ${target} ${expr})
    (v128.store offset=48 (i32.const 0) (local.get ${target}))))`
}

const next = randomI32(12)
const pick = <T>(from: readonly T[]): T => from[(next() >>> 0) % from.length]!
const BYTES = [0, 1, 15, 16, 17, 0x7f, 0x80, 0x81, 0xff]

/** Three operands: edges of the lanes that the instruction looks at, or any bits. */
function operandsFor(name: string): Uint8Array {
  const bytes = new Uint8Array(48)
  const view = new DataView(bytes.buffer)
  const lanes = /f32x4|f64x2/.exec(name)?.[0] ?? pick(['bytes', 'halves', 'any'])
  for (let at = 0; at < 48; at += 8) {
    if (lanes === 'f64x2') view.setBigInt64(at, pick(f64Edges), true)
    else if (lanes === 'any') view.setBigInt64(at, pick(i64Edges), true)
    else if (lanes === 'f32x4') for (const i of [0, 4]) view.setInt32(at + i, pick(f32Edges), true)
    else if (lanes === 'halves')
      for (const i of [0, 2, 4, 6]) view.setUint16(at + i, pick([0x8000, 0x7fff, next()]), true)
    else for (let i = 0; i < 8; i++) bytes[at + i] = pick(BYTES)
  }
  return bytes
}

/** The bytes of a result, with one NaN for all of a float's. */
function settled(name: string, bytes: Uint8Array): string {
  const view = new DataView(bytes.slice().buffer)
  const float = /^f(32x4|64x2)/.exec(name)?.[1]
  for (let at = 0; float === '32x4' && at < 16; at += 4) {
    if (Number.isNaN(view.getFloat32(at, true))) view.setInt32(at, 0x7fc00000, true)
  }
  for (let at = 0; float === '64x2' && at < 16; at += 8) {
    if (Number.isNaN(view.getFloat64(at, true))) view.setBigInt64(at, 0x7ff8000000000000n, true)
  }
  return Buffer.from(view.buffer).toString('hex')
}

type Runner = (operands: Uint8Array) => Uint8Array

function ours(text: string, fuel?: number): Runner {
  const of = instance(text)
  const { bytes } = of.memories[0]!
  return (operands) => {
    bytes.set(operands)
    if (fuel === undefined) call(of, 'run')
    else finish(start(of, 'run'), fuel)
    return bytes.slice(48, 64)
  }
}

function theirs(text: string): Runner {
  const { exports } = new native.Instance(new native.Module(encodeModule(parseModule(text))), {})
  const bytes = new Uint8Array((exports['memory'] as NativeMemory).buffer)
  return (operands) => {
    bytes.set(operands)
    ;(exports['run'] as () => void)()
    return bytes.slice(48, 64)
  }
}

describe.each(Object.entries(MEANINGS))('%s', (name, meaning) => {
  const count = new Set(meaning.match(/local\.get \d/g)).size
  const relaxed = `(${name} ${[A, B, C].slice(0, count).join(' ')})`
  const expected = theirs(moduleOf(meaning))

  function differences(run: Runner, rounds: number): string[] {
    const found: string[] = []
    for (let round = 0; round < rounds; round++) {
      const operands = operandsFor(name)
      const [a, b] = [settled(name, run(operands)), settled(name, expected(operands))]
      if (a !== b) found.push(`${Buffer.from(operands).toString('hex')} gives ${a}, not ${b}`)
    }
    return found
  }

  test('means what the deterministic profile says', () => {
    expect(differences(ours(moduleOf(relaxed)), 800)).toEqual([])
  })

  test.each([0, 1, 2].slice(0, count))('may leave its result in operand %i', (target) => {
    expect(differences(ours(moduleOf(relaxed, target)), 100)).toEqual([])
  })

  test('means the same where a run stops at each instruction', () => {
    expect(differences(ours(moduleOf(relaxed), 1), 50)).toEqual([])
  })
})

test('products are rounded before they are added to, and sums saturate', () => {
  const of = instance(`(module
    (func (export "madd") (param f64 f64 f64) (result f64)
      (f64x2.extract_lane 0
        (f64x2.relaxed_madd (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)) (f64x2.splat (local.get 2)))))
    (func (export "dot") (param i32 i32) (result i32)
      (i16x8.extract_lane_s 0
        (i16x8.relaxed_dot_i8x16_i7x16_s (i8x16.splat (local.get 0)) (i8x16.splat (local.get 1))))))`)
  expect(call(of, 'madd', 1 + 2 ** -30, 1 + 2 ** -23, -(1 + 2 ** -30 + 2 ** -23))).toEqual([0])
  expect(call(of, 'dot', -128, -128)).toEqual([32767])
})
