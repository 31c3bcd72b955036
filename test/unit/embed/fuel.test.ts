// Fuel in the hands of the embedder: read, added, charged and given back, as a pause and as a trap, also through calls that host functions
// make back into wasm.

import { describe, expect, it } from 'vitest'
import { run, type HostContext, type Instance, type Run } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { codeOf, instantiateText } from '../../adversarial/module-text.ts'

const FOREVER = '(module (func (export "f") (loop (br 0))))'
/** A call is one unit, and so is the constant behind it. */
const CALLING = `(module (import "a" "h" (func $h)) (func (export "f") (result i32) (call $h) (call $h) (i32.const 7))
  (func (export "only") (call $h)) (export "h" (func $h)))`

function calling(h: (context: HostContext) => unknown): Instance {
  return instantiateText(CALLING, { a: { h } })
}

describe('what is left of the fuel', () => {
  it('is told by the run, and to host functions', () => {
    const left: number[] = []
    const started = calling(({ fuel }) => void left.push(fuel)).start('f')
    expect([started.fuel, started.run({ fuel: 2 }), started.fuel, started.run({ fuel: 10 }), started.fuel]).toEqual([
      Infinity,
      { kind: 'fuel' },
      0,
      { kind: 'done', value: 7 },
      9,
    ])
    expect(left).toEqual([1, 0])
  })

  it('is without end where nothing limits it', () => {
    const left: number[] = []
    const instance = calling(({ fuel }) => void left.push(fuel))
    instance.call('f')
    instance.start('f').run()
    expect(left).toEqual([Infinity, Infinity, Infinity, Infinity])
  })
})

describe('a host function that charges', () => {
  it.each([
    ['less than there is', 3, 10, [{ kind: 'done', value: 7 }], [9], [1]],
    ['all that there is', 9, 10, [{ kind: 'fuel' }, { kind: 'done', value: 7 }], [10, 21], [0, 88]],
    ['more than there is', 30, 10, [{ kind: 'fuel' }, { kind: 'done', value: 7 }], [31, 63], [-21, 67]],
  ])('%s stops the run in front of the next instruction', (_, units, fuel, states, used, left) => {
    const started = calling(({ charge }) => charge(units)).start('f')
    for (const [i, state] of states.entries()) {
      expect(started.run({ fuel: i === 0 ? fuel : 99 })).toEqual(state)
      expect([started.fuelUsed, started.fuel]).toEqual([used[i], left[i]])
    }
  })

  it('more than there is stops the run even where nothing with a cost comes behind it', () => {
    const instance = calling(({ charge }) => charge(5))
    for (const name of ['only', 'h']) {
      const started = instance.start(name)
      expect(started.run({ fuel: 3 })).toEqual({ kind: 'fuel' })
      expect(instance.call('f')).toBe(7)
      expect(started.run({ fuel: 0 })).toEqual({ kind: 'done', value: undefined })
    }
    expect(codeOf(() => instance.start('only').finishSync({ fuel: 3 }))).toBe('FUEL_EXHAUSTED')
    expect(instance.start('only').finishSync({ fuel: 6 })).toBe(undefined)
  })

  it('while the run waits for it is charged at once, and stops it before anything else', async () => {
    const instance = calling(async ({ charge }) => {
      await Promise.resolve()
      charge(100)
    })
    const ended = instance.start('f')
    await expect(ended.finish({ fuel: 50 })).rejects.toMatchObject({
      code: 'FUEL_EXHAUSTED',
      message: 'out of fuel: 50 units are used up',
    })
    expect([ended.fuelUsed, ended.fuel]).toEqual([101, -51])
    expect(await instance.start('f').finish({ fuel: 203 })).toBe(7)
  })

  it('may give back what it charged, and no more', () => {
    const refused: string[] = []
    const started = calling(({ charge, refund }) => {
      charge(10)
      refund(4)
      refused.push(codeOf(() => refund(7)))
      refund(6)
      refused.push(codeOf(() => refund(1)))
    }).start('f')
    expect(started.run({ fuel: 20 })).toEqual({ kind: 'done', value: 7 })
    expect([started.fuelUsed, refused]).toEqual([3, ['USAGE', 'USAGE', 'USAGE', 'USAGE']])
  })
})

describe('fuel that is added', () => {
  it('by a host function extends the stretch that is under way', () => {
    const started: Run = calling(() => started.addFuel(1)).start('f')
    expect(started.run({ fuel: 1 })).toEqual({ kind: 'done', value: 7 })
    expect([started.fuelUsed, started.fuel]).toEqual([3, 0])
  })

  it('while others wait for the end extends what they gave', async () => {
    const endless = instantiateText(FOREVER).start('f')
    const ended = expect(endless.finish({ fuel: 3_000_000, sliceMs: 0 })).rejects.toMatchObject({
      message: 'out of fuel: 4000000 units are used up',
    })
    endless.addFuel(1_000_000)
    await ended
    expect(endless.fuelUsed).toBe(4_000_000)
  })

  it('where nobody drives the run is a mistake: the next stretch says what it may use', () => {
    const endless = instantiateText(FOREVER).start('f')
    expect(codeOf(() => endless.addFuel(5))).toBe('USAGE')
    endless.run({ fuel: 5 })
    expect(codeOf(() => endless.addFuel(5))).toBe('USAGE')
  })

  it.each([-1, 0.5, NaN, Infinity])('is a whole number, not %s', (units) => {
    const started: Run = calling(() => started.addFuel(units)).start('f')
    expect(started.run()).toMatchObject({ kind: 'trap', error: { name: 'UsageError' } })
  })
})

describe('a limit that ends the run', () => {
  it.each([1, 2, 1000, 999_999])('of %i units is met exactly, with the stack of that moment', async (fuel) => {
    const [first, second] = [instantiateText(FOREVER).start('f'), instantiateText(FOREVER).start('f')]
    const trap = { code: 'FUEL_EXHAUSTED', frames: [{ funcIdx: 0 }], depth: 1 }
    await expect(first.finish({ fuel })).rejects.toMatchObject(trap)
    await expect(second.finish({ fuel, sliceMs: 0 })).rejects.toMatchObject(trap)
    expect([first.fuelUsed, second.fuelUsed, first.finished]).toEqual([fuel, fuel, true])
  })

  it('takes metering: a run without it says so', async () => {
    const plain = instantiateText(FOREVER).prepare('f', [], { metered: false })
    await expect(plain.finish({ fuel: 5 })).rejects.toMatchObject({ name: 'UsageError' })
  })
})

describe('a call that a host function makes back into wasm', () => {
  const BACK = `(module (import "a" "h" (func $h)) (func (export "f") (call $h))
    (func (export "count") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "g") (call $h)))`
  const back = (act: (instance: Instance) => unknown): Instance => {
    const instance: Instance = instantiateText(BACK, { a: { h: () => void act(instance) } })
    return instance
  }

  it('is counted: it costs what it would cost by itself', () => {
    const alone = back(() => undefined).start('count', 100)
    alone.run()
    const started = back((instance) => instance.call('count', 100)).start('f')
    started.run()
    expect(started.fuelUsed).toBe(alone.fuelUsed + 1)
  })

  it('is held to a limit that ends the run, exactly', () => {
    const started = back((instance) => instance.call('count', 0)).start('f')
    expect(codeOf(() => started.finishSync({ fuel: 12_345 }))).toBe('FUEL_EXHAUSTED')
    expect(started.fuelUsed).toBe(12_345)
  })

  it('is held to it through further calls, and where the host function keeps the trap to itself', () => {
    let depth = 0
    const nested = back((instance) => {
      codeOf(() => (++depth < 5 ? instance.call('g') : instance.call('count', 0)))
    }).start('f')
    expect(codeOf(() => nested.finishSync({ fuel: 10_000 }))).toBe('ok')
    expect([nested.fuelUsed, nested.fuel]).toEqual([10_000, 0])
  })

  it('is not stopped where running out is a pause: that comes behind the host function', () => {
    const started = back((instance) => instance.call('count', 100)).start('f')
    expect(started.run({ fuel: 10 })).toEqual({ kind: 'fuel' })
    expect(started.fuel).toBeLessThan(-300)
    expect(started.run({ fuel: 0 })).toEqual({ kind: 'done', value: undefined })
  })

  it('is counted under `run`, too', async () => {
    const counted = async (inside: number): Promise<number> => {
      const inner = back(() => undefined)
      const text = '(module (import "a" "h" (func $h)) (func (export "f") (call $h)))'
      const h = (): unknown => inner.call('count', inside)
      return (await run(parseModule(text), { invoke: 'f', fuel: Infinity, imports: { a: { h } } })).fuelUsed!
    }
    expect((await counted(101)) - (await counted(100))).toBe(5)
  })
})

describe('the context of a call that has ended', () => {
  it('charges the run no more fuel, and gives none back', () => {
    const contexts: HostContext[] = []
    const started = calling((context) => {
      context.charge(3)
      contexts.push(context)
      // That of the first call, in the second.
      expect(codeOf(() => contexts[0]!.charge(1))).toBe(contexts.length === 1 ? 'ok' : 'USAGE')
    }).start('f')
    started.run()
    const { fuelUsed } = started
    for (const { charge, refund } of contexts) {
      expect(codeOf(() => charge(10))).toBe('USAGE')
      expect(codeOf(() => refund(3))).toBe('USAGE')
    }
    expect([fuelUsed, started.fuelUsed]).toEqual([10, 10])
  })

  it('has a signal that is not raised for another call', () => {
    const contexts: HostContext[] = []
    const started = calling((context) => {
      contexts.push(context)
      return contexts.length === 1 ? undefined : Promise.race([])
    }).start('f')
    started.run()
    const [first, second] = contexts.map(({ signal }) => signal)
    started.abort()
    expect([first!.aborted, second!.aborted]).toEqual([false, true])
  })
})
