// Exceptions between wasm and the embedder: errors with a tag and values, tags and exceptions that the host makes.

import { describe, expect, it } from 'vitest'
import { Engine, HOST_TAG, UsageError, WasmException, createException, createTag, run } from '../../../src/index.ts'
import type { Imports, Instance, Tag } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const instantiate = (text: string, imports: Imports = {}): Instance =>
  new Engine().compile(parseModule(text)).instantiateSync(imports)

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const THROWING = `(module (tag (export "e") (param i32 i64 f64 funcref)) (elem declare func $f)
  (func $f (export "f") (throw 0 (i32.const 1) (i64.const -2) (f64.const 0.5) (ref.func $f))))`

const CATCHING = `(module (import "host" "e" (tag $e (param i32))) (import "host" "f" (func $f))
  (func (export "g") (result i32)
    (block $h (result i32) (try_table (catch $e $h) (call $f)) (i32.const -1))))`

describe('an exception that leaves wasm', () => {
  it('is an error with the exported tag, its values, and where it was thrown', () => {
    const { exports } = instantiate(THROWING)
    const error = thrownBy(exports['f'] as () => void)
    if (!(error instanceof WasmException)) throw error
    expect(error.message).toBe('uncaught exception of a tag with [i32 i64 f64 funcref]')
    expect(error.tag).toBe(exports['e'])
    expect(error.values).toEqual([1, -2n, 0.5, exports['f']])
    expect(error.frames.map(({ funcName }) => funcName)).toEqual(['f'])
  })

  it('is the error of the run that it ends', () => {
    const state = instantiate(THROWING).start('f').run()
    expect(state).toMatchObject({ kind: 'trap', error: { name: 'WasmException' } })
  })

  it('ends a program as a trap does', async () => {
    const { trap, exitCode } = await run(parseModule(THROWING), { invoke: 'f' })
    expect(trap).toMatchObject({ code: 'UNCAUGHT_EXCEPTION', depth: 1 })
    expect(trap?.message).toBe('uncaught exception: $e (i32 1, i64 -2, f64 0.5, funcref 0)')
    expect(exitCode).toBe(134)
  })

  it('spells the types out that its values have, and says the name of its tag where a module gives it one', async () => {
    const module = parseModule(`(module (type $point (struct (field i32))) (tag $lost (param (ref $point) v128))
      (func (export "f") (throw $lost (struct.new $point (i32.const 1)) (v128.const i32x4 1 2 3 4))))`)
    const thrown = thrownBy(() => new Engine().compile(module).instantiateSync().call('f'))
    expect(thrown).toMatchObject({ message: 'uncaught exception of a tag with [(ref (struct i32)) v128]' })
    const { trap } = await run(module, { invoke: 'f' })
    expect(trap?.detail).toBe('$lost ((ref (struct i32)), v128 i32x4:0x00000001,0x00000002,0x00000003,0x00000004)')
    const starting = parseModule('(module (tag $t (param i32)) (func $s (throw $t (i32.const 3))) (start $s))')
    expect((await run(starting)).trap?.detail).toBe('$t (i32 3)')
  })

  it('passes through a host function to wasm that catches it', () => {
    const e = createTag(['i32'])
    const inner = instantiate(
      '(module (import "" "e" (tag (param i32))) (func (export "f") (throw 0 (i32.const 9))))',
      { '': { e } },
    )
    const outer = instantiate(CATCHING, { host: { e, f: () => void inner.call('f') } })
    expect(outer.call('g')).toBe(9)
  })
})

describe('an exception that the host makes', () => {
  it('is caught by its tag', () => {
    const e = createTag(['i32'])
    const throwing = (): void => {
      throw createException(e, [5])
    }
    expect(instantiate(CATCHING, { host: { e, f: throwing } }).call('g')).toBe(5)
    expect(() => instantiate(CATCHING, { host: { e: createTag(['i32']), f: throwing } }).call('g')).toThrow(
      WasmException,
    )
  })

  it('takes values of the types of its tag', () => {
    const e = createTag(['i64', 'externref'])
    expect(createException(e, [1n, 'x']).values).toEqual([1n, 'x'])
    expect(() => createException(e, [1n])).toThrow('the tag takes 2 values, not 1')
    expect(() => createException(e, ['x', 'x'])).toThrow('value 1 of the exception must be an i64, not string')
    expect(() => createTag(['i33'])).toThrow(UsageError)
    expect(() => createException(createTag(['i32']), [])).toThrow('the tag takes 1 value, not 0')
  })

  it('says what it is made of to those who give it something else', () => {
    const create = createException as (tag: unknown, values: unknown) => WasmException
    expect(() => (createTag as (types: unknown) => Tag)('i32')).toThrow(
      "a tag is made of a list of types, such as ['i32', 'externref']",
    )
    expect(() => createTag([{} as string])).toThrow('a value type is a text')
    expect(() => create({}, [])).toThrow('an exception has a tag')
    expect(() => create(createTag([]), 5)).toThrow('the values of an exception are an array')
  })
})

describe("the host's own tag", () => {
  it('catches what JavaScript throws, as an externref', () => {
    const error = new RangeError('thrown')
    const of = instantiate(
      `(module (import "host" "tag" (tag $t (param externref))) (import "host" "f" (func $f))
        (func (export "g") (result externref)
          (block $h (result externref) (try_table (catch $t $h) (call $f)) (unreachable))))`,
      {
        host: {
          tag: HOST_TAG,
          f: () => {
            throw error
          },
        },
      },
    )
    expect(of.call('g')).toBe(error)
  })
})

describe('a reference to an exception', () => {
  it('is an opaque object to the host, which can hand it back', () => {
    const of = instantiate(`(module (tag $e (param i32))
      (func (export "caught") (result exnref)
        (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e (i32.const 6))) (unreachable)))
      (func (export "value") (param exnref) (result i32)
        (block $h (result i32) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable))))`)
    const caught = of.call('caught') as object
    expect(Reflect.ownKeys(caught)).toEqual([])
    expect(of.call('value', caught)).toBe(6)
    expect(() => of.call('value', {})).toThrow('must be of type exnref, not object')
  })
})
