// Continuations: suspended, resumed and switched between, in every mode, over instances and exceptions, and as data.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { objdump } from '../../../src/debug/objdump/objdump.ts'
import { Engine } from '../../../src/embed/engine.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { ContinuationInstance } from '../../../src/runtime/continuation.ts'
import { WasmException } from '../../../src/runtime/exception.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { call, finish, func, instance, resultsOf, start } from './wat-instance.ts'

/** Generators of numbers, some of which suspend deep in a recursion; a switch back and forth; exceptions thrown into a suspension. */
const PROGRAM = `(module
  (type $gen (func)) (type $k (cont $gen))
  (type $pair (func (param i32 i64) (result i64))) (type $kp (cont $pair))
  (type $one (func (param i64) (result i64))) (type $k1 (cont $one))
  (rec (type $st (func (param (ref null $s)))) (type $s (cont $st)))
  (tag $yield (param i32)) (tag $e (param i32)) (tag $swap)
  (global $kept (mut (ref null $k)) (ref.null $k))
  (global $log (mut i32) (i32.const 0))
  (elem declare func $count $add $ping $pong $catching $deep $host)
  (import "" "host" (func $host))
  (func $note (param i32)
    (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
  (func $inner (param $n i32) (param $depth i32)
    (if (local.get $depth)
      (then (call $inner (local.get $n) (i32.sub (local.get $depth) (i32.const 1))))
      (else (suspend $yield (local.get $n)))))
  (func $count (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (call $inner (local.get $i) (local.get $i))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 5)))))
  (func $sum (param $k (ref null $k)) (result i32) (local $sum i32)
    (loop $again
      (block $h (result i32 (ref $k))
        (resume $k (on $yield $h) (local.get $k))
        (return (local.get $sum)))
      (local.set $k)
      (local.set $sum (i32.add (local.get $sum)))
      (br $again))
    (unreachable))
  (func (export "sum") (result i32) (call $sum (cont.new $k (ref.func $count))))
  (func $add (type $pair) (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
  (func (export "bound") (result i64)
    (resume $k1 (i64.const 40) (cont.bind $kp $k1 (i32.const 2) (cont.new $kp (ref.func $add)))))
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
  (func (export "switch") (result i32)
    (resume $s (on $swap switch) (cont.new $s (ref.func $pong)) (cont.new $s (ref.func $ping)))
    (global.get $log))
  (func $catching
    (block $h (result i32) (try_table (catch $e $h) (call $inner (i32.const 1) (i32.const 3))) (return))
    (call $note)
    (throw $e (i32.const 8)))
  (func (export "thrown into") (result i32)
    (block $out (result i32)
      (try_table (catch $e $out)
        (block $h (result i32 (ref $k))
          (resume $k (on $yield $h) (cont.new $k (ref.func $catching)))
          (unreachable))
        (global.set $kept) (drop)
        (resume_throw $k $e (i32.const 7) (global.get $kept)))
      (unreachable))
    (i32.add (i32.mul (global.get $log) (i32.const 100))))
  (func (export "keep")
    (block $h (result i32 (ref $k))
      (resume $k (on $yield $h) (cont.new $k (ref.func $count)))
      (unreachable))
    (global.set $kept) (drop))
  (func (export "rest") (result i32) (call $sum (global.get $kept)))
  (func $deep (call $inner (i32.const 9) (i32.const 20000)))
  (func (export "deep") (result i32) (call $sum (cont.new $k (ref.func $deep))))
  (func (export "host") (resume $k (cont.new $k (ref.func $host))))
  (func (export "lost") (suspend $yield (i32.const 1)))
  (func (export "get") (result (ref null $k)) (global.get $kept)))`

const TEXT = PROGRAM.replace('(import "" "host" (func $host))', '').replace(
  '(rec',
  '(import "" "host" (func $host)) (rec',
)
const make = (host: () => never[] = () => []) => instance(TEXT, { imports: { host } })

const CALLS: readonly (readonly [name: string, result: unknown])[] = [
  ['sum', 15],
  ['bound', 42n],
  ['switch', 1234],
  ['thrown into', 708],
  ['deep', 9],
]

describe('a continuation', () => {
  it.each(CALLS)('comes to the same, and uses the same fuel, wherever its run stops: %s', (name, result) => {
    expect(call(make(), name)).toEqual([result])
    const through = start(make(), name)
    expect(resultsOf(finish(through))).toEqual([result])
    for (const k of name === 'deep' ? [1000] : [1, 3, 7]) {
      const run = start(make(), name)
      expect(resultsOf(finish(run, k))).toEqual([result])
      expect(run.fuelUsed).toBe(through.fuelUsed)
    }
  })

  it('goes on where its run was moved between any two instructions', () => {
    const [of, other] = [make(), make()]
    const run = start(of, 'sum')
    let stop = run.resume(1)
    while (stop.kind === 'fuel') {
      call(other, 'bound')
      stop = run.step()
    }
    expect(resultsOf(stop)).toEqual([15])
  })

  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('may be suspended by one run and resumed by another (metered: %s, then %s)', (first, second) => {
    const of = make()
    const run = (name: string, metered: boolean): unknown[] =>
      metered ? resultsOf(finish(start(of, name), 3)) : call(of, name)
    run('keep', first)
    expect(run('rest', second)).toEqual([14])
    expect(() => run('rest', second)).toThrow('continuation already consumed')
  })

  it('is counted by the run that resumes it', () => {
    const of = make()
    call(of, 'keep')
    const rest = start(of, 'rest')
    resultsOf(finish(rest))
    const all = start(make(), 'sum')
    resultsOf(finish(all))
    const kept = start(make(), 'keep')
    resultsOf(finish(kept))
    expect(rest.fuelUsed).toBeGreaterThan(100)
    expect(Math.abs(rest.fuelUsed + kept.fuelUsed - all.fuelUsed)).toBeLessThan(30)
  })

  it('is data, with a size and references, and empty once it is used', () => {
    const of = make()
    call(of, 'keep')
    const [kept] = interpreter.invoke(func(of, 'get'), [])
    const continuation = kept!.ref as ContinuationInstance
    expect(continuation).toBeInstanceOf(ContinuationInstance)
    const size = continuation.byteSize
    expect(size).toBeGreaterThan(300)
    expect([...continuation.references()].length).toBeGreaterThan(0)
    call(of, 'rest')
    expect(continuation.byteSize).toBeLessThan(size)
    expect([...continuation.references()]).toEqual([])
  })

  it('may be a host function, whose exceptions pass through the resumption', () => {
    let calls = 0
    const of = make(() => {
      calls++
      return []
    })
    expect(call(of, 'host')).toEqual([])
    expect(calls).toBe(1)
    const failing = make(() => {
      throw new Error('from the host')
    })
    expect(() => call(failing, 'host')).toThrow('from the host')
  })

  it('is not suspended over a host function, nor where nobody handles the tag', () => {
    const of = make()
    expect(() => call(of, 'lost')).toThrow(/^unhandled tag: (\$\w+|tag \d+)$/)
    const through = make(() => interpreter.invoke(func(of, 'lost'), []) as never[])
    expect(() => call(through, 'host')).toThrow(/^unhandled tag: (\$\w+|tag \d+)$/)
  })

  it('cannot make a stack deeper than the limit', () => {
    const of = instance(TEXT, { imports: { host: () => [] }, limits: { stackFrames: 10_000 } })
    expect(() => call(of, 'deep')).toThrow('call stack exhausted')
    expect(call(of, 'sum')).toEqual([15])
  })

  it('takes part in the quota of the heap', () => {
    const of = instance(
      `(module (type $f (func)) (type $k (cont $f)) (tag $t) (table $kept 100000 (ref null $k))
        (elem declare func $f) (func $f (suspend $t))
        (func (export "fill") (local $i i32)
          (loop $l
            (table.set $kept (local.get $i)
              (block $h (result (ref $k)) (resume $k (on $t $h) (cont.new $k (ref.func $f))) (unreachable)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l))))`,
      { limits: { heapBytes: 1_000_000 } },
    )
    expect(() => call(of, 'fill')).toThrow(/heap/)
  })

  it('is switched to only where both stacks come to what the resumption comes to: an integer is no structure', () => {
    const text = (results: string): string => `(module
      (type $s (struct (field i32)))
      (type $f (func (result (ref null $s)))) (type $k (cont $f))
      (type $back (func (result ${results}))) (type $kback (cont $back))
      (type $to (func (param (ref null $kback)) (result ${results}))) (type $kto (cont $to))
      (tag $t (result ${results})) (elem declare func $from $other)
      (func $from (type $f) (switch $kto $t (cont.new $kto (ref.func $other))) (ref.null $s))
      (func $other (type $to) (unreachable))
      (func (export "f") (result (ref null $s)) (resume $k (on $t switch) (cont.new $k (ref.func $from)))))`
    expect(() => instance(text('i32'))).toThrow(/^type mismatch/)
    expect(() => instance(text('(ref $s)'))).toThrow(/^type mismatch/)
    expect(() => instance(text('anyref'))).toThrow(/^type mismatch/)
    expect(() => call(instance(text('(ref null $s)')), 'f')).toThrow('unreachable')
  })

  it('leaves exceptions that it does not catch to whoever resumed it', () => {
    const of = instance(`(module (type $f (func)) (type $k (cont $f)) (tag $e)
      (elem declare func $f) (func $f (throw $e))
      (func (export "f") (resume $k (cont.new $k (ref.func $f)))))`)
    expect(() => call(of, 'f')).toThrow(WasmException)
  })
})

describe('the text and the bytes of continuations', () => {
  const module = parseModule(`(module (type $f (func)) (type $k (cont $f)) (tag $t) (tag $u (param i32))
    (func (param $c (ref $k)) (result (ref null $k))
      (block $h (result (ref $k))
        (resume $k (on $t $h) (on $t switch) (local.get $c))
        (resume_throw $k $u (on $t $h) (i32.const 1) (local.get $c))
        (resume_throw_ref $k (ref.null exn) (local.get $c))
        (cont.bind $k $k (local.get $c)))))`)

  it.each([false, true])('come back from the printed text (folded: %s)', (folded) => {
    const bytes = encodeModule(module)
    expect(encodeModule(parseModule(printModule(module, { folded })))).toEqual(bytes)
    expect(encodeModule(parseModule(printModule(decodeModule(bytes), { folded })))).toEqual(bytes)
    expect(printModule(module, { folded })).toContain('resume $k (on $t $h) (on $t switch)')
  })

  it('are dumped', () => {
    const dump = objdump(encodeModule(module, { names: true }), 'module.wasm', { disassemble: true })
    expect(dump).toContain('resume 1 <k> (on 0 <t> 0) (on 0 <t> switch)')
    expect(dump).toContain('resume_throw 1 <k> 1 <u> (on 0 <t> 0)')
  })

  it('belong to a proposal that is off', () => {
    expect(new Engine().check(module)?.message).toContain('needs the proposal "stack-switching", which is switched off')
    expect(new Engine({ features: { 'stack-switching': true } }).check(module)).toBeUndefined()
    expect(new Engine().check(parseModule('(module (tag (result i32)))'))?.message).toMatch(
      /^non-empty tag result type \[i32\] needs the proposal "stack-switching"/,
    )
  })
})
