// Runs that are stopped anywhere, carried as bytes into another engine, and go on there to the same end.

import { describe, expect, it } from 'vitest'
import type { HostContext, Imports, Run } from '../../../src/index.ts'
import { carried, errorOf, instantiate } from './snapshot-text.ts'

/** The result and the fuel of a call that runs through, and of one that is carried after every stop of `fuel` units. */
function bothWays(text: string, args: readonly unknown[], fuel: number, imports: Imports = {}): unknown[][] {
  const whole = instantiate(text, imports).start('main', ...args)
  const end = whole.run()
  let run: Run = instantiate(text, imports).start('main', ...args)
  let state = run.run({ fuel })
  while (state.kind === 'fuel') {
    run = carried(run, { imports }).run!
    state = run.run({ fuel })
  }
  const outcome = (of: typeof end): unknown =>
    of.kind === 'trap' ? of.error.message : of.kind === 'done' ? of.value : of
  return [
    [outcome(end), whole.fuelUsed],
    [outcome(state), run.fuelUsed],
  ]
}

const PROGRAMS: readonly [name: string, text: string, ...args: unknown[]][] = [
  [
    'calls itself, and writes',
    `(module (memory 1) (func $fib (export "main") (param i32) (result i32)
      (i32.store (i32.shl (local.get 0) (i32.const 2)) (i32.add (i32.const 1) (i32.load (i32.shl (local.get 0) (i32.const 2)))))
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`,
    7,
  ],
  [
    'makes structures, and keeps them in locals and operands',
    `(module (type $n (struct (field (mut i32)) (field (ref null $n))))
      (func (export "main") (param i32) (result i32) (local $n (ref null $n))
        (struct.new $n (i32.const 1000) (ref.null $n))
        (loop $l (local.set $n (struct.new $n (local.get 0) (local.get $n)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (struct.get $n 0)
        (struct.get $n 0 (struct.get $n 1 (local.get $n))) (i32.add)))`,
    5,
  ],
  [
    'throws over calls, and holds an exception',
    `(module (tag $e (param i64)) (func $deep (param i32)
        (if (i32.eqz (local.get 0)) (then (throw $e (i64.const 6)))) (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (func (export "main") (param i32) (result i64) (local exnref)
        (block $h (result i64 exnref) (try_table (catch_ref $e $h) (call $deep (local.get 0))) (unreachable))
        (local.set 1) (block $h2 (result i64) (try_table (catch $e $h2) (throw_ref (local.get 1))) (unreachable)) (i64.mul)))`,
    3,
  ],
  [
    'grows memory and tables, fills and copies',
    `(module (memory 1) (table $t 1 funcref) (func $f (export "main") (result i32)
      (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 65000) (i32.const 7) (i32.const 1000))
      (memory.copy (i32.const 100) (i32.const 65536) (i32.const 100))
      (drop (table.grow $t (ref.func $f) (i32.const 5)))
      (i32.add (i32.load (i32.const 150)) (i32.add (memory.size) (table.size $t)))))`,
  ],
  [
    'calls by tail calls and through tables',
    `(module (type $f (func (param i32 i64) (result i64))) (table funcref (elem $even $odd))
      (func $even (type $f) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2)) (i32.const 1)))
      (func $odd (type $f) (return_call $even (i32.sub (local.get 0) (i32.const 1)) (i64.mul (local.get 1) (i64.const 3))))
      (func (export "main") (param i32) (result i64) (call $even (local.get 0) (i64.const 1))))`,
    8,
  ],
  [
    'suspends continuations, and keeps them in a table',
    `(module (type $f (func (result i32))) (type $c (cont $f)) (type $g (func (param i32) (result i32))) (type $k (cont $g))
      (tag $yield (param i32) (result i32)) (table $t 2 (ref null $k))
      (elem declare func $gen)
      (func $gen (result i32) (local i32)
        (local.set 0 (suspend $yield (i32.const 1)))
        (local.set 0 (i32.add (local.get 0) (suspend $yield (i32.const 2))))
        (i32.add (local.get 0) (i32.const 100)))
      (func (export "main") (result i32) (local $sum i32) (local $k (ref null $k))
        (block $on (result i32 (ref $k)) (resume $c (on $yield $on) (cont.new $c (ref.func $gen))) (return))
        (local.set $k) (local.set $sum)
        (table.set $t (i32.const 1) (local.get $k)) (local.set $k (ref.null $k))
        (block $on2 (result i32 (ref $k))
          (resume $k (on $yield $on2) (i32.const 10) (table.get $t (i32.const 1))) (return))
        (local.set $k) (local.set $sum (i32.add (local.get $sum)))
        (i32.add (local.get $sum) (resume $k (i32.const 20) (local.get $k)))))`,
  ],
  [
    'traps in the middle',
    `(module (func (export "main") (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.div_u (i32.const 1) (local.get 0))))`,
    3,
  ],
]

describe('a run that is carried elsewhere', () => {
  it.each(PROGRAMS)('after every instruction ends as it would have, where it %s', (_, text, ...args) => {
    const [expected, actual] = bothWays(text, args, 1)
    expect(actual).toEqual(expected)
  })

  it.each(PROGRAMS)('after every seven units ends as it would have, where it %s', (_, text, ...args) => {
    const [expected, actual] = bothWays(text, args, 7)
    expect(actual).toEqual(expected)
  })

  it('calls the host function again that it waits for', async () => {
    const TEXT = `(module (import "env" "ask" (func $ask (param i32) (result i32)))
      (func (export "main") (result i32) (i32.add (i32.const 1) (call $ask (i32.const 5)))))`
    const asked: number[] = []
    const run = instantiate(TEXT, {
      env: {
        ask: (_: HostContext, x: number) => {
          asked.push(x)
          return new Promise(() => {})
        },
      },
    }).start('main')
    expect(run.run().kind).toBe('host')
    const there = carried(run, {
      imports: {
        env: {
          ask: (_: HostContext, x: number) => {
            asked.push(x)
            return Promise.resolve(x * 2)
          },
        },
      },
    }).run!
    expect(await there.finish()).toBe(11)
    expect(asked).toEqual([5, 5])
  })

  it('has not begun, or has its instances as they are', () => {
    const first = instantiate(
      '(module (global $g (export "g") (mut i32) (i32.const 1)) (func (export "main") (param i32) (result i32) (i32.add (global.get $g) (local.get 0))))',
    )
    const { run, instance } = carried(first.start('main', 4))
    expect(run!.run()).toEqual({ kind: 'done', value: 5 })
    expect(instance.call('main', 5)).toBe(6)
  })

  it('is refused where it has ended, or counts no fuel', () => {
    const instance = instantiate('(module (func (export "main")))')
    const ended = instance.start('main')
    ended.run()
    expect(errorOf(() => ended.snapshot()).code).toBe('RUN_ENDED')
    expect(errorOf(() => instance.prepare('main', [], { metered: false }).snapshot()).code).toBeDefined()
  })
})

describe('a run that is forked', () => {
  it('goes on twice, each in an instance of its own', () => {
    const first = instantiate(`(module (memory (export "m") 1) (func (export "main") (param i32) (result i32)
      (loop $l (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.load (i32.const 0))))`)
    const run = first.start('main', 10)
    run.run({ fuel: 50 })
    const { run: second, instance } = run.fork()
    expect(second.fuelUsed).toBe(50)
    expect(second.run()).toEqual({ kind: 'done', value: 55 })
    expect(first.memory!.view.getInt32(0, true)).toBeLessThan(55)
    expect(run.run()).toEqual({ kind: 'done', value: 55 })
    expect(instance.memory!.hash()).toBe(first.memory!.hash())
    expect(second.fuelUsed).toBe(run.fuelUsed)
  })
})
