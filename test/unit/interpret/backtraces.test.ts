// The stacks of traps and of runs that have stopped: functions, their names, and where in the module's bytes they are.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { decodeNames } from '../../../src/binary/decode-names.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { Trap, renderFrames, type StackFrame } from '../../../src/errors/trap.ts'
import { InstructionReader } from '../../../src/instructions/instruction-reader.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { CompiledModule, type ExternVal, type Instance } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { Store } from '../../../src/runtime/store.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { finish, func, thrownBy } from './wat-instance.ts'

/** An instance of the module in its binary form, so that offsets mean something. */
function binaryInstance(text: string, imports: readonly ExternVal[] = [], store = new Store()): Instance {
  const module = decodeModule(encodeModule(parseModule(text), { names: true }))
  const names = decodeNames(module)
  return instantiate(store, new CompiledModule(module, () => names), imports).instance
}

function trapOf(own: Instance, name: string): Trap {
  const error = thrownBy(() => interpreter.invoke(func(own, name), []))
  expect(error).toBeInstanceOf(Trap)
  return error as Trap
}

/** What a frame is at: the function's name and the instruction at the offset, read from the module's bytes. */
function place({ module }: CompiledModule, frame: Pick<StackFrame, 'funcIdx' | 'funcName' | 'offset'>): string {
  const { code } = module.funcs[frame.funcIdx - module.imports.filter(({ type }) => type.kind === 'func').length]!
  const reader = InstructionReader.of({ ...code, start: frame.offset! })
  return `${frame.funcName ?? frame.funcIdx}: ${reader.next().name}`
}

const TRAPS = `(module $m (memory 1) (table 1 funcref) (type $t (func (result i32)))
  (func $add (param i32 i32) (result i32) (i32.div_u (local.get 0) (i32.add (local.get 1) (i32.const 0))))
  (func $middle (param $x i32) (result i32) (local i32)
    (loop (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 5))))
    (i32.mul (call $add (local.get $x) (i32.const 0)) (i32.const 2)))
  (func $top (export "divide") (drop (i32.const 7)) (drop (call $middle (i32.const 3))))
  (func (export "load") (drop (i32.add (i32.const 1) (i64.eqz (i64.load offset=16 (i32.const 0xfffc))))))
  (func (export "store") (nop) (i32.store8 offset=1 (i32.const -1) (i32.const 1)))
  (func (export "unreachable") (block (if (i32.eqz (i32.const 0)) (then (unreachable)))))
  (func (export "indirect") (drop (call_indirect (type $t) (i32.const 0))))
  (func (export "fill") (memory.fill (i32.const 1) (i32.const 1) (i32.const 0x10000)))
  (func (export "table") (drop (table.get 0 (i32.const 5))))
  (func (export "convert") (drop (i32.trunc_f64_s (f64.const 1e10)))))`

describe('a trap', () => {
  it.each([
    ['divide', ['add: i32.div_u', 'middle: call', 'top: call']],
    ['load', ['load: i64.load']],
    ['store', ['store: i32.store8']],
    ['unreachable', ['unreachable: unreachable']],
    ['indirect', ['indirect: call_indirect']],
    ['fill', ['fill: memory.fill']],
    ['table', ['table: table.get']],
    ['convert', ['convert: i32.trunc_f64_s']],
  ])('tells the instruction and the calls: %s', (name, places) => {
    const own = binaryInstance(TRAPS)
    const { frames } = trapOf(own, name)
    expect(frames.map((frame) => place(own.compiled, frame))).toEqual(places)
    expect(frames.map(({ moduleName }) => moduleName)).toEqual(places.map(() => 'm'))
  })

  it.each(['divide', 'load', 'store', 'unreachable', 'indirect', 'fill', 'table', 'convert'])(
    'tells the same in a run, wherever that stopped before: %s',
    (name) => {
      const { frames } = trapOf(binaryInstance(TRAPS), name)
      for (const k of [Infinity, 1, 2, 3]) {
        const own = binaryInstance(TRAPS)
        const stop = finish(interpreter.start(func(own, name), []), k)
        expect(stop.kind === 'trap' && stop.error).toMatchObject({ frames })
      }
    },
  )

  it('tells the address and the size of the memory', () => {
    expect(trapOf(binaryInstance(TRAPS), 'load').message).toBe(
      'out of bounds memory access: address 0x1000c + 8 in a memory of 65536 bytes',
    )
    expect(trapOf(binaryInstance(TRAPS), 'store').message).toBe(
      'out of bounds memory access: address 0x100000000 + 1 in a memory of 65536 bytes',
    )
  })

  it('renders as people read it', () => {
    expect(renderFrames(trapOf(binaryInstance(TRAPS), 'divide').frames)).toMatch(
      /^ {4}at \$add \(m, offset 0x[0-9a-f]+\)\n {4}at \$middle \(m, offset 0x[0-9a-f]+\)\n {4}at \$top \(m, offset 0x[0-9a-f]+\)$/,
    )
  })

  it('tells the calls between instances', () => {
    const store = new Store()
    const inner = binaryInstance(
      '(module $inner (func $boom (unreachable)) (func $gate (export "gate") (nop) (call $boom)))',
      [],
      store,
    )
    const outer = binaryInstance(
      '(module $outer (import "" "gate" (func $gate)) (func $go (call $gate)) (func $start (export "f") (call $go)))',
      [func(inner, 'gate')],
      store,
    )
    const { frames } = trapOf(outer, 'f')
    expect(frames.map(({ moduleName, funcName }) => [moduleName, funcName])).toEqual([
      ['inner', 'boom'],
      ['inner', 'gate'],
      ['outer', 'go'],
      ['outer', 'start'],
    ])
    expect(place(inner.compiled, frames[1]!)).toBe('gate: call')
    expect(place(outer.compiled, frames[2]!)).toBe('go: call')
  })

  it('of a tail call leaves out the function that is gone', () => {
    const own = binaryInstance(
      '(module (func $boom (unreachable)) (func $gone (return_call $boom)) (func $f (export "f") (call $gone)))',
    )
    expect(trapOf(own, 'f').frames.map(({ funcName }) => funcName)).toEqual(['boom', 'f'])
  })

  it('of a stack that is full has the innermost frames', () => {
    const own = binaryInstance('(module (func $f (export "f") (call $f)))')
    const { frames, code } = trapOf(own, 'f')
    expect(code).toBe('STACK_EXHAUSTED')
    expect(frames.length).toBeGreaterThanOrEqual(50)
    expect(new Set(frames.map((frame) => place(own.compiled, frame)))).toEqual(new Set(['f: call']))
  })

  it('in a call within a host function tells the frames of that call', () => {
    const inner = binaryInstance('(module (func $boom (export "f") (unreachable)))')
    const host = FuncInstance.fromHost(
      { kind: 'func', params: [], results: [] },
      () => interpreter.invoke(func(inner, 'f'), []),
      'h',
    )
    const outer = binaryInstance('(module (import "" "h" (func)) (func $f (export "f") (call 0)))', [host])
    expect(trapOf(outer, 'f').frames.map(({ funcName }) => funcName)).toEqual(['boom'])
  })
})

describe('a run that has stopped', () => {
  const STEPS = `(module (func $inner (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $outer (export "f") (result i32) (local i32)
      (block (loop (local.set 0 (call $inner (local.get 0))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 2)))))
      (local.get 0)))`

  it('is, step by step, at each instruction with a cost, in order', () => {
    const own = binaryInstance(STEPS)
    const run = interpreter.start(func(own, 'f'), [])
    const places: string[] = []
    while (run.step().kind === 'fuel')
      places.push(
        run
          .stack()
          .map((frame) => place(own.compiled, frame))
          .join(' < '),
      )
    const call = ['outer: call', ...['local.get', 'i32.const', 'i32.add'].map((name) => `inner: ${name} < outer: call`)]
    const rest = ['outer: local.set', 'outer: local.get', 'outer: i32.const', 'outer: i32.lt_u', 'outer: br_if']
    expect(places).toEqual([...call, ...rest, 'outer: local.get', ...call, ...rest, 'outer: local.get'])
  })

  it('that has not begun is at its function', () => {
    const own = binaryInstance(STEPS)
    const run = interpreter.start(func(own, 'f'), [])
    expect(run.stack()).toEqual([{ func: func(own, 'f'), funcIdx: 1, funcName: 'outer', offset: undefined }])
    run.abort()
  })

  it('to wait for a host function is at the call of it', () => {
    const type = { kind: 'func', params: [], results: [] } as const
    const host = FuncInstance.fromHost(type, () => Promise.resolve([]), 'h')
    const own = binaryInstance(
      `(module (import "" "h" (func $h)) (type $t (func)) (table funcref (elem $h))
        (func $direct (drop (i32.const 1)) (call $h) (nop))
        (func $indirect (drop (i32.const 1)) (call_indirect (i32.const 0)) (nop))
        (func (export "direct") (call $direct))
        (func (export "indirect") (call $indirect)))`,
      [host],
    )
    for (const [name, place0] of [
      ['direct', 'direct: call'],
      ['indirect', 'indirect: call_indirect'],
    ] as const) {
      const run = interpreter.start(func(own, name), [])
      expect(run.resume().kind).toBe('host')
      expect(run.stack().map((frame) => place(own.compiled, frame))).toEqual([place0, `${name}: call`])
      run.abort()
    }
  })

  it('and whose frames were put aside for another tells the same', () => {
    const own = binaryInstance(STEPS)
    const run = interpreter.start(func(own, 'f'), [])
    run.resume(2)
    const before = run.stack()
    interpreter.invoke(func(own, 'f'), [])
    expect(run.stack()).toEqual(before)
    run.abort()
  })
})
