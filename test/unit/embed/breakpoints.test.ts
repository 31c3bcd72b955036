// Breakpoints as the embedder sets them.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import type { Instance } from '../../../src/embed/instance.ts'
import type { Module } from '../../../src/embed/module.ts'
import type { Run, RunState } from '../../../src/embed/run.ts'
import { UsageError } from '../../../src/errors/heddle-error.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const MODULE = `(module
  (import "" "host" (func $host (param i32) (result i32)))
  (func $helper (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "main") (param i32) (result i32)
    (i32.mul (call $helper (local.get 0)) (call $host (i32.const 3))))
  (func (export "direct") (param i32) (result i32) (call $helper (local.get 0)))
  (export "host" (func $host)))`

const engine = new Engine()
const module: Module = engine.compile(parseModule(MODULE))

function made(): Instance {
  return module.instantiateSync({ '': { host: (_, x: number) => x * 10 } })
}

/** Goes on to the end; gives the names of the functions in which it stopped, and the end. */
function stops(run: Run): [names: (string | undefined)[], end: RunState] {
  const names: (string | undefined)[] = []
  for (;;) {
    const state = run.run()
    if (state.kind !== 'breakpoint') return [names, state]
    expect(run.stack[0]!.offset).toBe(state.frame.offset)
    names.push(state.frame.funcName)
  }
}

describe('run.breakpoints', () => {
  it('stops at functions by name, by the name of an export, and by index', () => {
    const instance = made()
    for (const func of ['helper', 1]) {
      const run = instance.start('main', 4)
      const { offset, funcIdx } = run.breakpoints.add({ func })
      expect(funcIdx).toBe(1)
      expect([...run.breakpoints].map((breakpoint) => breakpoint.offset)).toEqual([offset])
      expect(stops(run)).toEqual([['helper'], { kind: 'done', value: 150 }])
    }
    const run = instance.start('main', 4)
    run.breakpoints.add({ func: 'main' })
    expect(stops(run)).toEqual([['main'], { kind: 'done', value: 150 }])
  })

  it('stops at an offset in the module, such as a stack of calls has', () => {
    const instance = made()
    const first = instance.start('main', 4)
    first.step()
    const { offset } = first.stack[0]!
    const run = instance.start('main', 4)
    const breakpoint = run.breakpoints.add(offset!)
    expect(run.breakpoints.add({ func: 'main', offset })).toBe(breakpoint)
    expect(stops(run)).toEqual([['main'], { kind: 'done', value: 150 }])
    expect(run.breakpoints.delete(breakpoint)).toBe(true)
    expect(run.breakpoints.size).toBe(0)
  })

  it('uses the fuel that it would have used, and stops no other run', () => {
    const instance = made()
    const plain = instance.start('main', 4)
    const run = instance.start('main', 4)
    run.breakpoints.add({ func: 'helper' })
    expect(run.run().kind).toBe('breakpoint')
    expect(plain.run()).toEqual({ kind: 'done', value: 150 })
    expect(instance.exports['direct']).toBeTypeOf('function')
    expect(instance.call('direct', 1)).toBe(2)
    expect(run.run()).toEqual({ kind: 'done', value: 150 })
    expect(run.fuelUsed).toBe(plain.fuelUsed)
  })

  it('may be within another instance or module', () => {
    const inner = made()
    const outer = engine
      .compile(
        parseModule(`(module (import "" "direct" (func $direct (param i32) (result i32)))
          (func (export "main") (result i32) (call $direct (i32.const 8))))`),
      )
      .instantiateSync({ '': { direct: inner.exports['direct']! } })
    for (const [within, expected] of [
      [inner, ['helper']],
      [module, ['helper']],
      [made(), []],
    ] as const) {
      const run = outer.start('main')
      run.breakpoints.add({ func: 'helper', within })
      expect(stops(run)).toEqual([expected, { kind: 'done', value: 9 }])
    }
    expect(() => outer.start('main').breakpoints.add({ func: 'helper' })).toThrow('no function "helper"')
  })

  it('does not stop finish()', async () => {
    const run = made().start('main', 4)
    run.breakpoints.add({ func: 'helper' })
    expect(await run.finish()).toBe(150)
  })

  it('is not part of a snapshot', () => {
    const run = made().start('direct', 4)
    run.breakpoints.add({ func: 'helper' })
    expect(run.run().kind).toBe('breakpoint')
    const fork = run.fork()
    expect(fork.run.breakpoints.size).toBe(0)
    expect(fork.run.run()).toEqual({ kind: 'done', value: 5 })
    expect(stops(run)).toEqual([[], { kind: 'done', value: 5 }])
  })

  it('says what is wrong with a place', () => {
    const instance = made()
    const { breakpoints } = instance.start('main', 4)
    const message = (place: Parameters<typeof breakpoints.add>[0]): string => {
      try {
        breakpoints.add(place)
      } catch (error) {
        if (error instanceof UsageError) return error.message
      }
      throw new Error('no usage error')
    }
    expect(message({ func: 'helpr' })).toBe('the module defines no function "helpr"; did you mean "helper"?')
    expect(message({ func: 'host' })).toContain('the module defines no function "host"')
    expect(message({ func: 9 })).toBe('the module defines no function 9')
    expect(message({})).toBe('a breakpoint needs a func or an offset')
    expect(message(1e6)).toBe('the offset 1000000 lies in the body of no function')
    expect(message({ func: 'helper', offset: 1e6 })).toContain('no instruction begins at 0xf4240 in helper')
    expect(() => instance.start('host', 1).breakpoints.add({ func: 'helper' })).toThrow('within which module?')
    expect(() => instance.prepare('main', [1], { metered: false }).breakpoints).toThrow('not metered')
  })
})
