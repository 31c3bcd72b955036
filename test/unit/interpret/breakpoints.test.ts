// Breakpoints: a run stops before each instruction where one is set, once each time it comes there, and comes to what it would have come to.

import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/errors/heddle-error.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { Store } from '../../../src/runtime/store.ts'
import type { RunFrame, RunHandle, Stop } from '../../../src/runtime/tier.ts'
import { i32Value } from '../../../src/runtime/value.ts'
import { drive, moved } from './saved-runs.ts'
import { CASES, PROGRAM_OPTIONS, begin, made, moveContinuations, stateOf } from './stoppable-programs.ts'
import { doing, func, instance, resultsOf, start, thrownBy } from './wat-instance.ts'

type Place = readonly [funcIdx: number, offset: number]

const known = new WeakMap<Instance, readonly Place[]>()

/** Offsets at which a run can be told to stop. */
function offsetsOf(of: Instance): readonly Place[] {
  const places = known.get(of) ?? findOffsets(of)
  known.set(of, places)
  return places
}

function findOffsets({ compiled }: Instance): readonly Place[] {
  const { breakpoints } = anyRun()
  return compiled.module.funcs.flatMap(({ code }, i) => {
    const funcIdx = compiled.spaces.importedFuncs + i
    const found: Place[] = []
    for (let offset = code.start; offset < code.end; offset++) {
      try {
        if (breakpoints.add(compiled, funcIdx, offset).offset === offset) found.push([funcIdx, offset])
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
      }
    }
    return found
  })
}

/** A run of anything, for its breakpoints. */
function anyRun(): RunHandle {
  return start(instance('(module (func (export "f")))'), 'f')
}

function everywhere(run: RunHandle, of: Instance): void {
  for (const [funcIdx, offset] of offsetsOf(of)) run.breakpoints.add(of, funcIdx, offset)
}

const END = 0x0b

/** Whether a frame stands at an instruction of the instance that costs something. */
function counts({ func: callee, offset }: RunFrame, of: Instance): boolean {
  return callee?.instance === of && of.compiled.module.funcs[0]!.code.bytes[offset!] !== END
}

/** Where a run of the instance goes, as `next` makes it stop. */
async function traced(run: RunHandle, of: Instance, next: (run: RunHandle) => Stop): Promise<[number, number][]> {
  const places: [number, number][] = []
  for (;;) {
    const stop = next(run)
    if (stop.kind === 'done' || stop.kind === 'trap') return places
    if (stop.kind === 'host') {
      try {
        run.settle({ values: await stop.promise })
      } catch (error) {
        try {
          run.settle({ error })
        } catch {
          return places
        }
      }
      next = after(next)
      continue
    }
    const frame = run.stack()[0]!
    if (stop.kind === 'breakpoint')
      expect([frame.funcIdx, frame.offset]).toEqual([stop.frame.funcIdx, stop.frame.offset])
    if (counts(frame, of)) places.push([frame.funcIdx, frame.offset!])
  }
}

/** First to the next instruction, where that is how it is driven. */
function after(next: (run: RunHandle) => Stop): (run: RunHandle) => Stop {
  if (next === toBreakpoint) return next
  let first = true
  return (run) => {
    const stop = first ? run.resume(0) : run.step()
    first = false
    return stop
  }
}

const toBreakpoint = (run: RunHandle): Stop => run.resume()
const stepwise = after((run) => run.step())

describe('a run with breakpoints', () => {
  it.each(CASES)(
    'stops at each instruction that it executes, where there is one at each: %s (%s)',
    async (_, name, program) => {
      const stepped = made(program)
      const steps = await traced(begin(stepped, name), stepped, after(stepwise))
      const of = made(program)
      const run = begin(of, name)
      everywhere(run, of)
      expect(await traced(run, of, toBreakpoint)).toEqual(steps)
      expect(stateOf(of)).toEqual(stateOf(stepped))
      expect(new Set(steps.map(String)).size).toBeGreaterThan(name === 'main' ? 10 : 0)
    },
  )

  it.each(CASES)('comes to what it would have come to: %s (%s)', async (_, name, program) => {
    const plain = made(program)
    const expected = [await drive(begin(plain, name), Infinity, (run) => run), stateOf(plain)]
    for (const k of [1, 5, Infinity]) {
      const of = made(program)
      const run = begin(of, name)
      everywhere(run, of)
      expect([await drive(run, k, (same) => same), stateOf(of)]).toEqual(expected)
    }
  })

  it.each(CASES)('is made precise in the middle, and metered again: %s (%s)', async (_, name, program) => {
    const plain = made(program)
    const expected = [await drive(begin(plain, name), Infinity, (run) => run), stateOf(plain)]
    for (const k of [1, 2, 9]) {
      const of = made(program)
      const [funcIdx, offset] = offsetsOf(of)[0]!
      let stops = 0
      const toggle = (run: RunHandle): RunHandle => {
        stops++
        if (stops % 3 === 0) run.breakpoints.clear()
        else run.breakpoints.add(of, funcIdx, offset)
        return run
      }
      expect([await drive(begin(of, name), k, toggle), stateOf(of)]).toEqual(expected)
    }
  })

  it.each(CASES)(
    'is saved at each, and goes on elsewhere, where it is told again: %s (%s)',
    async (_, name, program) => {
      const plain = made(program)
      const expected = [await drive(begin(plain, name), Infinity, (run) => run), stateOf(plain)]
      const of = made(program)
      const run = begin(of, name)
      everywhere(run, of)
      let told: string | undefined
      const ending = await drive(run, Infinity, (stopped, stop) => {
        if (stop?.kind !== 'breakpoint') return stopped
        const place = [stop.frame.funcIdx, stop.frame.offset, stopped.fuelUsed].join(' ')
        if (place === told) {
          told = undefined
          return stopped
        }
        expect(told).toBeUndefined()
        told = place
        const next = moved(stopped, PROGRAM_OPTIONS)
        moveContinuations(of)
        everywhere(next, of)
        return next
      })
      expect([ending, stateOf(of)]).toEqual(expected)
    },
  )
})

const FACTORIAL = `(module
  (func $fac (export "fac") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.mul (local.get 0) (call $fac (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1)))))`

/** Offset of the k-th place where a run can stop. */
function place(of: Instance, k: number): [within: Instance, funcIdx: number, offset: number] {
  return [of, ...offsetsOf(of)[k]!]
}

function kinds(run: RunHandle): string[] {
  const found: string[] = []
  for (;;) {
    const stop = run.resume()
    found.push(stop.kind)
    if (stop.kind !== 'breakpoint') return found
  }
}

describe('a breakpoint', () => {
  it('stops each call of a recursion, innermost last', () => {
    const of = instance(FACTORIAL)
    const run = start(of, 'fac', 5)
    run.breakpoints.add(of, 0)
    const depths: number[] = []
    for (let stop = run.resume(); stop.kind === 'breakpoint'; stop = run.resume()) depths.push(run.depth)
    expect(depths).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('at the end of a function stops where its results are known, once for each return that comes there', () => {
    const of = instance(FACTORIAL)
    const run = start(of, 'fac', 3)
    const { code } = of.compiled.module.funcs[0]!
    run.breakpoints.add(of, 0, code.end - 1)
    const results: unknown[] = []
    for (let stop = run.resume(); stop.kind === 'breakpoint'; stop = run.resume()) {
      const innermost = run.save().frames.at(-1)!
      expect(innermost.offset).toBe(code.end - 1)
      results.push(innermost.operands[0]!.lo)
      expect(resultsOf(interpreter.restore(run.save()).resume())).toEqual([6])
    }
    expect(results).toEqual([1, 1, 2, 6])
  })

  it('is told once when the run comes to it, also by a step or with the last of its fuel', () => {
    const of = instance(FACTORIAL)
    const run = start(of, 'fac', 1)
    const breakpoint = run.breakpoints.add(...place(of, 2))
    expect(run.step().kind).toBe('fuel')
    expect(run.step().kind).toBe('breakpoint')
    expect(run.fuelUsed).toBe(2)
    expect(run.resume(0).kind).toBe('fuel')
    expect(run.step().kind).toBe('fuel')
    expect(run.fuelUsed).toBe(3)
    const again = start(of, 'fac', 1)
    again.breakpoints.add(of, 0, breakpoint.offset)
    expect(again.resume(2).kind).toBe('breakpoint')
    expect(kinds(again)).toEqual(['done'])
  })

  it('is met where a run begins, and where one that was metered comes to it', () => {
    const of = instance(FACTORIAL)
    const run = start(of, 'fac', 3)
    run.breakpoints.add(of, 0)
    expect(kinds(run)).toEqual(['breakpoint', 'breakpoint', 'breakpoint', 'breakpoint', 'done'])
    const late = start(of, 'fac', 3)
    late.resume(9)
    late.breakpoints.add(of, 0)
    expect(kinds(late)).toEqual(['breakpoint', 'breakpoint', 'done'])
    expect(late.fuelUsed).toBe(run.fuelUsed)
  })

  it('that is gone stops nobody', () => {
    const of = instance(FACTORIAL)
    const run = start(of, 'fac', 3)
    const first = run.breakpoints.add(of, 0)
    expect(run.breakpoints.add(of, 0, first.offset)).toBe(first)
    const second = run.breakpoints.add(...place(of, 3))
    expect([...run.breakpoints]).toEqual([first, second])
    expect(run.resume().kind).toBe('breakpoint')
    expect(run.breakpoints.delete(first)).toBe(true)
    expect(run.breakpoints.delete(first)).toBe(false)
    expect(run.breakpoints.size).toBe(1)
    run.breakpoints.clear()
    expect(kinds(run)).toEqual(['done'])
  })

  it('of one run is nothing to others, which use the same code', () => {
    const seen: unknown[] = []
    const of: Instance = instance(
      `(module (import "" "host" (func $host))
        (func $f (export "f") (param i32) (result i32) (if (local.get 0) (then (call $host))) (i32.const 5)))`,
      {
        imports: {
          host: doing(() => {
            const nested = start(of, 'f', 0)
            nested.breakpoints.add(...place(of, 1))
            seen.push(kinds(nested), resultsOf(start(of, 'f', 0).resume()), resultsOf(precise(of).resume()))
          }),
        },
      },
    )
    const run = start(of, 'f', 1)
    run.breakpoints.add(...place(of, 0))
    const other = precise(of)
    expect(run.resume().kind).toBe('breakpoint')
    expect(resultsOf(other.resume())).toEqual([5])
    expect(kinds(run)).toEqual(['done'])
    expect(seen).toEqual([['breakpoint', 'done'], [5], [5]])
  })

  it('may be in one instance of a module, or in all', () => {
    const store = new Store()
    const one = instance('(module (func (export "f") (result i32) (i32.const 1)))', { store })
    const two = instantiate(store, one.compiled, []).instance
    const main = instance(
      `(module (import "" "one" (func $one (result i32))) (import "" "two" (func $two (result i32)))
        (func (export "main") (result i32 i32 i32) (call $one) (call $two) (call $one)))`,
      { store, imports: { one: one.exports.get('f')!, two: two.exports.get('f')! } },
    )
    const count = (within: Instance | Instance['compiled'], funcIdx = 0): number => {
      const run = start(main, 'main')
      run.breakpoints.add(within, funcIdx)
      return kinds(run).length - 1
    }
    expect([count(one), count(two), count(one.compiled), count(main.compiled, 2)]).toEqual([2, 1, 3, 1])
  })

  it('that a host function sets is met at the instruction behind its call', () => {
    const set = (): void => void run.breakpoints.add(...place(of, 3))
    const of: Instance = instance(
      `(module (import "" "host" (func $host))
        (func $f (export "f") (result i32) (local i32) (local.set 0 (i32.const 2)) (call $host)
          (i32.add (local.get 0) (i32.const 5))))`,
      { imports: { host: doing(set) } },
    )
    const run: RunHandle = start(of, 'f')
    const stop = run.resume()
    expect(stop.kind === 'breakpoint' && stop.frame.offset).toBe(place(of, 3)[2])
    expect(resultsOf(run.resume())).toEqual([7])
  })

  it('at an instruction that costs nothing stands for the next that does', () => {
    const of = instance(`(module (func (export "f") (param i32) (result i32)
      (block (loop (nop) (br_if 1 (local.get 0)) (if (local.get 0) (then) (else (return (i32.const 3))))))
      (i32.const 4)))`)
    const { breakpoints } = start(of, 'f', 0)
    const { start: from, end } = of.compiled.module.funcs[0]!.code
    const stopsAt = (offset: number): number => breakpoints.add(of, 0, from + offset).offset - from
    const [block, loop, nop, get, orElse, three, ifEnd, four] = [1, 3, 5, 6, 14, 15, 18, 21]
    expect([block, loop, nop, get].map(stopsAt)).toEqual([get, get, get, get])
    expect([orElse, three, ifEnd, four].map(stopsAt)).toEqual([three, three, four, four])
    expect(stopsAt(end - 1 - from)).toBe(end - 1 - from)
    expect(breakpoints.size).toBe(4)
  })

  it('where no instruction begins names those that are nearest', () => {
    const of = instance(
      '(module (import "" "g" (func $g)) (func $f (export "f") (local i32) (drop (i32.const 1000000)) (unreachable) (nop)))',
      {
        imports: { g: doing(() => undefined) },
      },
    )
    const { breakpoints } = start(of, 'f')
    const { start: at, end } = of.compiled.module.funcs[0]!.code
    const message = (funcIdx: number, offset?: number): string =>
      String(thrownBy(() => breakpoints.add(of, funcIdx, offset)))
    const hex = (offset: number): string => `0x${offset.toString(16)}`
    expect(message(1, at + 5)).toBe(
      `UsageError: no instruction begins at ${hex(at + 5)} in f: the nearest are at ${hex(at + 3)} and ${hex(at + 7)}`,
    )
    expect(message(1, at)).toContain(`the nearest is at ${hex(at + 3)}`)
    expect(message(1, end)).toContain(`the nearest is at ${hex(end - 1)}`)
    expect(message(1, 1e9)).toContain(`the nearest is at ${hex(end - 1)}`)
    expect(message(1, NaN)).toContain('no instruction begins at NaN')
    expect(message(1, at + 3.5)).toContain(`the nearest are at ${hex(at + 3)} and ${hex(at + 7)}`)
    expect(message(1, end - 2)).toContain('nothing can be reached at')
    expect(message(0)).toBe('UsageError: the module defines no function 0')
    expect(message(2)).toBe('UsageError: the module defines no function 2')
  })

  it('is refused by runs that count nothing, and to those who must not call back', () => {
    const of = instance(FACTORIAL)
    const run = interpreter.start(func(of, 'fac'), [i32Value(3)], { metered: false })
    expect(() => run.breakpoints).toThrow('not metered')
    const grown: unknown[] = []
    const store = new Store({}, (request) => {
      grown.push(
        request,
        thrownBy(() => growing.breakpoints.add(growing.func.instance!, 0)),
      )
      return true
    })
    const growing: RunHandle = start(
      instance('(module (memory 1) (func (export "f") (drop (memory.grow (i32.const 1)))))', { store }),
      'f',
    )
    growing.resume()
    expect(String(grown.at(-1))).toContain('must not set breakpoints')
  })
})

function precise(of: Instance): RunHandle {
  return interpreter.start(func(of, 'f'), [i32Value(0)], { precise: true })
}
