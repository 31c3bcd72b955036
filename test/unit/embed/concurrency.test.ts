// How runs may overlap in one instance: freely, nested in one another, or not at all; and what becomes of an instance in which one of them
// ended in the middle.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UsageError, type Concurrency, type Imports, type Instance } from '../../../src/index.ts'
import { codeOf, compileText, instantiateText } from '../../adversarial/module-text.ts'

/** A program with a stack in its memory: `work` takes a frame of it, writes its argument there, waits, and reads that back. */
const STACKED = `(module (import "a" "wait" (func $wait (param i32)))
  (global $sp (export "sp") (mut i32) (i32.const 65536)) (memory 1)
  (func (export "work") (param $x i32) (result i32) (local $frame i32)
    (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 16))))
    (i32.store (local.get $frame) (local.get $x))
    (call $wait (local.get $x))
    (drop (call $deeper (i32.const 0)))
    (global.set $sp (i32.add (local.get $frame) (i32.const 16)))
    (i32.load (local.get $frame)))
  (func $deeper (export "deeper") (param i32) (result i32) (local $frame i32)
    (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 16))))
    (i32.store (local.get $frame) (local.get 0))
    (global.set $sp (i32.add (local.get $frame) (i32.const 16)))
    (local.get 0))
  (func (export "fail") (drop (call $deeper (i32.const 1))) (unreachable)))`

const COUNTING = `(module (func (export "f") (param i32) (result i32)
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))`

interface Waits {
  readonly imports: Imports
  /** Lets the call with that argument go on. */
  readonly release: (x: number) => void
}

function waits(): Waits {
  const waiting = new Map<number, () => void>()
  const wait = (_: unknown, x: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(x, resolve)
    })
  return { imports: { a: { wait } }, release: (x) => waiting.get(x)!() }
}

function stacked(concurrency: Concurrency): Waits & { readonly instance: Instance } {
  const own = waits()
  return { ...own, instance: instantiateText(STACKED, own.imports, { concurrency }) }
}

describe('a free instance', () => {
  it('has runs that go on in any order, which a program with a stack of its own does not survive', async () => {
    const { instance, release } = stacked('free')
    const [first, second] = [instance.callAsync('work', 1), instance.callAsync('work', 2)]
    await nextTurn()
    release(1)
    expect(await first).toBe(1)
    release(2)
    // Its frame was overwritten by one that the first run's end had made room for.
    expect([await second, (instance.exports['sp'] as unknown as { value: number }).value]).not.toEqual([2, 65_536])
  })

  it('can be called again after a trap and after an abort', () => {
    const { instance } = stacked('free')
    expect(codeOf(() => instance.call('fail'))).toBe('TRAP_UNREACHABLE')
    const run = instance.start('deeper', 7)
    run.run({ fuel: 3 })
    run.abort()
    expect([instance.call('deeper', 5), instance.interruption]).toEqual([5, undefined])
  })
})

describe('a nested instance', () => {
  it('lets a run go on only when those that began later have ended: others wait', async () => {
    const { instance, release } = stacked('nested')
    const ended: number[] = []
    const works = [1, 2, 3].map((x) => instance.callAsync('work', x).then((value) => void ended.push(value as number)))
    await nextTurn()
    release(1)
    release(2)
    await nextTurn()
    expect(ended).toEqual([])
    release(3)
    await Promise.all(works)
    expect(ended).toEqual([3, 2, 1])
    expect((instance.exports['sp'] as unknown as { value: number }).value).toBe(65_536)
  })

  it('answers INSTANCE_BUSY to who drives a run that is not the last, and goes on with it afterwards', () => {
    const { instance } = stacked('nested')
    const [outer, inner] = [instance.start('deeper', 1), instance.start('deeper', 2)]
    outer.run({ fuel: 3 })
    inner.run({ fuel: 3 })
    expect(codeOf(() => outer.run())).toBe('INSTANCE_BUSY')
    expect(codeOf(() => outer.step())).toBe('INSTANCE_BUSY')
    expect(inner.run()).toEqual({ kind: 'done', value: 2 })
    expect(outer.run()).toEqual({ kind: 'done', value: 1 })
  })

  it('takes calls on top of a run that is stopped', () => {
    const { instance } = stacked('nested')
    const run = instance.start('deeper', 1)
    run.run({ fuel: 3 })
    expect(instance.call('deeper', 5)).toBe(5)
    expect(run.run()).toEqual({ kind: 'done', value: 1 })
  })

  it('has no use for a host function that begins a run and leaves it there', () => {
    const text = '(module (import "a" "h" (func $h)) (func (export "f") (call $h)) (func (export "g")))'
    const instance: Instance = instantiateText(
      text,
      { a: { h: () => void instance.start('f').run({ fuel: 0 }) } },
      { concurrency: 'nested' },
    )
    expect(codeOf(() => instance.call('f'))).toBe('INSTANCE_BUSY')
  })

  it('does not keep a run waiting that is aborted, out of time, or raised a signal for', async () => {
    const { instance } = stacked('nested')
    const begin = (): ReturnType<Instance['start']> => {
      const run = instance.start('deeper', 1)
      run.run({ fuel: 3 })
      return run
    }
    const [aborted, late, signalled, last] = [begin(), begin(), begin(), begin()]
    const controller = new AbortController()
    const { signal } = controller
    const ends = Promise.allSettled([aborted.finish(), late.finish({ timeout: 1 }), signalled.finish({ signal })])
    await nextTurn()
    aborted.abort()
    controller.abort()
    const codes = (await ends).map((end) => (end as { reason: { code: string } }).reason.code)
    expect(codes).toEqual(['ABORTED', 'TIMEOUT', 'ABORTED'])
    last.abort()
  })

  it('counts a run as in it for as long as it has frames there, also when it came through another instance', () => {
    const inner = instantiateText(
      '(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))',
      {},
      { concurrency: 'nested' },
    )
    const outer = instantiateText(
      `(module (import "a" "f" (func $f (param i32) (result i32)))
        (func (export "g") (result i32) (i32.add (call $f (i32.const 1)) (call $f (i32.const 2)))))`,
      { a: { f: inner.exports['f'] as () => number } },
    )
    const [first, second] = [outer.start('g'), outer.start('g')]
    // Behind the constant and the call: in the other instance.
    first.run({ fuel: 3 })
    second.run({ fuel: 3 })
    expect([first.depth, second.depth]).toEqual([2, 2])
    expect(codeOf(() => first.run())).toBe('INSTANCE_BUSY')
    // Back in the first, before it calls again.
    second.run({ fuel: 2 })
    expect(second.depth).toBe(1)
    expect(first.run()).toEqual({ kind: 'done', value: 5 })
    expect(second.run()).toEqual({ kind: 'done', value: 5 })
  })

  it('does not let a guest in that another instance sends, where an earlier one is inside in the middle of its run', () => {
    const shared = instantiateText(
      '(module (func (export "f") (nop) (drop (i32.const 1))))',
      {},
      { concurrency: 'nested' },
    )
    const text = '(module (import "a" "f" (func $f)) (func (export "g") (call $f) (call $f)))'
    const through = (): Instance => instantiateText(text, { a: { f: shared.exports['f'] as () => void } })
    const [first, second] = [through().start('g'), through().start('g')]
    first.run({ fuel: 2 })
    second.run({ fuel: 2 })
    expect(codeOf(() => first.run())).toBe('INSTANCE_BUSY')
    second.abort()
    expect(codeOf(() => first.run())).toBe('INSTANCE_INTERRUPTED')
  })
})

describe('an exclusive instance', () => {
  it('refuses a call and a run while another is under way', async () => {
    const { instance, release } = stacked('exclusive')
    const first = instance.callAsync('work', 1)
    expect(codeOf(() => instance.call('deeper', 1))).toBe('INSTANCE_BUSY')
    const second = instance.start('deeper', 2)
    expect(codeOf(() => second.run())).toBe('INSTANCE_BUSY')
    await expect(instance.callAsync('work', 2)).rejects.toBeInstanceOf(UsageError)
    release(1)
    expect(await first).toBe(1)
    // What was refused has not begun.
    expect(second.run()).toEqual({ kind: 'done', value: 2 })
  })

  it('takes calls that a host function of its run makes before it returns, and no runs', () => {
    const text = `(module (import "a" "h" (func $h (result i32)))
      (func (export "f") (result i32) (call $h)) (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))`
    const instance: Instance = instantiateText(
      text,
      {
        a: {
          h: () => {
            expect(codeOf(() => instance.start('double', 1).run())).toBe('INSTANCE_BUSY')
            return instance.call('double', 21)
          },
        },
      },
      { concurrency: 'exclusive' },
    )
    expect(instance.call('f')).toBe(42)
  })

  it('refuses what comes through another instance, which ends with that error', async () => {
    const { instance, release } = stacked('exclusive')
    const text =
      '(module (import "a" "f" (func $f (param i32) (result i32))) (func (export "g") (result i32) (call $f (i32.const 9))))'
    const other = instantiateText(text, { a: { f: instance.exports['deeper'] as () => number } })
    const first = instance.callAsync('work', 1)
    expect(codeOf(() => other.call('g'))).toBe('INSTANCE_BUSY')
    release(1)
    await first
    expect(other.call('g')).toBe(9)
  })

  it('is taken by its start function, too', async () => {
    const text = `(module (import "a" "wait" (func $wait (param i32))) (import "a" "table" (table 1 funcref))
      (elem (i32.const 0) $g) (func $g) (func $s (call $wait (i32.const 1))) (start $s))`
    const { imports, release } = waits()
    const holder = instantiateText('(module (table (export "table") 1 funcref))')
    const table = holder.exports['table'] as unknown as { get: (index: number) => () => void }
    const module = compileText(text)
    const made = module.instantiate({ a: { ...imports['a'], table: table as never } }, { concurrency: 'exclusive' })
    await nextTurn()
    expect(codeOf(() => table.get(0)())).toBe('INSTANCE_BUSY')
    release(1)
    await made
    expect(codeOf(() => table.get(0)())).toBe('ok')
  })
})

describe.each(['nested', 'exclusive'] as const)(
  'a %s instance in which a run ended without returning',
  (concurrency) => {
    const endings: readonly (readonly [string, (instance: Instance) => unknown])[] = [
      ['a trap', (instance) => codeOf(() => instance.call('fail'))],
      [
        'an abort',
        (instance) => {
          const run = instance.start('deeper', 1)
          run.run({ fuel: 2 })
          run.abort(new Error('mine'))
        },
      ],
      ['too little fuel', (instance) => codeOf(() => instance.start('deeper', 1).finishSync({ fuel: 2 }))],
      [
        'a timeout',
        (instance) =>
          instance
            .start('work', 1)
            .finish({ timeout: 1 })
            .catch(() => undefined),
      ],
    ]

    it.each(endings)('by %s takes no more calls, and says why', async (_, end) => {
      const { instance } = stacked(concurrency)
      expect(instance.call('deeper', 3)).toBe(3)
      await end(instance)
      expect(codeOf(() => instance.call('deeper', 4))).toBe('INSTANCE_INTERRUPTED')
      await expect(instance.callAsync('deeper', 4)).rejects.toMatchObject({
        code: 'INSTANCE_INTERRUPTED',
        cause: instance.interruption,
      })
      expect(instance.interruption).toBeInstanceOf(Error)
    })

    it('does not go on below a host function that has kept the trap to itself', () => {
      const text =
        '(module (import "a" "h" (func $h)) (func (export "f") (call $h)) (func (export "fail") (unreachable)))'
      const instance: Instance = instantiateText(
        text,
        { a: { h: () => void codeOf(() => instance.call('fail')) } },
        { concurrency },
      )
      expect(codeOf(() => instance.call('f'))).toBe('INSTANCE_INTERRUPTED')
    })

    it('may be called on where it was given up before it began', () => {
      const { instance } = stacked(concurrency)
      instance.start('deeper', 1).abort()
      expect(instance.call('deeper', 1)).toBe(1)
    })
  },
)

describe('a fork', () => {
  it('has the concurrency of what it was made of, or another, and its run is the one that is in it', () => {
    const instance = instantiateText(COUNTING, {}, { concurrency: 'exclusive' })
    const started = instance.start('f', 5)
    started.run({ fuel: 4 })
    const fork = started.fork()
    expect(codeOf(() => fork.instance.call('f', 1))).toBe('INSTANCE_BUSY')
    expect(fork.run.run()).toEqual({ kind: 'done', value: 0 })
    expect(fork.instance.call('f', 1)).toBe(0)
    const free = started.fork({ concurrency: 'free' })
    free.run.run({ fuel: 2 })
    expect(free.instance.call('f', 1)).toBe(0)
  })
})

it('a run that was restored is in its instance before it goes on: who comes in then comes after it', async () => {
  const { instance, release } = stacked('nested')
  const work = instance.start('work', 1)
  work.run()
  const fork = work.fork()
  const ended: number[] = []
  const later = fork.instance.callAsync('work', 2).then(() => ended.push(2))
  const restored = fork.run.finish().then(() => ended.push(1))
  await nextTurn()
  expect(ended).toEqual([])
  release(2)
  await nextTurn()
  release(1)
  await Promise.all([later, restored])
  expect([ended, (fork.instance.exports['sp'] as unknown as { value: number }).value]).toEqual([[2, 1], 65_536])
})

it('an unknown concurrency is a UsageError that names all there are', () => {
  const options = { concurrency: 'serial' as Concurrency }
  expect(() => instantiateText('(module)', {}, options)).toThrow(
    /unknown concurrency "serial": there are free, nested, exclusive/,
  )
})
