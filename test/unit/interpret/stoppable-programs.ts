// Programs that do everything at which a run can stop, and what is left when they have ended.

import { ContinuationInstance } from '../../../src/runtime/continuation.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import type { CallOptions, RunHandle } from '../../../src/runtime/tier.ts'
import { i32Value, numberValue, refValue, type Value } from '../../../src/runtime/value.ts'
import { EXTERNREF, I64 } from '../../../src/syntax/types.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { func, hashOf, instance, type HostModule } from './wat-instance.ts'

export interface Program {
  readonly text: string
  /** Made anew for each run. */
  readonly imports?: () => HostModule
}

const later = (values: readonly Value[]): Promise<readonly Value[]> => Promise.resolve(values)

/** Another instance, whose functions call back through a table. */
function other(): HostModule {
  const own = instance(`(module
    (type $f (func (param i32) (result i32)))
    (memory 1)
    (table (export "table") 4 funcref)
    (elem (i32.const 0) $twice $back $tailback)
    (func $twice (export "twice") (type $f) (local i64)
      (i32.store (i32.const 8) (local.get 0))
      (i32.mul (i32.load (i32.const 8)) (i32.const 2)))
    (func $back (export "back") (type $f)
      (i32.add (i32.const 1000) (call_indirect (type $f) (i32.add (local.get 0) (i32.const 1)) (i32.const 3))))
    (func $tailback (export "tailback") (type $f) (local f64 i64)
      (return_call_indirect (type $f) (i32.add (local.get 0) (i32.const 1)) (i32.const 3))))`)
  const { exports } = own
  return Object.fromEntries(exports)
}

export const PROGRAMS: Readonly<Record<string, Program>> = {
  'loops, branches and values of all types': {
    text: `(module
      (memory (export "memory") 1)
      (global $g (mut i64) (i64.const 5)) (global $v (mut v128) (v128.const i64x2 1 2))
      (func (export "main") (result i32 i64 f32 f64 v128) (local $i i32) (local $v v128) (local $x i64)
        (local.set $v (i32x4.splat (i32.const 3)))
        (i32.const 7) (i64.const -1) (f32.const 1.5) (f64.const -2.5) (local.get $v)
        (loop $again (param v128) (result v128)
          (block $three (block $two (block $one (block $zero
            (br_table $zero $one $two $three (i32.and (local.get $i) (i32.const 3))))
            (local.set $x (i64.add (local.get $x) (i64.extend_i32_s (local.get $i)))) (br $three))
            (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 0x01010101))) (br $three))
            (global.set $g (i64.xor (global.get $g) (i64.shl (local.get $x) (i64.const 33)))))
          (i32x4.add (local.get $v))
          (global.set $v (i32x4.mul (global.get $v) (local.get $v)))
          (local.tee $v)
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 9))))
        (i8x16.add (global.get $v))))`,
  },
  'blocks with several values, and an if in the middle of an expression': {
    text: `(module
      (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
      (func (export "main") (result i64 i32 f64)
        (i32.const 3) (i64.const 4)
        (block (param i32 i64) (result i64 i32) (call $swap))
        (f64.const 1)
        (if (result f64) (i32.const 1)
          (then (f64.add (f64.const 2) (f64.const 3)))
          (else (f64.const 9)))
        (f64.mul)))`,
  },
  'recursion, calls through tables and references': {
    text: `(module
      (type $f (func (param i32) (result i32)))
      (table $t 3 funcref) (elem (table $t) (i32.const 0) func $fib $twice)
      (table $t64 i64 2 funcref) (elem (table $t64) (i64.const 1) func $twice)
      (elem declare func $twice)
      (func $fib (type $f)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call_indirect $t (type $f) (i32.sub (local.get 0) (i32.const 2)) (i32.const 0))))))
      (func $twice (type $f) (i32.add (local.get 0) (local.get 0)))
      (func (export "main") (result i32 i32 i32 i32)
        (i32.const -1)
        (call $fib (i32.const 6))
        (call_ref $f (i32.const 21) (ref.func $twice))
        (call_indirect $t64 (type $f) (i32.const 4) (i64.const 1))))`,
  },
  'tail calls, of its own functions and of those of another instance': {
    text: `(module
      (type $f (func (param i32) (result i32)))
      (import "" "back" (func $back (type $f))) (import "" "tailback" (func $tailback (type $f)))
      (import "" "table" (table $t 4 funcref))
      (elem (table $t) (i32.const 3) func $own)
      (elem declare func $even)
      (func $own (type $f) (if (i32.gt_u (local.get 0) (i32.const 6)) (then (return (i32.mul (local.get 0) (i32.const 3)))))
        (return_call $tailback (local.get 0)))
      (func $even (param i32 externref) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (ref.is_null (local.get 1)))))
        (return_call $odd (local.get 1) (i32.sub (local.get 0) (i32.const 1))))
      (type $e (func (param i32 externref) (result i32)))
      (func $odd (param externref i32) (result i32)
        (if (i32.eqz (local.get 1)) (then (return (i32.const 5))))
        (return_call_ref $e (i32.sub (local.get 1) (i32.const 1)) (local.get 0) (ref.func $even)))
      (func (export "main") (result i32 i32 i32 i32)
        (call $back (i32.const 1))
        (call $own (i32.const 2))
        (call_indirect $t (type $f) (i32.const 3) (i32.const 2))
        (call $even (i32.const 5) (ref.null extern))))`,
    imports: other,
  },
  'exceptions, caught in and out of the function that throws': {
    text: `(module
      (tag $e (param i32)) (tag $f (param i64 externref)) (tag $v (param v128))
      (global $log (export "log") (mut i32) (i32.const 0))
      (func $throw (param i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 10))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f (i64.const 20) (ref.null extern))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $v (v128.const i32x4 7 8 9 10)))))
      (func $one (param i32) (result i32) (local $x exnref)
        (i32.const 100)
        (block $all (result exnref)
          (block $e (result i32)
            (try_table (catch $e $e) (catch_all_ref $all) (call $throw (local.get 0)))
            (return (i32.const -1)))
          (return))
        (local.set $x)
        (drop)
        (block $f (result i64 externref)
          (try_table (catch $f $f) (throw_ref (local.get $x)))
          (unreachable))
        (drop) (i32.wrap_i64))
      (func (export "main") (result i32 i32 i32)
        (call $one (i32.const 0)) (call $one (i32.const 1)) (call $one (i32.const 2))))`,
  },
  'exceptions of the legacy kind, whose handlers keep them': {
    text: `(module
      (tag $e (param i32)) (tag $f (param i64 i32)) (tag $v (param v128))
      (func $throw (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 10))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f (i64.const 20) (i32.const 5))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $v (v128.const i32x4 7 8 9 10))))
        (local.get 0))
      (func $handlers (param i32) (result i32)
        (i32.const 1000)
        (try $t (result i32)
          (do (call $throw (local.get 0)))
          (catch $e (i32.add (i32.const 1)))
          (catch $f (i32.add (i32.const 200)) (br $t) (drop))
          (catch $v (i32x4.extract_lane 3) (call $throw (i32.const 4)) (i32.add))
          (catch_all (i32.const 3)))
        (i32.add))
      (func $rethrow (param i32) (result i32)
        (try (result i32)
          (do (try $inner (result i32)
            (do (call $throw (local.get 0)))
            (catch $e
              (try (do (drop (call $throw (i32.const 2)))) (catch $f (drop) (drop) (if (local.get 0) (then (rethrow $inner)))))
              (drop) (i32.const -1))))
          (catch $e)))
      (func $delegate (param i32) (result i32)
        (try $outer (result i32)
          (do (try (result i32)
            (do (try (result i32) (do (call $throw (local.get 0))) (delegate $outer)))
            (catch_all (i32.const -1))))
          (catch $e (i32.add (i32.const 5)))))
      (func (export "main") (result i32 i32 i32 i32 i32 i32)
        (call $handlers (i32.const 1)) (call $handlers (i32.const 2)) (call $handlers (i32.const 3)) (call $handlers (i32.const 0))
        (call $rethrow (i32.const 1)) (call $delegate (i32.const 1))))`,
  },
  'bulk operations that are paid in instalments, and growth': {
    text: `(module
      (memory $m (export "memory") 1 5) (memory $wide (export "wide") i64 1)
      (table $t 4 40 externref) (table $f 4 funcref)
      (data $bytes "\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10\\11\\12\\13\\14\\15")
      (elem $refs funcref (ref.func $main) (ref.null func) (ref.func $main))
      (func $main (export "main") (param externref) (result i32 i64 i32) (local $x i32)
        (i32.const 77)
        (memory.init $m $bytes (i32.const 100) (i32.const 1) (i32.const 20))
        (memory.copy $m $m (i32.const 103) (i32.const 100) (i32.const 90))
        (memory.fill $m (i32.const 5000) (i32.const 0xab) (i32.const 77))
        (memory.copy $wide $m (i64.const 50) (i32.const 90) (i32.const 33))
        (memory.fill $wide (i64.const 500) (i32.const 0xcd) (i64.const 40))
        (i64.store $wide offset=8 (i64.const 16) (i64.load $wide offset=10 (i64.const 40)))
        (data.drop $bytes)
        (local.set $x (memory.grow $m (i32.const 1)))
        (i32.store8 $m (i32.const 0x1ffff) (i32.const 77))
        (table.set $t (i32.const 3) (local.get 0))
        (drop (table.grow $t (local.get 0) (i32.const 9)))
        (table.fill $t (i32.const 1) (local.get 0) (i32.const 5))
        (table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 8))
        (table.init $f $refs (i32.const 1) (i32.const 0) (i32.const 2))
        (elem.drop $refs)
        (i32.add (local.get $x))
        (i64.load $wide (i64.const 24))
        (i32.add (ref.is_null (table.get $t (i32.const 2))) (table.size $t))))`,
  },
  'structures, arrays and casts': {
    text: `(module
      (type $s (sub (struct (field i8) (field (mut i64)) (field (ref null $s)))))
      (type $d (sub $s (struct (field i8) (field (mut i64)) (field (ref null $s)) (field v128))))
      (type $a (array (mut i32)))
      (data $bytes "abcdefghijkl")
      (func (export "main") (result i32 i64 i32 i32 i31ref) (local $x (ref $s)) (local $y anyref) (local $z (ref $a))
        (local.set $x (struct.new $s (i32.const 300) (i64.const 5) (ref.null $s)))
        (local.set $y (struct.new $d (i32.const -1) (i64.const 6) (local.get $x) (v128.const i64x2 1 2)))
        (struct.set $s 1 (local.get $x) (i64.add (struct.get $s 1 (local.get $x)) (i64.const 100)))
        (block $no (result anyref)
          (local.set $x (br_on_cast_fail $no anyref (ref $d) (local.get $y)))
          (ref.null any))
        (drop)
        (local.set $z (array.new $a (i32.const 9) (i32.const 12)))
        (array.fill $a (local.get $z) (i32.const 2) (i32.const 4) (i32.const 6))
        (array.copy $a $a (local.get $z) (i32.const 1) (local.get $z) (i32.const 4) (i32.const 5))
        (struct.get_u $s 0 (local.get $x))
        (i64.add (struct.get $s 1 (local.get $x)) (struct.get $s 1 (ref.as_non_null (struct.get $s 2 (local.get $x)))))
        (i32.add (array.get $a (local.get $z) (i32.const 8)) (array.get $a (array.new_data $a $bytes (i32.const 2) (i32.const 2)) (i32.const 1)))
        (ref.eq (local.get $z) (ref.cast (ref null $a) (local.get $z)))
        (ref.i31 (i32.const -5))))`,
  },
  'host functions, which give values, promises and exceptions': {
    text: `(module
      (import "" "now" (func $now (param i32) (result i32)))
      (import "" "later" (func $later (param i32 i64) (result i32)))
      (import "" "fails" (func $fails (param externref) (result i32)))
      (import "" "both" (func $both (result i32 i64 externref)))
      (table $t 1 funcref) (elem (table $t) (i32.const 0) func $later)
      (type $l (func (param i32 i64) (result i32)))
      (func $tail (param i32) (result i32) (local i64 i64) (return_call $later (local.get 0) (i64.const 3)))
      (func $tail2 (param i32) (result i32) (return_call_indirect $t (type $l) (local.get 0) (i64.const 3) (i32.const 0)))
      (func $catching (param externref) (result i32)
        (try (result i32) (do (call $fails (local.get 0))) (catch_all (i32.const 55))))
      (func (export "main") (param externref) (result i32 i32 i32 i32 i32 i64 externref)
        (call $now (i32.const 1))
        (i32.add (i32.const 100) (call $later (i32.const 2) (i64.const 2)))
        (i32.add (call $tail (i32.const 3)) (call $tail2 (i32.const 4)))
        (call $catching (local.get 0))
        (call $both))
      (func (export "tail") (param externref) (result i32) (return_call $fails (local.get 0))))`,
    imports: () => ({
      now: ([x]) => [i32Value(x!.lo + 1)],
      later: ([x, y]) => later([i32Value(x!.lo * 10 + y!.lo)]),
      fails: async () => {
        await Promise.resolve()
        throw new TypeError('it failed')
      },
      both: () => later([i32Value(1), numberValue(I64, 2, 3), refValue(EXTERNREF, 'x')]),
    }),
  },
  continuations: {
    text: `(module
      (type $gen (func)) (type $k (cont $gen))
      (type $pair (func (param i32 i64) (result i64))) (type $kp (cont $pair))
      (type $one (func (param i64) (result i64))) (type $k1 (cont $one))
      (type $twofold (func (param i32) (result i64))) (type $k2 (cont $twofold))
      (rec (type $st (func (param (ref null $s)))) (type $s (cont $st)))
      (import "" "later" (func $later (param i32) (result i64)))
      (import "" "twice" (func $twice (param i32) (result i32)))
      (tag $yield (param i32)) (tag $ask (param i32) (result i32)) (tag $e (param i32)) (tag $swap)
      (global $kept (mut (ref null $k)) (ref.null $k))
      (global $log (export "log") (mut i32) (i32.const 0))
      (elem declare func $count $add $ping $pong $catching $asking $later)
      (func $note (param i32) (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
      (func $inner (param $n i32) (param $depth i32)
        (if (local.get $depth)
          (then (call $inner (local.get $n) (i32.sub (local.get $depth) (i32.const 1))))
          (else (suspend $yield (call $twice (local.get $n))))))
      (func $count (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (call $inner (local.get $i) (local.get $i))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 3)))))
      (func $sum (param $k (ref null $k)) (result i32) (local $sum i32)
        (loop $again
          (block $h (result i32 (ref $k))
            (resume $k (on $yield $h) (local.get $k))
            (return (local.get $sum)))
          (local.set $k)
          (local.set $sum (i32.add (local.get $sum)))
          (br $again))
        (unreachable))
      (func $add (type $pair) (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
      (func $asking (type $twofold) (i64.extend_i32_u (i32.add (local.get 0) (suspend $ask (i32.const 7)))))
      (func $ask (result i64) (local $k (ref null $k2))
        (block $h (result i32 (ref $k2))
          (resume $k2 (on $ask $h) (i32.const 1000) (cont.new $k2 (ref.func $asking)))
          (return))
        (local.set $k)
        (resume $k2 (local.get $k)))
      (func $ping (type $st) (local $next (ref null $s))
        (local.set $next (local.get 0))
        (call $note (i32.const 1))
        (local.set $next (switch $s $swap (local.get $next)))
        (call $note (i32.const 3))
        (drop (switch $s $swap (local.get $next))))
      (func $pong (type $st) (local $next (ref null $s))
        (local.set $next (local.get 0))
        (call $note (i32.const 2))
        (local.set $next (switch $s $swap (local.get $next)))
        (call $note (i32.const 4)))
      (func $catching
        (block $h (result i32) (try_table (catch $e $h) (call $inner (i32.const 1) (i32.const 3))) (return))
        (call $note)
        (throw $e (i32.const 8)))
      (func $thrown (result i32)
        (block $out (result i32)
          (try_table (catch $e $out)
            (block $h (result i32 (ref $k))
              (resume $k (on $yield $h) (cont.new $k (ref.func $catching)))
              (unreachable))
            (global.set $kept) (drop)
            (resume_throw $k $e (i32.const 7) (global.get $kept)))
          (unreachable)))
      (func (export "main") (result i32 i64 i64 i64 i32)
        (call $sum (cont.new $k (ref.func $count)))
        (resume $k1 (i64.const 40) (cont.bind $kp $k1 (i32.const 2) (cont.new $kp (ref.func $add))))
        (call $ask)
        (resume $k2 (i32.const 9) (cont.new $k2 (ref.func $later)))
        (resume $s (on $swap switch) (cont.new $s (ref.func $pong)) (cont.new $s (ref.func $ping)))
        (call $thrown)))`,
    imports: () => ({ ...other(), later: ([x]) => later([numberValue(I64, x!.lo, 1)]) }),
  },
  waits: {
    text: `(module (memory 1 1 shared) (memory $wide i64 1 1 shared)
      (func (export "main") (result i32 i32 i32 i64)
        (i32.const 5)
        (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1))
        (i32.add)
        (i32.add (i32.const 40) (memory.atomic.wait64 $wide offset=16 (i64.const 8) (i64.const 0) (i64.const 1000)))
        (memory.atomic.notify $wide offset=4 (i64.const 12) (i32.const 9))
        (i64.atomic.rmw.add $wide offset=8 (i64.const 16) (i64.const 3))))`,
  },
}

/** Waits that end by themselves, in an order that does not depend on time. */
const WAITS: NonNullable<CallOptions['waits']> = {
  suspend: ({ address, timeout }) => ({
    result: Promise.resolve((address % 5) + (timeout < 0n ? 10 : 20)),
    release: () => undefined,
  }),
  block: () => 0,
  notify: (_, address) => address,
}

export function stateOf(of: Instance): unknown {
  return {
    memories: of.memories.map(({ bytes }) => [bytes.length, hashOf(bytes)]),
    globals: of.globals.map((global) => {
      const { lo, hi, upper } = global.get()
      return [lo, hi, upper]
    }),
    tables: of.tables.map(({ elems }) => elems.map((elem) => (elem instanceof FuncInstance ? elem.toString() : elem))),
  }
}

const ARGUMENT = { toString: () => 'the argument' }

export function made({ text, imports }: Program): Instance {
  return instance(text, { imports: imports?.() ?? {} })
}

export const PROGRAM_OPTIONS: CallOptions = { waits: WAITS }

/** A run of an exported function, whose arguments are the same for all. */
export function begin(of: Instance, name: string, options: CallOptions = {}): RunHandle {
  const callee = func(of, name)
  const args = callee.type.params.map((type) => refValue(type, ARGUMENT))
  return interpreter.start(callee, args, { ...PROGRAM_OPTIONS, ...options })
}

/** Saves what suspended continuations will do, and gives them what is restored from that. */
export function moveContinuations({ store }: Instance): void {
  for (const object of store.heap.objects()) {
    if (!(object instanceof ContinuationInstance) || object.computation === undefined) continue
    const { from, bound } = object.computation
    if (!('stretch' in from)) continue
    const stretch = interpreter.restoreStretch(interpreter.saveStretch(from.stretch), object.type, bound)
    object.computation = { from: { stretch }, bound }
  }
}

/** A name, which function is called, and the program. */
export const CASES: readonly (readonly [what: string, name: string, program: Program])[] = Object.entries(
  PROGRAMS,
).flatMap(([what, program]) =>
  [...program.text.matchAll(/\(export "(main|tail)"\)/g)].map(([, name]) => [what, name!, program] as const),
)
