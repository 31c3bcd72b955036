// Snapshots of instances, carried as bytes into other engines: whatever an instance holds is there again, and is the same thing wherever
// it was the same.

import { describe, expect, it } from 'vitest'
import { HOST_TAG, Snapshot, WasmException, createException, createGlobal } from '../../../src/index.ts'
import { Store, createMemory, createTable, createTag } from '../../../src/index.ts'
import type { Global, HostContext, ImportProvider, Instance, Memory, Table } from '../../../src/index.ts'
import { wat2wasm } from '../../../src/command/convert.ts'
import { carried, errorOf, instantiate, newEngine } from './snapshot-text.ts'

describe('a restored instance', () => {
  it('has its memory: what was written, what segments brought, and its size', () => {
    const before = instantiate(`(module (memory (export "m") 2 9) (data (i32.const 4090) "segment")
      (func (export "grow") (drop (memory.grow (i32.const 2)))))`)
    before.call('grow')
    before.memory!.write(4096, 'S')
    before.memory!.write(200_000, 'far away')
    const after = carried(before).instance
    expect(after.memory!.pages).toBe(4)
    expect(after.memory!.hash()).toBe(before.memory!.hash())
    expect(after.memory!.string(4090, 7)).toBe('segmenS')
    expect(after.memory!.string(200_000, 8)).toBe('far away')
    expect(after.memory!.grow(5)).toBe(4)
    expect(after.memory!.grow(1)).toBe(-1)
  })

  it('has a size close to that of what was written', () => {
    const before = instantiate('(module (memory 256) (data (i32.const 99) "segment"))')
    const empty = before.snapshot().encode().length
    for (let page = 0; page < 4096; page += 16) before.memory!.write(page * 4096 + 7, 'x')
    const { length } = before.snapshot().encode()
    expect(empty).toBeLessThan(400)
    expect(length - empty).toBeGreaterThanOrEqual(256 * 4096)
    expect(length - empty).toBeLessThan(256 * 4096 + 256 * 12)
  })

  it('has its globals, bit for bit, of every type', () => {
    const before = instantiate(`(module
      (global (export "i") (mut i32) (i32.const 0)) (global (export "l") (mut i64) (i64.const 0))
      (global (export "d") (mut f64) (f64.const 0)) (global $f (mut f32) (f32.const nan:0x200001))
      (global $v (mut v128) (v128.const i64x2 1 2)) (global (export "r") (mut anyref) (ref.null any))
      (global $x (export "x") externref (ref.null extern))
      (func (export "set") (global.set $v (v128.const i32x4 1 -2 3 -4)))
      (func (export "f") (result i32) (i32.reinterpret_f32 (global.get $f)))
      (func (export "v") (param i32) (result i32) (i32.add (i32x4.extract_lane 1 (global.get $v)) (i32x4.extract_lane 3 (global.get $v)))))`)
    const of = ({ exports }: Instance, name: string): Global => exports[name] as Global
    of(before, 'i').value = -5
    of(before, 'l').value = -(2n ** 63n)
    of(before, 'd').value = Number.MIN_VALUE
    of(before, 'r').value = -77
    before.call('set')
    const after = carried(before).instance
    for (const name of ['i', 'l', 'd', 'r', 'x']) expect(of(after, name).value).toBe(of(before, name).value)
    expect(after.call('f')).toBe(0x7fa00001)
    expect(after.call('v', 0)).toBe(-6)
  })

  it('has its tables with functions, grown, and calls through them', () => {
    const before = instantiate(`(module (table (export "t") 3 20 funcref) (elem (i32.const 1) $one $two)
      (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
      (func (export "grow") (drop (table.grow 0 (ref.func $two) (i32.const 10))))
      (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))`)
    before.call('grow')
    const after = carried(before).instance
    expect((after.exports['t'] as Table).length).toBe(13)
    expect([1, 2, 3, 12].map((i) => after.call('call', i))).toEqual([1, 2, 2, 2])
    expect((after.exports['t'] as Table).get(0)).toBe(null)
    expect((after.exports['t'] as Table).get(2)).toBe((after.exports['t'] as Table).get(12))
  })

  it('knows which segments are dropped, and has those that are not', () => {
    const before = instantiate(`(module (memory 1) (table 4 funcref) (func $f)
      (data $a "aaaa") (data $b "bbbb") (elem $e func $f) (elem $d func $f)
      (func (export "drop") (data.drop $a) (elem.drop $d))
      (func (export "a") (memory.init $a (i32.const 0) (i32.const 0) (i32.const 4)))
      (func (export "b") (memory.init $b (i32.const 0) (i32.const 0) (i32.const 4)))
      (func (export "d") (table.init $d (i32.const 0) (i32.const 0) (i32.const 1)))
      (func (export "e") (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))))`)
    before.call('drop')
    const after = carried(before).instance
    expect(errorOf(() => after.call('a')).code).toBe('TRAP_OUT_OF_BOUNDS')
    expect(errorOf(() => after.call('d')).code).toBe('TRAP_TABLE_OUT_OF_BOUNDS')
    after.call('b')
    after.call('e')
    expect(after.memory!.string(0, 4)).toBe('bbbb')
  })

  it('has structures and arrays that hold one another, with all kinds of fields', () => {
    const before = instantiate(`(module
      (rec (type $n (sub (struct (field (mut (ref null $n))) (field i8) (field i16) (field i64) (field f32) (field v128)
        (field (ref null $a)) (field (ref i31))))) (type $a (array (mut (ref null $n)))))
      (type $bytes (array (mut i8))) (type $longs (array (mut i64)))
      (global $g (mut (ref null $n)) (ref.null $n)) (global $b (mut (ref null $bytes)) (ref.null $bytes))
      (global $l (mut (ref null $longs)) (ref.null $longs))
      (func (export "make") (local $n (ref null $n))
        (local.set $n (struct.new $n (ref.null $n) (i32.const -3) (i32.const 65535) (i64.const -9) (f32.const 1.5)
          (v128.const i64x2 5 6) (array.new $a (ref.null $n) (i32.const 1000)) (ref.i31 (i32.const -1))))
        (struct.set $n 0 (local.get $n) (local.get $n))
        (array.set $a (struct.get $n 6 (local.get $n)) (i32.const 7) (local.get $n))
        (global.set $g (local.get $n))
        (global.set $b (array.new $bytes (i32.const 200) (i32.const 3)))
        (global.set $l (array.new $longs (i64.const -1) (i32.const 2))))
      (func (export "circle") (result i32)
        (ref.eq (struct.get $n 0 (global.get $g)) (array.get $a (struct.get $n 6 (global.get $g)) (i32.const 7))))
      (func (export "fields") (result i32 i32 i64 f32 i64 i32)
        (struct.get_s $n 1 (global.get $g)) (struct.get_u $n 2 (global.get $g)) (struct.get $n 3 (global.get $g))
        (struct.get $n 4 (global.get $g)) (i64x2.extract_lane 1 (struct.get $n 5 (global.get $g)))
        (i31.get_s (struct.get $n 7 (global.get $g))))
      (func (export "arrays") (result i32 i32 i64)
        (array.len (struct.get $n 6 (global.get $g))) (array.get_u $bytes (global.get $b) (i32.const 2))
        (array.get $longs (global.get $l) (i32.const 1))))`)
    before.call('make')
    const after = carried(before).instance
    expect(after.call('circle')).toBe(1)
    expect(after.call('fields')).toEqual([-3, 65535, -9n, 1.5, 6n, -1])
    expect(after.call('arrays')).toEqual([1000, 200, -1n])
  })

  it('has a list of 200,000 elements', () => {
    const before = instantiate(`(module (type $n (struct (field (ref null $n)) (field i32)))
      (global $g (mut (ref null $n)) (ref.null $n))
      (func (export "make") (param i32) (loop $l
        (global.set $g (struct.new $n (global.get $g) (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "sum") (result i64) (local $n (ref null $n)) (local $s i64)
        (local.set $n (global.get $g))
        (loop $l (if (ref.is_null (local.get $n)) (then (return (local.get $s))))
          (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (struct.get $n 1 (local.get $n)))))
          (local.set $n (struct.get $n 0 (local.get $n))) (br $l)) (unreachable)))`)
    before.call('make', 200_000)
    expect(carried(before).instance.call('sum')).toBe(20_000_100_000n)
  })

  it('has the descriptors of its structures', () => {
    const before = instantiate(`(module
      (rec (type $s (descriptor $d) (struct (field i32))) (type $d (describes $s) (struct (field i64))))
      (global $d (ref (exact $d)) (struct.new $d (i64.const 4)))
      (global $s (mut (ref null $s)) (ref.null $s))
      (func (export "make") (global.set $s (struct.new_desc $s (i32.const 3) (global.get $d))))
      (func (export "same") (result i32) (ref.eq (ref.get_desc $s (global.get $s)) (global.get $d))))`)
    before.call('make')
    expect(carried(before).instance.call('same')).toBe(1)
  })

  it('has exceptions, whose tags are the same', () => {
    const before = instantiate(`(module (tag $e (export "e") (param i64 anyref)) (global $x (mut exnref) (ref.null exn))
      (func (export "make") (block $h (result i64 anyref exnref)
        (try_table (catch_ref $e $h) (throw $e (i64.const 5) (ref.i31 (i32.const 6)))) (unreachable))
        (global.set $x) (drop) (drop))
      (func (export "throw") (throw_ref (global.get $x))))`)
    before.call('make')
    const { instance } = carried(before)
    const error = errorOf(() => instance.call('throw'))
    expect(error).toBeInstanceOf(WasmException)
    expect((error as WasmException).tag).toBe(instance.exports['e'])
    expect((error as WasmException).values).toEqual([5n, 6])
  })

  it('has what a host function threw, where that has a name, with the tag of such things', () => {
    const thrown = new Error('of the host')
    const before = instantiate(
      `(module (import "h" "tag" (tag $t (param externref))) (import "h" "f" (func $f)) (global $x (mut exnref) (ref.null exn))
        (func (export "catch") (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (unreachable)) (global.set $x))
        (func (export "value") (result externref)
          (block $h (result externref) (try_table (catch $t $h) (throw_ref (global.get $x))) (unreachable))))`,
      {
        h: {
          tag: HOST_TAG,
          f: () => {
            throw thrown
          },
        },
      },
    )
    before.call('catch')
    const other = new Error('another')
    const { instance } = carried(before, {
      nameOf: (thing) => (thing === thrown ? 'the error' : undefined),
      externs: { 'the error': other },
      imports: { h: { f: () => undefined } },
    })
    expect(instance.call('value')).toBe(other)
  })
})

describe('references to what is the host’s', () => {
  const HOLDER =
    '(module (table (export "t") 20 externref) (table (export "f") 2 funcref) (table (export "a") 2 anyref))'
  const put = (instance: Instance, values: readonly unknown[]): void =>
    values.forEach((value, i) => (instance.exports['t'] as Table).set(i, value))
  const get = ({ exports }: Instance, i: number): unknown => (exports['t'] as Table).get(i)

  it('are there again where they are primitives', () => {
    const before = instantiate(HOLDER)
    const values = [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      1.5,
      Number.NaN,
      2 ** 30,
      -(2 ** 30),
      2 ** 40,
      'text \ud800 \u{1f9f6}',
      '',
      0n,
    ]
    put(before, [...values, -(10n ** 30n)])
    const after = carried(before).instance
    values.forEach((value, i) => expect(get(after, i)).toBe(value))
    expect(get(after, values.length)).toBe(-(10n ** 30n))
  })

  it('are bound again by the names that the embedder gives', () => {
    const before = instantiate(HOLDER)
    const [object, symbol, func] = [{}, Symbol('s'), (): number => 1]
    put(before, [object, symbol, func, object])
    ;(before.exports['a'] as Table).set(0, object)
    const names = new Map<unknown, string>([
      [object, 'an object'],
      [symbol, 'a symbol'],
      [func, 'a function'],
    ])
    const nameOf = (thing: unknown): string | undefined => names.get(thing)
    const snapshot = before.snapshot({ nameOf })
    expect([...snapshot.externs].sort()).toEqual(['a function', 'a symbol', 'an object'])
    const externs = { 'an object': {}, 'a symbol': Symbol('t'), 'a function': (): number => 2 }
    const after = carried(before, { nameOf, externs }).instance
    expect([0, 1, 2, 3].map((i) => get(after, i))).toEqual([
      externs['an object'],
      externs['a symbol'],
      externs['a function'],
      externs['an object'],
    ])
    expect((after.exports['a'] as Table).get(0)).toBe(externs['an object'])
  })

  it('that have no name are an error that says where they are', () => {
    const before = instantiate(HOLDER)
    put(before, [1, {}])
    expect(errorOf(() => before.snapshot())).toMatchObject({
      code: 'SNAPSHOT_UNNAMED',
      message:
        "an object of the host's has no name, by which it could be found again: element 1 of table 0 (give one by `nameOf`)",
    })
  })

  it('that are two with one name are an error', () => {
    const before = instantiate(HOLDER)
    put(before, [{}, {}])
    expect(errorOf(() => before.snapshot({ nameOf: () => 'it' })).code).toBe('SNAPSHOT_UNNAMED')
  })

  it('that are not given are an error that lists them', () => {
    const before = instantiate(HOLDER)
    put(before, [{}, {}])
    let names = 0
    expect(errorOf(() => carried(before, { nameOf: () => `thing ${names++}` }))).toMatchObject({
      code: 'SNAPSHOT_UNNAMED',
      message: expect.stringMatching(/"thing 0", "thing 1"$/) as string,
    })
  })
})

describe('functions of the host', () => {
  const CALLER = `(module (import "env" "f" (func $f (param i32) (result i32))) (table (export "t") 1 funcref) (elem (i32.const 0) $f)
    (func (export "direct") (result i32) (call $f (i32.const 1)))
    (func (export "indirect") (result i32) (call_indirect (param i32) (result i32) (i32.const 2) (i32.const 0))))`
  const f = (_: HostContext, x: number): number => x + 10

  it('are bound again by the name of their import, also where they are in a table', () => {
    const before = instantiate(CALLER, { env: { f } })
    expect(before.snapshot().imports).toEqual([{ module: 'env', name: 'f' }])
    const { instance } = carried(before, { imports: { env: { f: (_: HostContext, x: number) => x + 20 } } })
    expect([instance.call('direct'), instance.call('indirect')]).toEqual([21, 22])
  })

  it('that are missing are all listed', () => {
    const before = instantiate(CALLER, { env: { f } })
    expect(errorOf(() => carried(before))).toMatchObject({
      code: 'UNLINKABLE',
      message: 'unknown import: "env" "f": func [i32] -> [i32]',
    })
  })

  it('may be what is asked for unknown ones', () => {
    const before = instantiate(CALLER, { env: { f } })
    expect(carried(before, { unknownImports: 'default' }).instance.call('direct')).toBe(0)
  })

  it('need a name where the instance that imported them is gone', () => {
    const store = new Store()
    const table = createTable(store, { element: 'funcref', min: 1 })
    instantiate('(module (import "env" "f" (func $f)) (import "env" "t" (table 1 funcref)) (elem (i32.const 0) $f))', {
      env: { f, t: table },
    })
    const before = instantiate(
      '(module (import "env" "t" (table 1 funcref)) (func (export "call") (call_indirect (i32.const 0))))',
      {
        env: { t: table },
      },
    )
    expect(errorOf(() => before.snapshot())).toMatchObject({
      message: expect.stringMatching(/^a function .* element 0 of table 0/) as string,
    })
    let calls = 0
    const { instance } = carried(before, {
      nameOf: (thing) => (thing === f ? 'f' : undefined),
      externs: { f: () => void calls++ },
    })
    instance.call('call')
    expect(calls).toBe(1)
  })
})

describe('several instances', () => {
  it('that share a memory, a table, a global and a tag share them afterwards', () => {
    const store = new Store()
    const given = {
      memory: createMemory(store, { min: 1, max: 3 }),
      table: createTable(store, { element: 'funcref', min: 1 }),
      global: createGlobal('i64', 5n, true),
      tag: createTag(['i32']),
    }
    const TYPES = `(import "host" "memory" (memory 1 3)) (import "host" "table" (table $t 1 funcref))
      (import "host" "global" (global $g (mut i64))) (import "host" "tag" (tag $e (param i32)))`
    const a = instantiate(
      `(module ${TYPES} (func $f (export "f") (i32.store (i32.const 0) (i32.const 42)) (global.set $g (i64.const 43)) (throw $e (i32.const 44)))
      (elem (i32.const 0) $f))`,
      { host: given },
      { store },
    )
    const b = instantiate(
      `(module ${TYPES} (export "g" (global $g)) (func (export "call") (result i32)
        (block $h (result i32) (try_table (catch $e $h) (call_indirect $t (i32.const 0))) (i32.const 0))))`,
      { host: given },
      { store },
    )
    expect(a.exports['f']).toBe(given.table.get(0))
    const { instance } = carried(b)
    expect(instance.call('call')).toBe(44)
    expect(instance.memory!.view.getInt32(0, true)).toBe(42)
    expect((instance.exports['g'] as Global).value).toBe(43n)
    expect(given.global.value).toBe(5n)
  })

  it('have what the host made for them, where the embedder finds it', () => {
    const store = new Store()
    const given = { m: createMemory(store, { min: 1 }), g: createGlobal('i64', 5n, true), f: (): number => 3 }
    const before = instantiate(
      '(module (import "h" "m" (memory 1)) (import "h" "g" (global (mut i64))) (import "h" "f" (func (result i32))))',
      { h: given },
    )
    given.m.write(7, 'x')
    const { instance } = carried(before, { imports: { h: { f: () => 4 } } })
    const { m, g, f } = instance.imports['h'] as { m: Memory; g: Global; f: () => number }
    expect([m.string(7, 1), g.value, f()]).toEqual(['x', 5n, 4])
    expect(m).not.toBe(given.m)
    expect(before.imports['h']!['m']).toBe(given.m)
  })

  it('that import functions from one another do so afterwards', () => {
    const a = instantiate(`(module (global $g (mut i32) (i32.const 5)) (memory (export "m") 1)
      (func (export "f") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))`)
    const b = instantiate(
      `(module (import "a" "f" (func $f (result i32))) (import "a" "m" (memory 1)) (export "m" (memory 0)) (export "again" (func $f))
        (data (i32.const 8) "of b") (func (export "g") (result i32) (i32.mul (call $f) (i32.const 100))))`,
      { a: a.exports },
    )
    expect(b.call('g')).toBe(600)
    const { instance } = carried(b)
    expect([instance.call('g'), instance.call('again'), b.call('g')]).toEqual([700, 8, 700])
    expect((instance.exports['m'] as Memory).string(8, 4)).toBe('of b')
    expect(instance.snapshot().modules).toHaveLength(2)
  })

  it('of one module carry it once, and stay apart', () => {
    const engine = newEngine()
    const counter = engine.compile(
      wat2wasm(`(module (global $g (mut i32) (i32.const 0)) (func (export "next") (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))`),
    )
    const both = engine
      .compile(
        wat2wasm(`(module (import "a" "next" (func $a (result i32))) (import "b" "next" (func $b (result i32)))
          (export "a" (func $a)) (export "b" (func $b)))`),
      )
      .instantiateSync({ a: counter.instantiateSync().exports, b: counter.instantiateSync().exports })
    both.call('a')
    expect(both.snapshot().modules).toHaveLength(2)
    const { instance } = carried(both)
    expect([instance.call('a'), instance.call('b')]).toEqual([2, 1])
  })
})

describe('a fork', () => {
  const COUNTER = `(module (import "env" "note" (func $note (param i32))) (memory (export "m") 1)
    (global $x (export "x") (mut externref) (ref.null extern))
    (func (export "count") (result i32)
      (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
      (call $note (i32.load (i32.const 4))) (i32.load (i32.const 4))))`

  it('goes on independently, with the same functions and objects of the host', () => {
    const notes: number[] = []
    const first = instantiate(COUNTER, { env: { note: (_: HostContext, x: number) => void notes.push(x) } })
    const object = {}
    ;(first.exports['x'] as Global).value = object
    first.call('count')
    const second = first.fork().instance
    expect([second.call('count'), second.call('count'), first.call('count')]).toEqual([2, 3, 2])
    expect(notes).toEqual([1, 2, 3, 2])
    expect((second.exports['x'] as Global).value).toBe(object)
    expect(second.exports['m']).not.toBe(first.exports['m'])
    const third = second.fork().instance
    expect([third.call('count'), second.call('count')]).toEqual([4, 4])
  })

  it('has the limits of what is forked, unless others are given', () => {
    const first = instantiate(
      '(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 1))))',
      {},
      {
        limits: { memoryBytes: 131_072 },
      },
    )
    expect(first.call('grow')).toBe(1)
    expect(first.fork().instance.call('grow')).toBe(-1)
    expect(first.fork({ limits: { memoryBytes: 200_000 } }).instance.call('grow')).toBe(2)
    expect(errorOf(() => first.fork({ limits: { memoryBytes: 100_000 } })).code).toBe('MEMORY_QUOTA')
  })
})

describe('providers', () => {
  const counter = (): ImportProvider & { count: number } => ({
    count: 0,
    moduleName: 'counter',
    imports(memory) {
      return {
        next: () => {
          memory().bytes[0] = ++this.count
          return this.count
        },
      }
    },
    typeOf: (name) => (name === 'next' ? { params: [], results: ['i32'] } : undefined),
    save() {
      return Uint8Array.of(this.count)
    },
    restore(saved) {
      this.count = saved[0]!
    },
  })
  const GUEST = '(module (import "counter" "next" (func $n (result i32))) (memory 1) (export "next" (func $n)))'

  it('take over the state that is saved, and work on the memory of the restored instance', () => {
    const before = instantiate(GUEST, {}, { wasi: counter() })
    before.call('next')
    expect(before.snapshot().providers).toEqual(['counter'])
    const wasi = counter()
    const { instance } = carried(before, { wasi })
    expect([instance.call('next'), before.call('next'), wasi.count]).toEqual([2, 2, 2])
    expect(instance.memory!.bytes[0]).toBe(2)
  })

  it('must be given: no state goes to anybody else', () => {
    const before = instantiate(GUEST, {}, { wasi: counter() })
    expect(errorOf(() => carried(before))).toMatchObject({
      code: 'UNLINKABLE',
      message: expect.stringContaining('"counter" "next"') as string,
    })
    expect(errorOf(() => before.fork()).code).toBe('UNLINKABLE')
    expect(before.fork({ wasi: counter() }).instance.call('next')).toBe(1)
  })

  it('that can save nothing, or take nothing over, are an error', () => {
    const { save: _, ...unsaved } = counter()
    expect(errorOf(() => instantiate(GUEST, {}, { wasi: unsaved }).snapshot()).code).toBe('SNAPSHOT_PROVIDER')
    const { restore: __, ...fixed } = counter()
    expect(errorOf(() => carried(instantiate(GUEST, {}, { wasi: counter() }), { wasi: fixed })).code).toBe(
      'SNAPSHOT_PROVIDER',
    )
  })

  it('of several instances keep apart', () => {
    const a = instantiate(GUEST, {}, { wasi: counter() })
    const b = instantiate(
      '(module (import "counter" "next" (func $n (result i32))) (import "a" "next" (func $a (result i32))) (memory 1) (export "n" (func $n)) (export "a" (func $a)))',
      { a: a.exports },
      { wasi: counter() },
    )
    a.call('next')
    const { instance } = carried(b, { wasi: [counter(), counter()] })
    expect([instance.call('n'), instance.call('a'), instance.call('a'), instance.memory!.bytes[0]]).toEqual([
      1, 2, 3, 1,
    ])
  })
})

describe('the quotas of the restoring store', () => {
  const FULL = `(module (memory 2) (table 100 anyref) (type $a (array (mut i64)))
    (func (export "fill") (table.set (i32.const 0) (array.new_default $a (i32.const 1000)))))`
  const before = instantiate(FULL)
  before.call('fill')
  const bytes = before.snapshot().encode({ modules: true })

  it.each([
    ['memoryBytes', 131_072, 'MEMORY_QUOTA'],
    ['tableElements', 100, 'TABLE_QUOTA'],
    ['instances', 1, 'INSTANCE_QUOTA'],
    ['heapBytes', 8_200, 'HEAP_EXHAUSTED'],
  ])('hold: %s', (name, enough, code) => {
    expect(newEngine().restore(bytes, { limits: { [name]: enough } }).instance.memory!.pages).toBe(2)
    expect(errorOf(() => newEngine().restore(bytes, { limits: { [name]: enough - 1 } })).code).toBe(code)
  })

  it('are given back where the snapshot cannot be restored', () => {
    const store = new Store()
    const { data } = Snapshot.decode(bytes)
    const broken = new Snapshot({ ...data, tables: [{ ...data.tables[0]!, elems: Int32Array.of(100, 2000) }] })
    const rootless = new Snapshot({ ...data, root: 7 })
    for (const snapshot of [broken, rootless]) {
      expect(errorOf(() => newEngine().restore(snapshot, { store })).code).toBe('SNAPSHOT_INVALID')
    }
    expect(store.usage()).toMatchObject({ memoryBytes: 0, tableElements: 0, instances: 0 })
  })
})

describe('modules', () => {
  const TEXT = '(module $lib (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))'

  it('that are given must be those of the snapshot', () => {
    const bytes = instantiate(TEXT).snapshot().encode()
    const engine = newEngine()
    const other = instantiate('(module $other)').snapshot().modules[0]!
    const { name, hash } = instantiate(TEXT).snapshot().modules[0]!
    expect(name).toBe('lib')
    expect(errorOf(() => engine.restore(bytes))).toMatchObject({
      code: 'SNAPSHOT_MISMATCH',
      message: `the snapshot needs the module "lib" with the SHA-256 ${hash}; none is given`,
    })
    const { data } = instantiate('(module $other)').snapshot()
    const wasm = data.modules[0]!.bytes!
    expect(errorOf(() => engine.restore(bytes, { modules: [wasm] }))).toMatchObject({
      code: 'SNAPSHOT_MISMATCH',
      message: expect.stringContaining(`given: the module "other" with the SHA-256 ${other.hash}`) as string,
    })
  })

  it('are carried where that is asked for, and are themselves what their hash says', () => {
    const snapshot = instantiate(TEXT).snapshot()
    expect(
      newEngine()
        .restore(snapshot.encode({ modules: true }))
        .instance.call('f'),
    ).toBe(0)
    expect(newEngine().restore(snapshot).instance.call('f')).toBe(0)
    expect(
      newEngine()
        .restore(snapshot.encode(), { modules: [snapshot.data.modules[0]!.bytes!] })
        .instance.call('f'),
    ).toBe(0)
  })

  it('make the hash of a snapshot the same for the same state', () => {
    const [a, b] = [instantiate(TEXT), instantiate(TEXT)]
    expect(a.snapshot().hash()).toBe(b.snapshot().hash())
    expect(carried(a).instance.snapshot().hash()).toBe(a.snapshot().hash())
    b.memory!.write(9, 'x')
    expect(a.snapshot().hash()).not.toBe(b.snapshot().hash())
  })
})

describe('exceptions of the host', () => {
  it('that a guest holds keep their tag', () => {
    const tag = createTag(['i32'])
    const before = instantiate(
      `(module (import "h" "f" (func $f)) (global $x (mut exnref) (ref.null exn))
        (func (export "catch") (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (unreachable)) (global.set $x))
        (func (export "throw") (throw_ref (global.get $x))))`,
      {
        h: {
          f: () => {
            throw createException(tag, [7])
          },
        },
      },
    )
    before.call('catch')
    const { instance } = carried(before, { imports: { h: { f: () => undefined } } })
    const error = errorOf(() => instance.call('throw'))
    expect(error).toMatchObject({ code: 'EXCEPTION', values: [7] })
    expect((error as WasmException).tag).not.toBe(tag)
  })
})
