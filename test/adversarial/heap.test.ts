// The quota of the garbage-collected heap against a guest that times its allocations: nothing live is missed when what is in use is counted
// anew, nothing dead is counted for good, and counting doesn't keep a deadline from being looked at (issue 3: quotas count objects).

import { describe, expect, it } from 'vitest'
import { Engine, Store, type Instance, type InstantiateOptions } from '../../src/index.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { codeOf } from './module-text.ts'

const engine = new Engine({ features: { 'stack-switching': true, 'custom-descriptors': true } })

function instantiate(text: string, options: InstantiateOptions = {}): Instance {
  return engine.compile(parseModule(text)).instantiateSync({}, options)
}

const MEGABYTE = { limits: { heapBytes: 1_000_000 } }

describe('what is in use is counted', () => {
  const arrays = (count: number, open: string, close: string): string =>
    `${open}(array.new_default $a (i32.const 100000))${close}`.repeat(count)

  it.each([
    ['the items of an element segment', (n: number) => `(elem (ref $a) ${arrays(n, '(item ', ')')})`],
    [
      'the operands of a constant structure',
      (n: number) => `(global (ref $s${n}) (struct.new $s${n} ${arrays(n, '', '')}))`,
    ],
    [
      'the operands of a constant array',
      (n: number) => `(global (ref $all) (array.new_fixed $all ${n} ${arrays(n, '', '')}))`,
    ],
  ])('while constant expressions are evaluated: %s', (_, definition) => {
    const text = (count: number): string => `(module (type $a (array i8)) (type $all (array (ref $a)))
      (type $s8 (struct ${'(field (ref $a))'.repeat(8)})) (type $s30 (struct ${'(field (ref $a))'.repeat(30)}))
      ${definition(count)})`
    expect(codeOf(() => instantiate(text(8), MEGABYTE))).toBe('ok')
    expect(codeOf(() => instantiate(text(30), MEGABYTE))).toBe('HEAP_EXHAUSTED')
  })

  it('while a constant structure is made that is described by what holds the most', () => {
    const described = '(struct.new_default_desc $s (struct.new $d (array.new_default $a (i32.const 200000))))'
    const text = (count: number): string => `(module (type $a (array i8))
      (rec (type $s (descriptor $d) (struct ${'(field i64)'.repeat(10_000)})) (type $d (describes $s) (struct (field (ref $a)))))
      (type $all (array (ref $s)))
      (global (ref $all) (array.new_fixed $all ${count} ${described.repeat(count)})))`
    expect(codeOf(() => instantiate(text(2), MEGABYTE))).toBe('ok')
    expect(codeOf(() => instantiate(text(3), MEGABYTE))).toBe('HEAP_EXHAUSTED')
  })

  it('where it is reached through a continuation only, which is being bound at that moment', () => {
    const { exports } = instantiate(
      `(module (type $a (array (mut i8))) (type $f (func (param (ref $a)))) (type $k (cont $f))
        (type $g (func)) (type $bound (cont $g))
        (elem declare func $f) (func $f (type $f))
        (func (export "run") (param $binds i32) (param $more i32) (local $c (ref null $bound))
          (local.set $c (cont.bind $k $bound (array.new_default $a (i32.const 600000)) (cont.new $k (ref.func $f))))
          (loop $again
            (local.set $c (cont.bind $bound $bound (local.get $c)))
            (br_if $again (local.tee $binds (i32.sub (local.get $binds) (i32.const 1)))))
          (drop (array.new_default $a (local.get $more)))
          (resume $bound (local.get $c))))`,
      MEGABYTE,
    ) as Instance & { exports: { run: (binds: number, more: number) => void } }
    for (const binds of [2450, 2500, 2550, 5000]) {
      expect(codeOf(() => exports.run(binds, 300_000))).toBe('ok')
      expect(codeOf(() => exports.run(binds, 600_000))).toBe('HEAP_EXHAUSTED')
    }
  })

  it('where it is on a stack that is being switched to at that moment', () => {
    const { exports } = instantiate(
      `(module (type $a (array (mut i8))) (rec (type $f (func (param (ref null $k)))) (type $k (cont $f)))
        (tag $swap) (elem declare func $f) (global $switches (mut i32) (i32.const 0)) (global $more (mut i32) (i32.const 0))
        (func $f (type $f) (local $mine (ref null $a))
          (local.set $mine (array.new_default $a (i32.const 300000)))
          (if (ref.is_null (local.get 0)) (then (local.set 0 (cont.new $k (ref.func $f)))))
          (loop $again
            (local.set 0 (switch $k $swap (local.get 0)))
            (global.set $switches (i32.sub (global.get $switches) (i32.const 1)))
            (br_if $again (i32.gt_s (global.get $switches) (i32.const 0))))
          (drop (array.new_default $a (global.get $more)))
          (drop (array.len (local.get $mine))))
        (func (export "run") (param i32 i32)
          (global.set $switches (local.get 0)) (global.set $more (local.get 1))
          (resume $k (on $swap switch) (ref.null $k) (cont.new $k (ref.func $f)))))`,
      MEGABYTE,
    ) as Instance & { exports: { run: (switches: number, more: number) => void } }
    for (let switches = 1500; switches < 1510; switches++) {
      expect(codeOf(() => exports.run(switches, 200_000))).toBe('ok')
      expect(codeOf(() => exports.run(switches, 500_000))).toBe('HEAP_EXHAUSTED')
    }
  })
})

describe('what is not in use any more', () => {
  it('is not counted, though calls that have returned left it on the stack', () => {
    const run = (what: 'structures' | 'exceptions', depth: number): string => {
      const { exports } = instantiate(text, MEGABYTE) as {
        exports: Record<string, (depth: number, count: number) => void>
      }
      return codeOf(() => exports[what]!(depth, 10_000))
    }
    const text = `(module (type $a (array (mut i8))) (type $s (struct (field i32))) (tag $e (param i32))
        (func $deep (param $depth i32) (local $mine (ref null $a))
          (local.set $mine (array.new_default $a (i32.const 1000)))
          (if (local.get $depth) (then (call $deep (i32.sub (local.get $depth) (i32.const 1)))))
          (drop (array.len (local.get $mine))))
        (func (export "structures") (param $depth i32) (param $count i32)
          (call $deep (local.get $depth))
          (loop $again
            (drop (struct.new $s (local.get $count)))
            (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
        (func (export "exceptions") (param $depth i32) (param $count i32)
          (call $deep (local.get $depth))
          (loop $again
            (block $caught (try_table (catch_all $caught) (throw $e (local.get $count))))
            (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))`
    expect(run('structures', 825)).toBe('ok')
    expect(run('exceptions', 825)).toBe('ok')
    expect(run('structures', 835)).toBe('HEAP_EXHAUSTED')
  })

  it('costs nothing: runs that take turns are known to the heap once', () => {
    const store = new Store()
    const of = instantiate(
      `(module (type $s (struct)) (func (export "f") (local (ref null $s))
        (local.set 0 (struct.new $s)) (loop (br 0)) (drop (local.get 0))))`,
      { store },
    )
    const runs = [of.start('f'), of.start('f')]
    for (let turn = 0; turn < 1000; turn++) for (const run of runs) run.run({ fuel: 5 })
    expect(store.heap['sources'].length).toBe(3)
  })
})

it('a deadline is looked at soon, though each look at the heap is long and structures are large', () => {
  let looks = 0
  const of = instantiate(
    `(module (type $large (struct ${'(field i64)'.repeat(10_000)}))
      (func (export "f") (param i32)
        (loop (drop (struct.new_default $large)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`,
    { poll: () => void looks++ },
  ) as Instance & { exports: { f: (count: number) => void } }
  of.exports.f(1000)
  // 20,000 words each.
  expect(looks).toBeGreaterThan(15)
})
