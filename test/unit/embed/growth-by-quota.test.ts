// Growth where the host itself has no memory left: −1 by default, an error where it is to be the same everywhere.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import type { InstantiateOptions } from '../../../src/embed/module.ts'
import { Store } from '../../../src/runtime/store.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const module = new Engine().compile(
  parseModule(`(module (memory 1 100) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`),
)

/** Grows by some pages while the host can allocate no more than three. */
function grow(pages: number, options: InstantiateOptions): unknown {
  const instance = module.instantiateSync({}, options)
  instance.call('grow', 0)
  const limit = 3 * 65_536
  vi.stubGlobal(
    'ArrayBuffer',
    class extends ArrayBuffer {
      constructor(length: number) {
        if (length > limit) throw new RangeError('no memory')
        super(length)
      }
    },
  )
  return instance.call('grow', pages)
}

describe('growth that the limits allow and the host cannot give', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('is −1', () => {
    expect(grow(50, {})).toBe(-1)
  })

  it('is an error where growth is by the quotas alone, and where the instance is recorded', () => {
    const store = new Store({}, undefined, { growsByQuota: true })
    expect(() => grow(50, { store })).toThrow(expect.objectContaining({ code: 'HOST_MEMORY' }) as Error)
    expect(store.usage().memoryBytes).toBe(65_536)
    vi.unstubAllGlobals()
    expect(() => grow(50, { record: new Recorder() })).toThrow(
      expect.objectContaining({ code: 'HOST_MEMORY' }) as Error,
    )
  })

  it('is −1 everywhere where the limits do not allow it', () => {
    expect(grow(100, { store: new Store({}, undefined, { growsByQuota: true }) })).toBe(-1)
    expect(grow(1, { store: new Store({}, undefined, { growsByQuota: true }) })).toBe(1)
  })
})
