// Item 70 of the checklist: bytes that pretend to be a snapshot end in an error, or are one. The checksum refuses whatever was damaged on
// the way; who means harm computes it anew, and then the content is refused, or it runs inside of its types.

import { beforeAll, describe, expect, it } from 'vitest'
import { Engine, HeddleError, InternalError, Snapshot, createGlobal, createTag } from '../../src/index.ts'
import type { ImportProvider, Module, Restored } from '../../src/index.ts'
import { wat2wasm } from '../../src/command/convert.ts'
import { encodeSnapshot } from '../../src/snapshot/encode-snapshot.ts'
import { SNAPSHOT_FILE } from '../../src/snapshot/snapshot-format.ts'
import { openFile, sealFile } from '../../src/snapshot/sealed-file.ts'

const engine = new Engine({
  features: { 'stack-switching': true, 'custom-descriptors': true, 'custom-page-sizes': true },
})

const LIBRARY = `(module (memory (export "m") 40 100 (pagesize 1)) (data (i32.const 3) "abc") (data $p "passive")
  (global $n (export "n") (mut i64) (i64.const 1)) (table (export "t") 3 4 funcref) (elem (i32.const 1) $f $f) (elem $p func $f)
  (func $f (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.load (i32.const 0)))))`

/** A run in the middle of everything: in a continuation, with another one suspended, objects in locals, globals and tables. */
const PROGRAM = `(module
  (rec (type $s (descriptor $d) (struct (field (mut i32)) (field i8) (field (mut (ref null $s))))) (type $d (describes $s) (struct)))
  (type $bytes (array i16)) (type $refs (array (mut anyref)))
  (type $g (func (param i32) (result i32))) (type $k (cont $g)) (type $h (func (param i32 i32) (result i32))) (type $kk (cont $h))
  (import "lib" "f" (func $f (param i32) (result i32))) (import "lib" "m" (memory 40 100 (pagesize 1)))
  (import "lib" "t" (table $t 3 4 funcref)) (import "env" "note" (func $note (param externref) (result i32)))
  (import "env" "tag" (tag $e (param i32 anyref))) (import "env" "g" (global $g (mut externref)))
  (import "state" "next" (func $next (result i32)))
  (tag $yield (param i32) (result i32)) (tag $own (param f64))
  (global $k (mut (ref null $k)) (ref.null $k)) (global $b (mut (ref null $k)) (ref.null $k)) (global $x (mut exnref) (ref.null exn)) (global $v (mut v128) (v128.const i64x2 1 2))
  (global $i (ref i31) (ref.i31 (i32.const -5)))
  (elem declare func $gen $two)
  (func $two (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func $gen (param i32) (result i32) (local (ref $s))
    (local.set 1 (struct.new_default_desc $s (struct.new $d)))
    (i32.add (struct.get $s 0 (local.get 1)) (suspend $yield (local.get 0))))
  (func $inner (param (ref $s)) (result i32)
    (struct.set $s 2 (local.get 0) (local.get 0))
    (i32.add (call $f (struct.get $s 0 (struct.get $s 2 (local.get 0)))) (call $note (global.get $g))))
  (func (export "main") (result i32) (local $s (ref $s)) (local $r (ref null $refs)) (local $b (ref null $bytes))
    (local.set $s (struct.new_desc $s (i32.const 7) (i32.const -1) (ref.null $s) (struct.new $d)))
    (local.set $r (array.new_fixed $refs 3 (local.get $s) (global.get $i) (any.convert_extern (global.get $g))))
    (local.set $b (array.new $bytes (i32.const -2) (i32.const 3)))
    (global.set $b (cont.bind $kk $k (i32.const 50) (cont.new $kk (ref.func $two))))
    (block $caught (result i32 anyref exnref)
      (try_table (catch_ref $e $caught) (throw $e (i32.const 1) (local.get $r))) (unreachable))
    (global.set $x) (drop) (drop)
    (block $on (result i32 (ref $k)) (resume $k (on $yield $on) (i32.const 5) (cont.new $k (ref.func $gen))) (return))
    (global.set $k)
    (i32.store (i32.const 20) (call $next))
    (i32.add (call $inner (local.get $s)))
    (i32.add (resume $k (i32.const 3) (global.get $k)))
    (i32.add (resume $k (i32.const 3) (global.get $b)))
    (i32.add (array.get_u $bytes (local.get $b) (i32.const 2)))
    (i32.add (struct.get $s 0 (ref.cast (ref $s) (array.get $refs (local.get $r) (i32.const 0)))))
    (i32.add (i32x4.extract_lane 2 (global.get $v)))
    (drop (try_table (result i32) (throw_ref (global.get $x))))))`

const provider = (): ImportProvider => ({
  moduleName: 'state',
  imports: () => ({ next: () => 9 }),
  typeOf: (name) => (name === 'next' ? { params: [], results: ['i32'] } : undefined),
  save: () => Uint8Array.of(1, 2, 3),
  restore: () => undefined,
})

const externs = { thing: {} }
const options = { imports: { env: { note: () => 2 } }, externs }
let modules: Module[] = []
/** Of a run that waits in a host function, and of one that is in a continuation. */
let files: Uint8Array[] = []
let expected: unknown

function restore(bytes: Uint8Array): Restored {
  return engine.restore(bytes, {
    ...options,
    wasi: provider(),
    modules,
    limits: { memoryBytes: 1e6, tableElements: 1e4, heapBytes: 1e6 },
  })
}

function start(note: () => unknown): Restored['run'] & object {
  const [library, program] = modules as [Module, Module]
  const lib = library.instantiateSync()
  const g = createGlobal('externref', externs.thing, true)
  const tag = createTag(['i32', 'anyref'])
  const instance = program.instantiateSync({ lib: lib.exports, env: { note, g, tag } }, { wasi: provider() })
  return instance.start('main')
}

beforeAll(() => {
  modules = [LIBRARY, PROGRAM].map((text) => engine.compile(wat2wasm(text)))
  const nameOf = (): string => 'thing'
  const waiting = start(() => new Promise(() => {}))
  expect(waiting.run().kind).toBe('host')
  const running = start(() => 2)
  while (running.stack[0]!.funcName !== 'gen') running.step()
  for (let i = 0; i < 3; i++) running.step()
  files = [waiting.snapshot({ nameOf }), running.snapshot({ nameOf })].map((snapshot) => snapshot.encode())
  expected = outcomeOf(files[0]!)
  expect(expected).toMatch(/uncaught exception/)
})

/** How it ends: a text, so that it can be compared. Whatever is no error of the engine's on purpose is thrown. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    const { run, instance } = restore(bytes)
    const state = run!.run({ fuel: 2_000 })
    instance.snapshot({ nameOf: () => 'thing' })
    if (state.kind === 'trap') throw state.error
    return state.kind
  } catch (error) {
    if (error instanceof HeddleError && !(error instanceof InternalError)) return `${error.code}: ${error.message}`
    throw error
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

describe('a snapshot', () => {
  it('is refused where a bit of it is flipped', () => {
    for (const file of files) {
      for (let bit = 0; bit < file.length * 8; bit++) {
        expect(() => Snapshot.decode(flipped(file, bit)), `bit ${bit}`).toThrow(/^not a snapshot that can be read: /)
      }
    }
  })

  it('is refused where it is cut off, or goes on', () => {
    for (const file of files) {
      for (let length = 0; length < file.length; length++) {
        expect(() => Snapshot.decode(file.subarray(0, length))).toThrow(HeddleError)
      }
      expect(() => Snapshot.decode(Uint8Array.of(...file, 0))).toThrow(HeddleError)
      expect(() => Snapshot.decode(Uint8Array.of(...file, 0, 0, 0, 0))).toThrow(HeddleError)
    }
  })

  it('of an unknown version says so', () => {
    const file = files[0]!.slice()
    file[8] = 2
    expect(() => Snapshot.decode(file)).toThrow('it has version 2, and this release of Heddle reads version 1')
  })
})

describe('a snapshot that was changed on purpose', () => {
  const remade = (content: Uint8Array): Uint8Array => sealFile(SNAPSHOT_FILE, [content])

  it('by a bit ends in an error, or runs inside of its types', () => {
    const outcomes = new Map<string, number>()
    for (const file of files) {
      const content = openFile(SNAPSHOT_FILE, file)
      for (let bit = 0; bit < content.length * 8; bit++) {
        const [code] = outcomeOf(remade(flipped(content, bit))).split(':') as [string]
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
      }
    }
    // Each kind of refusal is met, and so are runs that go on with other values.
    for (const code of ['SNAPSHOT_MALFORMED', 'SNAPSHOT_INVALID', 'SNAPSHOT_MISMATCH', 'EXCEPTION']) {
      expect(outcomes.get(code), code).toBeGreaterThan(10)
    }
  })

  it('by cutting it off anywhere ends in an error', () => {
    for (const file of files) {
      const content = openFile(SNAPSHOT_FILE, file)
      for (let length = 0; length < content.length; length++) {
        expect(outcomeOf(remade(content.subarray(0, length)))).toMatch(/^SNAPSHOT_MALFORMED/)
      }
    }
  })

  it('to ask for more than it is allowed to have is refused before anything is allocated', () => {
    const { data } = Snapshot.decode(files[0]!)
    const nulls = Int32Array.of(-1, 0)
    const refArray = data.references.findIndex(({ kind }) => kind === 'ref-array')
    const many = {
      memory: { ...data, memories: data.memories.map((memory) => ({ ...memory, pages: 2 ** 52 })) },
      table: { ...data, tables: data.tables.map((table) => ({ ...table, elems: nulls })) },
      tables: {
        ...data,
        tables: data.tables.map((table) => ({ ...table, elems: Int32Array.of(-1, 0, -1, 0, -1, 0) })),
      },
      array: {
        ...data,
        references: data.references.map((each, i) =>
          i === refArray && each.kind === 'ref-array' ? { ...each, elems: nulls } : each,
        ),
      },
      instances: { ...data, instances: Array.from({ length: 100_000 }, () => data.instances[1]!) },
    }
    for (const [what, hostile] of Object.entries(many)) {
      expect(outcomeOf(encodeSnapshot(hostile)), what).toMatch(/^(SNAPSHOT_INVALID|[A-Z]+_QUOTA|HEAP_EXHAUSTED)/)
    }
  })

  it('to copy a data segment over and over is refused', () => {
    const { data } = Snapshot.decode(files[0]!)
    const [memory] = data.memories as [(typeof data.memories)[number]]
    const [{ module }] = memory.segments as [(typeof memory.segments)[number]]
    const segments = [{ module, dataIdxs: Array<number>(1000).fill(0), addresses: Array<number>(1000).fill(0) }]
    expect(outcomeOf(encodeSnapshot({ ...data, memories: [{ ...memory, segments }] }))).toMatch(/^SNAPSHOT_INVALID/)
  })

  it('by a byte that is the largest there is, anywhere, asks for no memory that is not there', () => {
    for (const file of files) {
      const content = openFile(SNAPSHOT_FILE, file)
      for (let at = 0; at < content.length; at++) {
        const copy = content.slice()
        copy.fill(0xff, at, at + 4)
        copy[at + 4] = 0x0f
        outcomeOf(remade(copy))
      }
    }
  })
})
