// `wizen`: what the new module begins with, what any engine makes of it, and what it refuses.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { wat2wasm, wasm2wat } from '../../../src/command/convert.ts'
import { run } from '../../../src/command/run.ts'
import { wizen, type WizenOptions } from '../../../src/command/wizen/wizen.ts'
import { nonZeroRanges } from '../../../src/command/wizen/memory-ranges.ts'
import { Engine } from '../../../src/embed/engine.ts'
import type { Imports } from '../../../src/embed/imports.ts'
import { Trap } from '../../../src/errors/trap.ts'
import { Wasi, guestMemory } from '../../../src/wasi.ts'
import { native, type NativeMemory } from '../../fuzz/native.ts'

const PAGE = 65_536
const engine = new Engine({ features: { 'custom-page-sizes': true, 'custom-descriptors': true, threads: true } })

/** The new module, which is valid. */
async function wizenText(text: string, options: WizenOptions = {}): Promise<Uint8Array> {
  const bytes = await wizen(wat2wasm(text), { engine, ...options })
  engine.compile(bytes)
  return bytes
}

/** Its text, without what is the same in both. */
async function textOf(text: string, pattern: RegExp, options: WizenOptions = {}): Promise<string[]> {
  return wasm2wat(await wizenText(text, options))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => pattern.test(line))
}

/** What a function of it gives, here and, where that has what the module needs, in the host's own WebAssembly. */
async function call(text: string, name: string, options: WizenOptions = {}, imports: Imports = {}): Promise<unknown> {
  const bytes = await wizenText(text, options)
  const result = (await engine.compile(bytes).instantiate(imports, { unknownImports: 'trap' })).call(name)
  if (native.validate(wat2wasm(text)) && Object.keys(imports).length === 0) {
    const { exports } = new native.Instance(new native.Module(bytes), {})
    expect((exports[name] as () => unknown)()).toEqual(result)
  }
  return result
}

async function refusal(text: string, options: WizenOptions = {}): Promise<unknown> {
  return wizenText(text, options).catch((error: unknown) => error)
}

/** `(func (export "wizer.initialize") …)`. */
const init = (body: string): string => `(func (export "wizer.initialize") ${body})`

describe('a memory of the new module', () => {
  it('begins with what is not zero, in segments', async () => {
    const text = `(module (memory (export "memory") 1 4) (data (i32.const 4) "old")
      ${init('(i32.store8 (i32.const 5) (i32.const 0)) (i32.store (i32.const 65530) (i32.const 0x030201))')})`
    expect(await textOf(text, /data|memory/)).toEqual([
      '(memory (;0;) 1 4)',
      '(export "memory" (memory 0))',
      '(data (;0;) (i32.const 4) "o\\00d")',
      '(data (;1;) (i32.const 65530) "\\01\\02\\03")',
    ])
  })

  it('is as large as it has grown, and can grow on', async () => {
    const text = `(module (memory 1 3) ${init('(drop (memory.grow (i32.const 1)))')}
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))`
    expect(await call(text, 'grow')).toBe(2)
    expect(await textOf(text, /\(memory/)).toEqual(['(memory (;0;) 2 3)'])
  })

  it('may have addresses of 64 bits, pages of a byte, or be shared, and be one of several', async () => {
    const text = `(module (memory $a 1) (memory $b i64 1) (memory $c 7 (pagesize 1)) (memory $d 1 1 shared)
      ${init(`(i32.store8 $a (i32.const 0) (i32.const 1)) (i32.store8 $b (i64.const 70) (i32.const 2))
        (drop (memory.grow $c (i32.const 2))) (i32.store8 $c (i32.const 8) (i32.const 3)) (i32.store8 $d (i32.const 9) (i32.const 4))`)}
      (func (export "sum") (result i32) (i32.add
        (i32.add (i32.load8_u $a (i32.const 0)) (i32.load8_u $b (i64.const 70)))
        (i32.add (i32.load8_u $c (i32.const 8)) (i32.load8_u $d (i32.const 9))))))`
    expect(await call(text, 'sum')).toBe(10)
    expect(await textOf(text, /\((memory|data)/)).toEqual([
      '(memory $a (;0;) 1)',
      '(memory $b (;1;) i64 1)',
      '(memory $c (;2;) 9 (pagesize 1))',
      '(memory $d (;3;) 1 1 shared)',
      '(data (;0;) (i32.const 0) "\\01")',
      '(data (;1;) (memory $b) (i64.const 70) "\\02")',
      '(data (;2;) (memory $c) (i32.const 8) "\\03")',
      '(data (;3;) (memory $d) (i32.const 9) "\\04")',
    ])
  })
})

describe('the ranges of memories that are not zero', () => {
  const memoryWith = (length: number, ...addresses: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(length)
    for (const address of addresses) bytes[address] = 1
    return bytes
  }
  const spans = (memories: readonly Uint8Array[], limit = 100): string[] =>
    nonZeroRanges(memories, limit).map(({ memIdx, start, end }) => `${memIdx}:${start}-${end}`)

  it('begin and end with a byte that is not zero, wherever words begin', () => {
    for (let length = 1; length < 40; length++) {
      for (let address = 0; address < length; address++) {
        expect(spans([memoryWith(length, address)])).toEqual([`0:${address}-${address + 1}`])
      }
    }
  })

  it('run over gaps that cost less than a segment', () => {
    expect(spans([memoryWith(PAGE, 0, 8, 100)])).toEqual(['0:0-9', '0:100-101'])
  })

  it('are no more than the limit, and the smallest gaps are closed for that', () => {
    const memory = memoryWith(PAGE, 0, 100, 150, 400, 460, 1000)
    expect(spans([memory], 4)).toEqual(['0:0-1', '0:100-151', '0:400-461', '0:1000-1001'])
    expect(spans([memory, memory], 2)).toEqual(['0:0-1001', '1:0-1001'])
    expect(spans([memory, memory], 0)).toEqual(['0:0-1001', '1:0-1001'])
  })

  it('stay within the limit of modules where every other line is in use', () => {
    const bytes = new Uint8Array(2 ** 25)
    for (let i = 0; i < bytes.length; i += 32) bytes[i] = 1
    const ranges = nonZeroRanges([bytes], 100_000)
    expect(ranges).toHaveLength(100_000)
    const covered = new Uint8Array(bytes.length)
    for (const { start, end } of ranges) covered.set(bytes.subarray(start, end), start)
    expect(Buffer.compare(covered, bytes)).toBe(0)
  })
})

describe('a global of the new module', () => {
  it('has the value that it came to, bit for bit', async () => {
    const text = `(module
      (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (global $c (mut f32) (f32.const 0))
      (global $d (mut f64) (f64.const 0)) (global $e (mut v128) (v128.const i64x2 0 0)) (global $f i32 (i32.add (i32.const 1) (i32.const 2)))
      ${init(`(global.set $a (i32.const -5)) (global.set $b (i64.const 0x8000000000000001)) (global.set $c (f32.const nan:0x200001))
        (global.set $d (f64.const -nan:0x4000000000001)) (global.set $e (v128.const i32x4 1 2 3 -4))`)})`
    expect(await textOf(text, /global \$/)).toEqual([
      '(global $a (;0;) (mut i32) (i32.const -5))',
      '(global $b (;1;) (mut i64) (i64.const -9223372036854775807))',
      '(global $c (;2;) (mut f32) (f32.const nan:0x200001))',
      '(global $d (;3;) (mut f64) (f64.const -nan:0x4000000000001))',
      '(global $e (;4;) (mut v128) (v128.const i32x4 0x00000001 0x00000002 0x00000003 0xfffffffc))',
      '(global $f (;5;) i32 (i32.const 3))',
    ])
  })

  it('may hold a function, an i31 or null, in whatever hierarchy', async () => {
    const text = `(module (type $f (func)) (import "env" "log" (func $log)) (func $own) (elem declare func $own $log)
      (global $a (mut funcref) (ref.null func)) (global $b (mut (ref null $f)) (ref.null $f)) (global $c (mut anyref) (ref.null any))
      (global $d (mut externref) (ref.null extern)) (global $e (mut (ref null $f)) (ref.func $own))
      ${init(`(global.set $a (ref.func $log)) (global.set $b (ref.func $own)) (global.set $c (ref.i31 (i32.const -1)))
        (global.set $d (extern.convert_any (ref.i31 (i32.const 5)))) (global.set $e (ref.null nofunc))`)})`
    expect(await textOf(text, /global \$.*\(;/)).toEqual([
      '(global $a (;0;) (mut funcref) (ref.func $log))',
      '(global $b (;1;) (mut (ref null $f)) (ref.func $own))',
      '(global $c (;2;) (mut anyref) (ref.i31 (i32.const -1)))',
      '(global $d (;3;) (mut externref) (extern.convert_any (ref.i31 (i32.const 5))))',
      '(global $e (;4;) (mut (ref null $f)) (ref.null $f))',
    ])
  })

  it('may hold structures and arrays, of whatever', async () => {
    const text = `(module
      (type $bytes (array (mut i8))) (type $words (array i64)) (type $refs (array (mut anyref)))
      (type $node (struct (field i16) (field (mut f64)) (field (ref $bytes)) (field (mut (ref null $node))) (field v128)))
      (global $list (mut (ref null $node)) (ref.null $node)) (global $any (mut anyref) (ref.null any)) (global $extern (mut externref) (ref.null extern))
      ${init(`(local $n (ref $node))
        (local.set $n (struct.new $node (i32.const -1) (f64.const 0.5) (array.new_fixed $bytes 2 (i32.const 255) (i32.const 1)) (ref.null $node) (v128.const i64x2 1 2)))
        (struct.set $node 3 (local.get $n)
          (struct.new $node (i32.const 7) (f64.const -0) (array.new_default $bytes (i32.const 1000)) (ref.null $node) (v128.const i64x2 0 0)))
        (global.set $list (local.get $n))
        (global.set $any (array.new_fixed $words 1 (i64.const -2)))
        (global.set $extern (extern.convert_any (array.new_fixed $refs 2 (ref.i31 (i32.const 1)) (array.new_fixed $words 0))))`)})`
    expect(await textOf(text, /global \$.*\(;/)).toEqual([
      '(global $list (;0;) (mut (ref null $node)) (struct.new $node (i32.const -1) (f64.const 0.5) (array.new_fixed $bytes 2 (i32.const -1) (i32.const 1)) ' +
        '(struct.new $node (i32.const 7) (f64.const -0) (array.new $bytes (i32.const 0) (i32.const 1000)) (ref.null $node) ' +
        '(v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000)) (v128.const i32x4 0x00000001 0x00000000 0x00000002 0x00000000)))',
      '(global $any (;1;) (mut anyref) (array.new_fixed $words 1 (i64.const -2)))',
      '(global $extern (;2;) (mut externref) (extern.convert_any (array.new_fixed $refs 2 (ref.i31 (i32.const 1)) (array.new_fixed $words 0))))',
    ])
  })

  it('shares an object with an immutable global before it', async () => {
    const text = `(module (type $s (struct (field (mut i32)))) (type $pair (array (ref $s)))
      (global $it (ref $s) (struct.new $s (i32.const 1))) (global $out externref (extern.convert_any (struct.new $s (i32.const 2))))
      (global $a (mut (ref null $s)) (ref.null $s)) (global $b (mut externref) (ref.null extern))
      (global $c (mut anyref) (ref.null any)) (global $d (mut (ref null $pair)) (ref.null $pair))
      (table $t 1 externref)
      ${init(`(struct.set $s 0 (global.get $it) (i32.const 5)) (global.set $a (global.get $it))
        (global.set $b (extern.convert_any (global.get $it))) (global.set $c (any.convert_extern (global.get $out)))
        (global.set $d (array.new $pair (global.get $it) (i32.const 3))) (table.set $t (i32.const 0) (global.get $out))`)}
      (func (export "same") (result i32) (i32.and (ref.eq (global.get $a) (global.get $it))
        (i32.eq (i32.const 5) (struct.get $s 0 (ref.cast (ref $s) (any.convert_extern (global.get $b))))))))`
    expect(await textOf(text, /(global \$[a-z]+ |elem )\(;/)).toEqual([
      '(global $it (;0;) (ref $s) (struct.new $s (i32.const 5)))',
      '(global $out (;1;) externref (extern.convert_any (struct.new $s (i32.const 2))))',
      '(global $a (;2;) (mut (ref null $s)) (global.get $it))',
      '(global $b (;3;) (mut externref) (extern.convert_any (global.get $it)))',
      '(global $c (;4;) (mut anyref) (any.convert_extern (global.get $out)))',
      '(global $d (;5;) (mut (ref null $pair)) (array.new $pair (global.get $it) (i32.const 3)))',
      '(elem (;0;) (table $t) (i32.const 0) externref (global.get $out))',
    ])
    expect(await call(text, 'same')).toBe(1)
  })

  it('may hold what has a descriptor', async () => {
    const text = `(module (rec (type $s (descriptor $d) (struct (field i32))) (type $d (describes $s) (struct (field i64))))
      (global $desc (ref (exact $d)) (struct.new $d (i64.const 9))) (global $held (mut (ref null $s)) (ref.null $s))
      ${init('(global.set $held (struct.new_desc $s (i32.const 4) (global.get $desc)))')}
      (func (export "described") (result i64) (struct.get $d 0 (ref.get_desc $s (global.get $held)))))`
    expect(await call(text, 'described')).toBe(9n)
  })

  it('may hold a list of which no recursion sees the end', async () => {
    const text = `(module (type $node (struct (field (ref null $node)))) (global $list (mut (ref null $node)) (ref.null $node))
      ${init(`(local $n i32) (loop (global.set $list (struct.new $node (global.get $list)))
        (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))`)}
      (func (export "length") (result i32) (local $n i32) (local $at (ref null $node)) (local.set $at (global.get $list))
        (loop (if (ref.is_null (local.get $at)) (then (return (local.get $n))))
          (local.set $at (struct.get $node 0 (local.get $at))) (local.set $n (i32.add (local.get $n) (i32.const 1))) (br 0)) (unreachable)))`
    const module = engine.compile(await wizenText(text))
    expect((await module.instantiate()).call('length')).toBe(100_000)
  })
})

describe('a table of the new module', () => {
  it('has the functions that were put into it, in the oldest of forms', async () => {
    const text = `(module (table 3 funcref) (elem (i32.const 0) $a $b) (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 2))
      ${init('(table.set (i32.const 2) (table.get (i32.const 1))) (table.set (i32.const 0) (ref.null func)) (drop (table.grow (ref.null func) (i32.const 5)))')}
      (func (export "two") (result i32) (call_indirect (result i32) (i32.const 2))) (func (export "size") (result i32) (table.size)))`
    expect(await textOf(text, /\((table|elem)/)).toEqual([
      '(table (;0;) 8 funcref)',
      '(elem (;0;) (i32.const 1) func $b $b)',
    ])
    expect(await call(text, 'two')).toBe(2)
    expect(await call(text, 'size')).toBe(8)
  })

  it('may have elements of any type, that are never null, and indices of 64 bits', async () => {
    const text = `(module (type $f (func (result i32)))
      (table $a i64 2 (ref $f) (ref.func $one)) (table $b 3 externref) (table $c 2 anyref)
      (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2)) (elem declare func $two)
      ${init(`(table.set $a (i64.const 1) (ref.func $two)) (table.set $b (i32.const 1) (extern.convert_any (ref.i31 (i32.const 3))))
        (table.fill $c (i32.const 0) (ref.i31 (i32.const 4)) (i32.const 2))`)}
      (func (export "two") (result i32) (call_ref $f (table.get $a (i64.const 1)))))`
    expect(await textOf(text, /\((table|elem)/)).toEqual([
      '(table $a (;0;) i64 2 (ref $f) (ref.func $one))',
      '(table $b (;1;) 3 externref)',
      '(table $c (;2;) 2 anyref)',
      '(elem (;0;) declare func $two)',
      '(elem (;1;) (table $a) (i64.const 0) (ref $f) (ref.func $one) (ref.func $two))',
      '(elem (;2;) (table $b) (i32.const 1) externref (extern.convert_any (ref.i31 (i32.const 3))))',
      '(elem (;3;) (table $c) (i32.const 0) anyref (ref.i31 (i32.const 4)) (ref.i31 (i32.const 4)))',
    ])
    expect(await call(text, 'two')).toBe(2)
  })
})

describe('a segment', () => {
  it('keeps its index where code names it: empty where it is used up, and else as it was', async () => {
    const text = `(module (memory 1) (table 4 funcref)
      (data $a (i32.const 0) "active") (data $b "dropped") (data $c "passive")
      (elem $d (i32.const 1) $f) (elem $e func $f) (elem $g funcref (ref.func $f) (ref.null func))
      (func $f (result i32) (i32.const 7))
      ${init('(data.drop $b) (elem.drop $e)')}
      (func (export "init") (result i32)
        (memory.init $c (i32.const 100) (i32.const 0) (i32.const 7)) (memory.init $b (i32.const 0) (i32.const 0) (i32.const 0))
        (memory.init $a (i32.const 0) (i32.const 0) (i32.const 0)) (table.init $e (i32.const 0) (i32.const 0) (i32.const 0))
        (table.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (table.init $g (i32.const 2) (i32.const 0) (i32.const 2))
        (i32.add (call_indirect (result i32) (i32.const 2)) (i32.load8_u (i32.const 100)))))`
    expect(await textOf(text, /\((elem|data) /)).toEqual([
      '(elem $d (;0;) (i32.const 0) func)',
      '(elem $e (;1;) func)',
      '(elem $g (;2;) funcref (ref.func $f) (ref.null func))',
      '(elem (;3;) (i32.const 1) func $f)',
      '(data $a (;0;) (i32.const 0) "")',
      '(data $b (;1;) "")',
      '(data $c (;2;) "passive")',
      '(data (;3;) (i32.const 0) "active")',
    ])
    expect(await call(text, 'init')).toBe(7 + 0x70)
  })

  it('declares what only an export that is gone, or an element that was replaced, has declared', async () => {
    const text = `(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (result i32) (i32.const 3))
      (func $init (export "wizer.initialize") (table.set (i32.const 0) (ref.null func)))
      (func (export "get") (result i32) (drop (ref.func $init)) (table.set (i32.const 0) (ref.func $f)) (call_indirect (result i32) (i32.const 0))))`
    expect(await textOf(text, /\(elem /)).toEqual(['(elem (;0;) declare func $f $init)'])
    expect(await call(text, 'get')).toBe(3)
  })
})

describe('the new module', () => {
  const REACTOR = `(module (global $n (mut i32) (i32.const 1)) (start $start)
    (func $start (global.set $n (i32.mul (global.get $n) (i32.const 3))))
    (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "wizer.initialize") (global.set $n (i32.mul (global.get $n) (i32.const 10))))
    (func (export "other") (result i32) (global.set $n (i32.const -1)) (i32.const 5))
    (func (export "get") (result i32) (global.get $n)))`

  it('has no start function, no _initialize and no initialisation any more: they have run, in this order', async () => {
    expect(await call(REACTOR, 'get')).toBe(40)
    expect(await textOf(REACTOR, /\(start|export/)).toEqual(['(export "other" (func 3))', '(export "get" (func 4))'])
  })

  it('exports the initialisation where that is asked for, of whatever name', async () => {
    const kept = (options: WizenOptions): Promise<string[]> =>
      textOf(REACTOR, /export/, { keepInitFunc: true, ...options })
    expect(await kept({})).toEqual([
      '(export "wizer.initialize" (func 2))',
      '(export "other" (func 3))',
      '(export "get" (func 4))',
    ])
    expect(await kept({ initFunc: '_initialize' })).toContain('(export "_initialize" (func 1))')
    expect(await call(REACTOR, 'get', { initFunc: '_initialize' })).toBe(4)
    expect(await call(REACTOR, 'get', { initFunc: 'other' })).toBe(-1)
  })

  it('exports functions by new names, in place of what had them', async () => {
    const renameFuncs = { get: 'other', 'wizer.initialize': 'get', more: 'other' }
    expect(await textOf(REACTOR, /export/, { renameFuncs })).toEqual([
      '(export "get" (func 3))',
      '(export "wizer.initialize" (func 4))',
      '(export "more" (func 3))',
    ])
  })

  it('keeps imports, names and custom sections', async () => {
    const text = `(module $named (@custom "about" (after code) "kept") (import "env" "log" (func $log (param i32))) (tag $t (param i32))
      (func $f) ${init('')} (func (export "go") (call $log (i32.const 1))))`
    const bytes = await wizenText(text)
    const module = engine.compile(bytes)
    expect(module.customSections('about').map((section) => Buffer.from(section).toString())).toEqual(['kept'])
    expect(wasm2wat(bytes)).toMatch(/^\(module \$named\n[^]*\(func \$f /)
    const logged: unknown[] = []
    const instance = await module.instantiate({ env: { log: (_, value: number) => void logged.push(value) } })
    instance.call('go')
    expect(logged).toEqual([1])
  })

  it('can be initialised again, and is then the same', async () => {
    const once = await wizenText(REACTOR, { keepInitFunc: true, initFunc: 'get' })
    const twice = await wizen(once, { keepInitFunc: true, initFunc: 'get' })
    expect(Buffer.compare(once, twice)).toBe(0)
  })

  it('may call functions of the host while it is initialised that it is given', async () => {
    const text = `(module (import "env" "seed" (func $seed (result i32))) (global $n (mut i32) (i32.const 0))
      ${init('(global.set $n (call $seed))')} (func (export "get") (result i32) (global.get $n)))`
    const imports = { env: { seed: () => Promise.resolve(99) } }
    expect(await call(text, 'get', { imports }, { env: { seed: () => 0 } })).toBe(99)
  })
})

describe('it is refused', () => {
  it.each([
    ['(import "env" "memory" (memory 1))', 'memory "env" "memory"'],
    ['(import "env" "table" (table 1 funcref))', 'table "env" "table"'],
    ['(import "env" "base" (global i32))', 'global "env" "base"'],
  ])('to write what is in somebody else’s: %s', async (definition, name) => {
    expect(await refusal(`(module ${definition} ${init('')})`)).toMatchObject({
      code: 'IMPORTED_STATE',
      message: expect.stringContaining(name) as string,
    })
  })

  it('to call an import, whoever would catch that', async () => {
    const text = `(module (import "env" "log" (func $log)) (func $go (call $log)) ${init('(block $l (try_table (catch_all $l) (call $go)))')})`
    const error = await refusal(text)
    expect(error).toMatchObject({ code: 'IMPORT_CALLED', message: expect.stringContaining('"env" "log"') as string })
    const { frames } = (error as Error).cause as Trap
    expect(frames.map(({ funcName }) => funcName)).toEqual(['go', 'wizer.initialize'])
  })

  it.each([
    ['a trap', '(unreachable)', {}, 'TRAP_UNREACHABLE'],
    ['an exception', '(throw $e)', {}, 'UNCAUGHT_EXCEPTION'],
    ['too little fuel', '(loop (br 0))', { fuel: 1000 }, 'FUEL_EXHAUSTED'],
    ['too little time', '(loop (br 0))', { timeout: 20 }, 'TIMEOUT'],
  ])('to go on after %s', async (_, body, options, code) => {
    const error = await refusal(`(module (tag $e) ${init(body)})`, options)
    expect(error).toBeInstanceOf(Trap)
    expect(error).toMatchObject({ code, frames: [{ funcName: 'wizer.initialize' }] })
  })

  it.each([
    [
      'an exception',
      '(global $g (mut exnref) (ref.null exn)) (tag $e)',
      '(global.set $g (block $l (result exnref) (try_table (catch_all_ref $l) (throw $e)) (unreachable)))',
      'global $g holds an exception',
    ],
    [
      'an object twice, in mutable globals',
      '(type $s (struct)) (global $g (mut anyref) (ref.null any)) (global $h (mut anyref) (ref.null any))',
      '(global.set $g (struct.new $s)) (global.set $h (global.get $g))',
      'global $h holds a structure that something else refers to, too',
    ],
    [
      'a circle',
      '(type $s (struct (field (mut anyref)))) (global $g (mut (ref null $s)) (ref.null $s))',
      '(global.set $g (struct.new_default $s)) (struct.set $s 0 (global.get $g) (global.get $g))',
      'global $g holds a structure that something else refers to, too',
    ],
    [
      'a great array of different elements',
      '(type $a (array (mut i32))) (global $g (mut anyref) (ref.null any))',
      '(local $a (ref $a)) (local.set $a (array.new_default $a (i32.const 10001))) (array.set $a (local.get $a) (i32.const 1) (i32.const 1)) (global.set $g (local.get $a))',
      'global $g holds an array of 10001 different elements',
    ],
  ])('to write %s', async (_, definitions, body, message) => {
    expect(await refusal(`(module ${definitions} ${init(body)})`)).toMatchObject({
      code: 'INEXPRESSIBLE_STATE',
      message: expect.stringContaining(message) as string,
    })
  })

  it("to write a reference of the host's, or a function of another instance", async () => {
    const text = `(module (import "env" "get" (func $get (result externref))) (import "env" "f" (func $f (result funcref)))
      (table $t 2 externref) (table $u 2 funcref)
      ${init('(table.set $t (i32.const 1) (call $get))')} (func (export "func") (table.set $u (i32.const 0) (call $f))))`
    const other = await engine.compile(wat2wasm('(module (func (export "f")))')).instantiate()
    const imports = { env: { get: () => ({}), f: () => other.exports['f'] } }
    expect(await refusal(text, { imports })).toMatchObject({
      message: "element 1 of table $t holds a reference of the host's",
    })
    expect(await refusal(text, { imports, initFunc: 'func' })).toMatchObject({
      message: 'element 0 of table $u holds a function that is not of this module',
    })
  })

  it('without an initialisation, or one that takes parameters', async () => {
    expect(await refusal('(module (func (export "wizer.initialise")))')).toMatchObject({
      code: 'UNKNOWN_EXPORT',
      message: expect.stringContaining('did you mean "wizer.initialise"?') as string,
    })
    expect(await refusal('(module (func (export "f") (param i32)))', { initFunc: 'f' })).toMatchObject({
      code: 'USAGE',
    })
    expect(await refusal('(module (func (export "f")))', { initFunc: 'f', renameFuncs: { a: 'b' } })).toMatchObject({
      code: 'UNKNOWN_EXPORT',
    })
  })
})

describe('a C program that reads a file when it is initialised', () => {
  const program = readFileSync(new URL('../../../examples/c/lookup.wasm', import.meta.url))
  const fs = { 'words.txt': 'weft warp heddle' }

  it('does not need it afterwards, here or in the host’s own WebAssembly', async () => {
    const bytes = await wizen(program, { allowWasi: true, fs })
    const before = await run(program, { args: ['warp', 'x'], fs, fuel: Infinity })
    const after = await run(bytes, { args: ['warp', 'x'], fuel: Infinity })
    expect(after.stdout).toBe('warp: word 2 of 3\nx: not among 3 words\n')
    expect(after.stdout).toBe(before.stdout)
    expect(after.fuelUsed!).toBeLessThan(before.fuelUsed! / 2)

    const wasi = new Wasi({ args: ['lookup', 'heddle'] })
    const functions = wasi.imports(() => memory)
    const { exports } = new native.Instance(new native.Module(bytes), { wasi_snapshot_preview1: functions })
    const memory = guestMemory(exports['memory'] as NativeMemory)
    expect(wasi.run(() => (exports['_start'] as () => void)())).toBe(0)
    expect(Buffer.from(wasi.stdout).toString()).toBe('heddle: word 1 of 3\n')
  })

  it('ends with a clear error where it calls WASI without leave', async () => {
    await expect(wizen(program, { fs })).rejects.toMatchObject({
      code: 'IMPORT_CALLED',
      message: expect.stringContaining('allowWasi') as string,
    })
  })
})
