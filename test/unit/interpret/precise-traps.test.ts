// A precise run that has trapped is saved as it was before the instruction that trapped: whoever restores it comes to the same trap, and has used
// as much fuel as any other run that came there.

import { describe, expect, it } from 'vitest'
import { Trap } from '../../../src/errors/trap.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { SavedRun } from '../../../src/runtime/saved-run.ts'
import type { StoreLimits } from '../../../src/runtime/store.ts'
import type { CallOptions, RunHandle } from '../../../src/runtime/tier.ts'
import { toJs } from '../../../src/runtime/value.ts'
import { func, instance, start, type HostModule } from './wat-instance.ts'

interface Trapping {
  /** Of the module, which exports `main`; or the body of that. */
  readonly text: string
  readonly imports?: HostModule
  readonly limits?: Partial<StoreLimits>
  /** What the innermost frame holds before the instruction that traps. */
  readonly operands?: readonly unknown[]
  readonly locals?: readonly unknown[]
}

/** A body in a module that has one of everything. What follows the trap in its block counts as executed. */
function inBody(body: string): string {
  return `(module
    (type $f (func (param i32) (result i32))) (type $g (func (param i64)))
    (type $s (struct (field (mut i32)))) (type $a (array (mut i32))) (type $r (array (mut (ref null $a))))
    (type $v (func)) (type $k (cont $v)) (type $ks (array (mut (ref null $k))))
    (memory 1) (memory $wide i64 1) (memory $shared 1 1 shared) (memory $shared64 i64 1 1 shared)
    (table $t 4 funcref) (table $t64 i64 4 funcref) (table $x 4 8 externref)
    (data $bytes "abcdef") (elem $elems funcref (ref.func $g)) (elem $as (ref null $a) (ref.null $a))
    (elem (table $t) (i32.const 1) func $g)
    (tag $e (param i32)) (tag $y)
    (func $g (param i64)) (func $nothing) (elem declare func $nothing $yields)
    (func $yields (suspend $y))
    (global $n (mut i32) (i32.const 0))
    (func (export "main") (local $l i32) (local $k (ref null $k)) (local $z (ref null $a)) (local $ks (ref null $ks))
      (local.set $l (i32.const 7))
      (block (br_if 0 (i32.eqz (local.get $l)))
        (i64.const 99)
        ${body}
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (drop))))`
}

const NULL = null

// prettier-ignore
const BODIES: Readonly<Record<string, readonly [body: string, operands: readonly unknown[]]>> = {
  'unreachable': ['(unreachable)', [99n]],
  'a division by zero': ['(drop (i32.div_s (i32.const 5) (i32.const 0)))', [99n, 5, 0]],
  'a division of 64 bits that overflows': ['(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))', [99n, -(2n ** 63n), -1n]],
  'a conversion of what is no number': ['(drop (i32.trunc_f64_s (f64.const nan)))', [99n, NaN]],
  'a conversion that overflows': ['(drop (i64.trunc_f32_u (f32.const -1)))', [99n, -1]],
  'a load out of bounds': ['(drop (i32.load offset=4 (i32.const 65533)))', [99n, 65533]],
  'a store out of bounds': ['(i64.store (i32.const -1) (i64.const 3))', [99n, -1, 3n]],
  'a store into a large memory': ['(i64.store $wide offset=8 (i64.const 0x1_0000_0000) (i64.const 3))', [99n, 2n ** 32n, 3n]],
  'a store just out of a large memory': ['(i32.store $wide offset=8 (i64.const 65530) (i32.const 3))', [99n, 65530n, 3]],
  'a load of a lane': ['(drop (v128.load8_lane $wide 3 (i64.const 70000) (i8x16.splat (local.get $l))))', [99n, 70000n, undefined]],
  'memory.fill': ['(memory.fill (i32.const 65000) (i32.const 1) (i32.const 800))', [99n, 65000, 1, 800]],
  'memory.copy between memories': ['(memory.copy $wide 0 (i64.const 65500) (i32.const 4) (i32.const 99))', [99n, 65500n, 4, 99]],
  'memory.fill of more than there can be': ['(memory.fill $wide (i64.const 1) (i32.const 1) (i64.const 0x1_0000_0000_0000))', [99n, 1n, 1, 2n ** 48n]],
  'memory.init': ['(memory.init $bytes (i32.const 0) (i32.const 3) (i32.const 17))', [99n, 0, 3, 17]],
  'table.get': ['(drop (table.get $t (i32.const 4)))', [99n, 4]],
  'table.get of a large table': ['(drop (table.get $t64 (i64.const 0x1_0000_0001)))', [99n, 2n ** 32n + 1n]],
  'table.set': ['(table.set $x (i32.const 9) (ref.null extern))', [99n, 9, NULL]],
  'table.fill': ['(table.fill $x (i32.const 2) (ref.null extern) (i32.const 3))', [99n, 2, NULL, 3]],
  'table.copy': ['(table.copy $t64 $t (i64.const 2) (i32.const 1) (i32.const 3))', [99n, 2n, 1, 3]],
  'table.init': ['(table.init $t $elems (i32.const 2) (i32.const 1) (i32.const 9))', [99n, 2, 1, 9]],
  'an indirect call beyond the table': ['(drop (call_indirect $t (type $f) (i32.const 8) (i32.const 9)))', [99n, 8, 9]],
  'an indirect call of nothing': ['(drop (call_indirect $t64 (type $f) (i32.const 8) (i64.const 3)))', [99n, 8, 3n]],
  'an indirect call of another type': ['(drop (call_indirect $t (type $f) (i32.const 8) (i32.const 1)))', [99n, 8, 1]],
  'a tail call beyond the table': ['(return_call_indirect $t (type $g) (i64.const 8) (i32.const 9))', [99n, 8n, 9]],
  'a call of null': ['(drop (call_ref $f (i32.const 8) (ref.null $f)))', [99n, 8, NULL]],
  'a tail call of null': ['(return_call_ref $g (i64.const 8) (ref.null $g))', [99n, 8n, NULL]],
  'ref.as_non_null': ['(drop (ref.as_non_null (ref.null any)))', [99n, NULL]],
  'ref.cast': ['(drop (ref.cast (ref i31) (ref.null any)))', [99n, NULL]],
  'struct.get of null': ['(drop (struct.get $s 0 (ref.null $s)))', [99n, NULL]],
  'struct.set of null': ['(struct.set $s 0 (ref.null $s) (i32.const 4))', [99n, NULL, 4]],
  'i31.get_s of null': ['(drop (i31.get_s (ref.null i31)))', [99n, NULL]],
  'array.get of null': ['(drop (array.get $a (ref.null $a) (i32.const 1)))', [99n, NULL, 1]],
  'array.get beyond the end': ['(local.set $z (array.new_default $a (i32.const 5))) (drop (array.get $a (local.get $z) (i32.const 5)))', [99n, undefined, 5]],
  'array.fill': ['(local.set $z (array.new_default $a (i32.const 5))) (array.fill $a (local.get $z) (i32.const 3) (i32.const 4) (i32.const 5))', [99n, undefined, 3, 4, 5]],
  'array.copy': ['(local.set $z (array.new_default $a (i32.const 5))) (array.copy $a $a (local.get $z) (i32.const 3) (local.get $z) (i32.const 1) (i32.const 4))', [99n, undefined, 3, undefined, 1, 4]],
  'array.new_data': ['(drop (array.new_data $a $bytes (i32.const 0) (i32.const 6)))', [99n, 0, 6]],
  'array.new_elem': ['(drop (array.new_elem $r $as (i32.const 1) (i32.const 6)))', [99n, 1, 6]],
  'array.init_data': ['(array.init_data $a $bytes (array.new_default $a (i32.const 5)) (i32.const 0) (i32.const 0) (i32.const 5))', [99n, undefined, 0, 0, 5]],
  'throw_ref of null': ['(throw_ref (ref.null exn))', [99n, NULL]],
  'an exception that nobody catches': ['(throw $e (i32.const 3))', [99n, 3]],
  'an atomic access that is not aligned': ['(drop (i32.atomic.rmw.add $shared64 offset=1 (i64.const 4) (i32.const 1)))', [99n, 4n, 1]],
  'a notification out of bounds': ['(drop (memory.atomic.notify $shared64 offset=8 (i64.const 65532) (i32.const 1)))', [99n, 65532n, 1]],
  'a notification that is not aligned': ['(drop (memory.atomic.notify $shared (i32.const 1) (i32.const 1)))', [99n, 1, 1]],
  'a wait on what is not shared': ['(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))', [99n, 8, 0, -1n]],
  'a wait out of bounds': ['(drop (memory.atomic.wait32 $shared64 offset=8 (i64.const 65532) (i32.const 0) (i64.const -1)))', [99n, 65532n, 0, -1n]],
  'cont.new of null': ['(drop (cont.new $k (ref.null $v)))', [99n, NULL]],
  'resume of null': ['(resume $k (ref.null $k))', [99n, NULL]],
  'resume of what was used': ['(local.set $k (cont.new $k (ref.func $nothing))) (resume $k (local.get $k)) (resume $k (local.get $k))', [99n, undefined]],
  'resume_throw of null': ['(resume_throw $k $e (i32.const 3) (ref.null $k))', [99n, 3, NULL]],
  'a suspension that nobody handles': ['(resume $k (cont.new $k (ref.func $yields)))', []],
  'cont.new beyond the quota of the heap': ['(local.set $ks (array.new_default $ks (i32.const 500))) (loop $l (array.set $ks (local.get $ks) (local.get $l) (cont.new $k (ref.func $nothing))) (local.set $l (i32.add (local.get $l) (i32.const 1))) (br $l))', [99n, undefined, undefined, undefined]],
}

const MODULES: Readonly<Record<string, Trapping>> = {
  'calls that nest too deeply': {
    text: `(module (func $f (export "main") (param i32) (result i32) (local i64 v128)
      (i32.add (i32.const 5) (call $f (i32.add (local.get 0) (i32.const 1))))))`,
    limits: { stackFrames: 300 },
    locals: [299, 0n, undefined],
    operands: [5, 300],
  },
  'frames that are too large': {
    text: `(module (func $f (export "main") (param i32) (result i32) ${'(local i64)'.repeat(500)}
      (drop (call $g (i32.const 3)))
      (i32.add (i32.const 5) (call $f (i32.add (local.get 0) (i32.const 1)))))
      (func $g (param i32) (result i32) (i32.const 1)))`,
    limits: { stackBytes: 100_000 },
  },
  'a tail call of a function with too large a frame': {
    text: `(module (func (export "main") (local i32) (local.set 0 (i32.const 6)) (return_call $f (local.get 0) (i64.const 4)))
      (func $f (param i32 i64) ${'(local i64)'.repeat(3000)}))`,
    limits: { stackBytes: 20_000 },
    locals: [6],
    operands: [6, 4n],
  },
  'a continuation for which there is no room': {
    text: `(module (type $f (func)) (type $k (cont $f)) (elem declare func $f)
      (func $f (export "main") (resume $k (cont.new $k (ref.func $f)))))`,
    limits: { stackFrames: 100 },
  },
  'an exception that a suspended continuation does not catch': {
    text: `(module (type $f (func (param i64))) (type $k (cont $f)) (type $v (func)) (type $kv (cont $v)) (tag $y) (tag $e (param i32))
      (elem declare func $f)
      (func $g (suspend $y))
      (func $f (param i64) (i32.const 4) (call $g) (drop))
      (func (export "main")
        (resume_throw $kv $e (i32.const 5)
          (block $h (result (ref $kv))
            (resume $k (on $y $h) (i64.const 3) (cont.new $k (ref.func $f)))
            (unreachable)))))`,
  },
  'structures beyond the quota': {
    text: `(module (type $s (struct (field (ref null $s)) (field i64)))
      (func (export "main") (local $s (ref null $s)) (local $n i32)
        (loop $l
          (local.set $s (struct.new $s (local.get $s) (i64.const 5)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $l))))`,
    limits: { heapBytes: 20_000 },
  },
  'arrays beyond the quota': {
    text: `(module (type $a (array (mut i64))) (type $r (array (mut (ref null $a))))
      (func (export "main") (local $r (ref null $r)) (local $n i32)
        (local.set $r (array.new_default $r (i32.const 100)))
        (loop $l
          (array.set $r (local.get $r) (local.get $n) (array.new $a (i64.const 3) (i32.const 77)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $l))))`,
    limits: { heapBytes: 20_000 },
  },
  'a trap of a host function': {
    text: `(module (import "" "traps" (func $traps (param i32) (result i32)))
      (func (export "main") (drop (call $f (i32.const 4))))
      (func $f (param i32) (result i32) (i32.const 9) (i32.add (call $traps (i32.const 6)))))`,
    imports: {
      traps: (_, { charge }) => {
        charge(1000)
        throw new Trap('UNREACHABLE' as never, 'said the host')
      },
    },
    operands: [9],
    locals: [4],
  },
  'an error of a host function, in a tail call': {
    text: `(module (import "" "fails" (func $fails (param i32) (result i32)))
      (func (export "main") (drop (call $f (i32.const 4))))
      (func $f (param i32) (result i32) (i32.const 9) (return_call $fails (i32.const 6))))`,
    imports: {
      fails: () => {
        throw new RangeError('said the host')
      },
    },
  },
  'too many exceptions': {
    text: `(module (tag $e (param i32 i64)) (type $a (array (mut (ref null exn))))
      (func (export "main") (local $n i32) (local $a (ref null $a))
        (local.set $a (array.new_default $a (i32.const 1000)))
        (loop $l
          (array.set $a (local.get $a) (local.get $n) (block $h (result exnref)
            (try_table (catch_all_ref $h) (throw $e (i32.const 5) (i64.const 6))) (unreachable)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $l))))`,
    limits: { heapBytes: 20_000 },
  },
}

const CASES: readonly (readonly [string, Trapping])[] = [
  ...Object.entries(BODIES).map(
    ([what, [body, operands]]) => [what, { text: inBody(body), operands, limits: { heapBytes: 15_000 } }] as const,
  ),
  ...Object.entries(MODULES),
]

interface Trapped {
  readonly error: string
  readonly fuelUsed: number
  readonly places: readonly unknown[]
}

function begun({ text, imports = {}, limits = {} }: Trapping, options: CallOptions): RunHandle {
  const of = instance(text, { imports, limits })
  const { type } = func(of, 'main')
  return type.params.length === 0 ? interpreter.start(func(of, 'main'), [], options) : startPrecise(of, options)
}

function startPrecise(of: ReturnType<typeof instance>, options: CallOptions): RunHandle {
  const fresh = start(of, 'main', 0)
  const { func: callee, next } = fresh.save()
  return interpreter.start(callee, next.kind === 'begin' ? next.args : [], options)
}

/** A length of 64 bits may cost so much that nobody wants to pay it unit by unit. */
const MUCH = 10_000

/** Goes on to the trap, stopping every `k` units. */
function toTrap(run: RunHandle, k = Infinity): Trapped {
  for (;;) {
    const stop = run.resume(run.fuelUsed < MUCH ? k : k * 100_000_000)
    if (stop.kind === 'fuel') continue
    if (stop.kind !== 'trap') throw new Error(`no trap: ${stop.kind}`)
    const { error } = stop
    const places = error instanceof Trap ? error.frames.map(({ funcIdx, offset }) => [funcIdx, offset]) : []
    return { error: String(error), fuelUsed: run.fuelUsed, places }
  }
}

function shown(values: SavedRun['frames'][number]['operands'], expected: readonly unknown[]): unknown[] {
  return values.map((value, i) => (expected[i] === undefined ? undefined : toJs(value)))
}

describe('a precise run that traps', () => {
  it.each(CASES)('has used the fuel that a metered run has, however often it stops: %s', (_, program) => {
    const expected = toTrap(begun(program, {}))
    expect(toTrap(begun(program, {}), 1)).toEqual(expected)
    for (const k of [1, 7, Infinity]) expect(toTrap(begun(program, { precise: true }), k)).toEqual(expected)
  })

  it.each(CASES)('is saved as it was before the instruction, and traps there again: %s', (_, program) => {
    const expected = toTrap(begun(program, {}))
    for (const k of [3, Infinity]) {
      const run = begun(program, { precise: true })
      toTrap(run, k)
      const saved = run.save()
      const innermost = saved.frames.at(-1)!
      if (expected.places.length > 0 && saved.next.kind === 'instruction') {
        expect([innermost.funcIdx, innermost.offset]).toEqual(expected.places[0])
        expect(saved.fuelUsed).toBeLessThan(expected.fuelUsed)
      }
      const { operands, locals } = program
      if (operands !== undefined) expect(shown(innermost.operands, operands)).toEqual(operands)
      if (locals !== undefined) expect(shown(innermost.locals, locals)).toEqual(locals)
      for (const precise of [true, false]) {
        expect(toTrap(interpreter.restore(saved, { precise }))).toEqual(expected)
        expect(toTrap(interpreter.restore(saved, { precise }), 1)).toEqual(expected)
      }
      const again = interpreter.restore(saved, { precise: true })
      toTrap(again)
      expect(again.save()).toEqual(saved)
    }
  })
})
