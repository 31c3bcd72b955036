// Saved runs that somebody has changed: they are refused, or they are runs that stay within the types of their modules. Nothing else comes of
// them, whatever is changed.

import { describe, expect, it } from 'vitest'
import { InternalError } from '../../src/errors/heddle-error.ts'
import { SnapshotError } from '../../src/errors/snapshot-error.ts'
import { interpreter } from '../../src/interpret/interpreter.ts'
import { ContinuationInstance } from '../../src/runtime/continuation.ts'
import { ExceptionInstance } from '../../src/runtime/exception.ts'
import { FuncInstance } from '../../src/runtime/func.ts'
import type { Instance } from '../../src/runtime/instance.ts'
import type { NextStep, SavedFrame, SavedRun, SavedStretch } from '../../src/runtime/saved-run.ts'
import type { CallOptions, RunHandle, Stop } from '../../src/runtime/tier.ts'
import { i32Value, numberValue, refValue, type Value } from '../../src/runtime/value.ts'
import { ANY, CONTREF, EXNREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, refType } from '../../src/syntax/types.ts'
import { Random } from '../fuzz/random.ts'
import { CASES, PROGRAM_OPTIONS, begin, made, type Program } from '../unit/interpret/stoppable-programs.ts'
import { instance, start } from '../unit/interpret/wat-instance.ts'

const ANYREF = refType(true, ANY)

/** What a mutation may put somewhere: whatever is there already, and what is of no use. */
interface Pool {
  readonly instances: readonly Instance[]
  readonly funcs: readonly FuncInstance[]
  readonly frames: readonly SavedFrame[]
  readonly values: readonly Value[]
  readonly exceptions: readonly ExceptionInstance[]
}

const STRANGER = instance(`(module (memory 1) (table 3 funcref) (tag (export "e") (param i32))
  (func (export "main") (param i32 i64) (result i32) (local externref) (i32.load8_u (call $f (local.get 0) (i64.const 1))))
  (func $f (export "f") (param i32 i64) (result i32) (local.get 0)))`)

const HOST = FuncInstance.fromHost({ kind: 'func', params: [I32], results: [I32] }, ([x]) => [x!], 'a stranger')

function poolOf(of: Instance, frames: readonly SavedFrame[]): Pool {
  const instances = [of, STRANGER, ...frames.map((frame) => frame.instance)]
  const defined = instances.flatMap((each) => Array.from(each.compiled.spaces.funcs, (_, i) => each.func(i)))
  const objects = [...of.store.heap.objects()]
  const exceptions = objects.filter((object) => object instanceof ExceptionInstance)
  const continuations = objects.filter((object) => object instanceof ContinuationInstance)
  const values: Value[] = [
    ...frames.flatMap(({ locals, operands }) => [...locals, ...operands]),
    ...[I32, F32, I64, F64].map((type) => numberValue(type, -1, 0x7ff80000)),
    { type: V128, lo: 1, hi: 2, ref: null, upper: { lo: 3, hi: 4 } },
    ...[EXTERNREF, FUNCREF, ANYREF, EXNREF, CONTREF].map((type) => refValue(type, null)),
    refValue(ANYREF, 5),
    refValue(EXTERNREF, { some: 'thing' }),
    refValue(FUNCREF, STRANGER.func(0)),
    refValue(FUNCREF, HOST),
    ...exceptions.map((exception) => refValue(EXNREF, exception)),
    ...continuations.map((continuation) => refValue(CONTREF, continuation)),
  ]
  return { instances, funcs: [...defined, HOST], frames, values, exceptions }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

class Mutator {
  private readonly random: Random
  private readonly pool: Pool

  constructor(random: Random, pool: Pool) {
    this.random = random
    this.pool = pool
  }

  run(saved: SavedRun): SavedRun {
    const mutated: Writable<SavedRun> = { ...saved }
    for (let left = this.random.chance(0.25) ? 2 : 1; left > 0; left--) {
      const choice = this.random.below(10)
      if (choice < 6 && mutated.frames.length > 0) mutated.frames = this.frames(mutated.frames)
      else if (choice < 9) mutated.next = this.next(mutated)
      else if (this.random.chance(0.5)) mutated.func = this.random.pick(this.pool.funcs)
      else mutated.fuelUsed = this.random.pick([NaN, -1, 1.5, Infinity, 2 ** 53, 0])
    }
    return mutated
  }

  stretch({ frames }: SavedStretch): SavedStretch {
    return { frames: this.frames(frames) }
  }

  frames(frames: readonly SavedFrame[]): readonly SavedFrame[] {
    const at = this.random.below(frames.length)
    const other = this.random.below(frames.length)
    const changed = [...frames]
    switch (this.random.below(12)) {
      case 0:
        return changed.toSpliced(at, 1)
      case 1:
        return changed.toSpliced(at, 0, frames[other]!)
      case 2:
        return changed.toSpliced(at, 0, this.random.pick(this.pool.frames))
      case 3:
        return changed.with(at, frames[other]!).with(other, frames[at]!)
      default:
        return changed.with(at, this.frame(frames[at]!))
    }
  }

  private frame(frame: SavedFrame): SavedFrame {
    const { offset, funcIdx, locals, operands } = frame
    switch (this.random.below(8)) {
      case 0:
        return { ...frame, offset: offset + this.random.pick([-2, -1, 1, 2]) }
      case 1:
        return { ...frame, offset: offset + this.random.below(200) - 100 }
      case 2:
        return { ...frame, offset: this.random.pick([NaN, -1, 0.5, Infinity, 2 ** 32, 0, offset + 0.5]) }
      case 3:
        return {
          ...frame,
          funcIdx: this.random.pick([0, funcIdx - 1, funcIdx + 1, 99, -1, NaN, 0.5, this.random.below(20)]),
        }
      case 4:
        return { ...frame, instance: this.random.pick(this.pool.instances) }
      case 5:
        return { ...frame, locals: this.values(locals) }
      case 6:
        return { ...frame, operands: this.values(operands) }
      default: {
        const { funcIdx: from, offset: at } = this.random.pick(this.pool.frames)
        return { ...frame, funcIdx: from, offset: at }
      }
    }
  }

  private values(values: readonly Value[]): readonly Value[] {
    const at = this.random.below(values.length + 1)
    const value = this.random.pick(this.pool.values)
    switch (this.random.below(4)) {
      case 0:
        return values.toSpliced(at, 1)
      case 1:
        return values.toSpliced(at, 0, value)
      default:
        return values.toSpliced(at, 1, value)
    }
  }

  private next({ next, frames }: SavedRun): NextStep {
    const args = frames.at(-1)?.operands ?? []
    switch (this.random.below(8)) {
      case 0:
        return { kind: 'begin', args: this.values('args' in next ? next.args : []) }
      case 1:
      case 2:
        return { kind: 'instruction', paid: this.random.pick([0, 1, 2, 5, 1000, -1, 0.5, NaN, Infinity]) }
      case 3: {
        const called = this.random.pick(this.pool.funcs)
        const given = this.random.chance(0.5) ? args : called.type.params.map(() => this.random.pick(this.pool.values))
        return {
          kind: 'host',
          func: called,
          args: given,
          caller: this.random.pick([undefined, ...this.pool.instances]),
        }
      }
      case 4:
        return { kind: 'returned', results: this.random.chance(0.5) ? this.values([]) : this.values(args) }
      case 5: {
        const [tag] = STRANGER.tags
        const own = this.pool.exceptions.length > 0 ? this.pool.exceptions : undefined
        return {
          kind: 'thrown',
          exception: own === undefined ? new ExceptionInstance(tag!, [i32Value(1)]) : this.random.pick(own),
        }
      }
      default:
        return this.varied(next)
    }
  }

  private varied(next: NextStep): NextStep {
    if (next.kind === 'returned') return { ...next, results: this.values(next.results) }
    if (next.kind === 'begin') return { ...next, args: this.values(next.args) }
    if (next.kind === 'instruction') return { ...next, paid: next.paid + this.random.pick([-1, 1, 3]) }
    if (next.kind === 'thrown') return { kind: 'returned', results: [] }
    if (this.random.chance(0.5)) return { ...next, caller: this.random.pick([undefined, ...this.pool.instances]) }
    return this.random.chance(0.5)
      ? { ...next, func: this.random.pick(this.pool.funcs) }
      : { ...next, args: this.values(next.args) }
  }
}

/** The k-th stop of a run, in an instance of its own; undefined where it ends before. */
async function stopped(
  program: Program,
  name: string,
  k: number,
  options: CallOptions,
): Promise<readonly [Instance, RunHandle] | undefined> {
  const of = made(program)
  const run = begin(of, name, options)
  for (let i = 0; i < k; i++) {
    const stop = run.resume(3)
    if (stop.kind === 'done' || stop.kind === 'trap') return undefined
    if (stop.kind === 'host') stop.promise.catch(() => undefined)
    if (stop.kind === 'host' && i < k - 1) await settled(run, stop)
    if (run.finished) return undefined
  }
  return [of, run]
}

async function settled(run: RunHandle, { promise }: Extract<Stop, { readonly kind: 'host' }>): Promise<void> {
  let outcome: Parameters<RunHandle['settle']>[0]
  try {
    outcome = { values: await promise }
  } catch (error) {
    outcome = { error }
  }
  try {
    run.settle(outcome)
  } catch {
    // It is the error that has ended the run.
  }
}

const OURS: ReadonlySet<string> = new Set(['it failed'])

/** What may end a run whose program can do anything. */
function isAllowed(error: unknown): boolean {
  if (error instanceof InternalError) return false
  if (error instanceof TypeError || error instanceof RangeError) return OURS.has(error.message)
  return true
}

/** Goes on for a while. Wherever it stops it is a run that can be saved, and fits its modules. */
async function goesOn(run: RunHandle, options: CallOptions): Promise<void> {
  for (const fuel of [0, 1, 1, 2, 3, 5, 50, 400]) {
    const stop = run.resume(fuel)
    if (stop.kind === 'trap') expect(isAllowed(stop.error), String(stop.error)).toBe(true)
    if (stop.kind === 'done' || (stop.kind === 'trap' && options.precise !== true)) return
    interpreter.restore(run.save(), options).abort()
    if (stop.kind === 'trap') return
    if (stop.kind === 'host') await settled(run, stop)
    if (run.finished) return
  }
  run.abort()
}

/** Whether a change was taken; the run then goes on. */
async function taken(mutated: SavedRun, options: CallOptions): Promise<boolean> {
  let run
  try {
    run = interpreter.restore(mutated, options)
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error
    return false
  }
  await goesOn(run, options)
  return true
}

/** Changes what suspended continuations will do; whether any of them was. */
function changeContinuations(of: Instance, mutator: Mutator): void {
  for (const object of of.store.heap.objects()) {
    if (!(object instanceof ContinuationInstance) || object.computation === undefined) continue
    const { from, bound } = object.computation
    if (!('stretch' in from)) continue
    const saved = interpreter.saveStretch(from.stretch)
    for (let i = 0; i < 20; i++) {
      try {
        object.computation = {
          from: { stretch: interpreter.restoreStretch(mutator.stretch(saved), object.type, bound) },
          bound,
        }
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error
      }
    }
  }
}

const MUTATIONS = 30

describe('a saved run that was changed', () => {
  it.each(CASES)('is refused, or stays within its types: %s (%s)', async (what, name, program) => {
    const counts = { taken: 0, refused: 0 }
    for (const options of [PROGRAM_OPTIONS, { ...PROGRAM_OPTIONS, precise: true }]) {
      for (let k = 0; ; k += k < 12 ? 1 : 7) {
        const at = await stopped(program, name, k, options)
        if (at === undefined) break
        const [of, run] = at
        const saved = run.save()
        run.abort()
        const pool = poolOf(of, saved.frames.length > 0 ? saved.frames : start(STRANGER, 'main', 1, 2n).save().frames)
        const random = new Random(k + what.length)
        const mutator = new Mutator(random, poolWithFrames(pool))
        for (let i = 0; i < MUTATIONS; i++) {
          if (i % 10 === 9) changeContinuations(of, mutator)
          counts[(await taken(mutator.run(saved), options)) ? 'taken' : 'refused']++
        }
      }
    }
    expect(counts.refused).toBeGreaterThan(counts.taken)
    expect(counts.taken).toBeGreaterThan(0)
  })
})

/** Somebody else's frame is always among them. */
function poolWithFrames(pool: Pool): Pool {
  const run = start(STRANGER, 'main', 1, 2n)
  run.resume(4)
  return { ...pool, frames: [...pool.frames, ...run.save().frames] }
}

describe('a saved run', () => {
  it('with more frames than the quota is refused, before anything is laid out', () => {
    const of = instance(
      `(module (func $f (export "f") (param i32) (result i32) (if (result i32) (local.get 0)
        (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1)))))`,
      { limits: { stackFrames: 1000, stackBytes: 6000 } },
    )
    const run = start(of, 'f', 5)
    run.resume(12)
    const saved = run.save()
    expect(saved.frames.length).toBeGreaterThan(2)
    const deep = (count: number): SavedRun => ({
      ...saved,
      frames: [...new Array<SavedFrame>(count).fill(saved.frames[0]!), saved.frames.at(-1)!],
    })
    expect(() => interpreter.restore(deep(100_000))).toThrow('more than 1000')
    expect(() => interpreter.restore(deep(990))).toThrow('the stack is larger than 6000 bytes')
    expect(interpreter.restore(deep(400)).resume()).toMatchObject({ kind: 'done' })
  })
})
