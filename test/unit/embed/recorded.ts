// Records what is done with an instance, and replays it: for tests of recordings.

import { expect } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import type { Imports } from '../../../src/embed/imports.ts'
import type { Instance } from '../../../src/embed/instance.ts'
import type { InstantiateOptions } from '../../../src/embed/module.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import { replay, type Replay, type ReplayOptions } from '../../../src/embed/replay.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

export const engine = new Engine({ features: { threads: true } })

export const NEVER = (): void => undefined

/** A promise that the last function of the list settles. */
export function promiseInto(settle: ((x: number) => void)[]): Promise<number> {
  return new Promise((resolve) => {
    settle.push(resolve)
  })
}

export interface Recorded {
  readonly recorder: Recorder
  readonly instance: Instance
  readonly again: (options?: ReplayOptions) => Replay
}

/** Instantiates and records. */
export async function record(text: string, imports: Imports = {}, options: InstantiateOptions = {}): Promise<Recorded> {
  const recorder = new Recorder()
  const instance = await engine.compile(parseModule(text)).instantiate(imports, { ...options, record: recorder })
  return { recorder, instance, again: (given) => replay(recorder.encode({ modules: true }), given) }
}

/** All of an instance that a program could see. */
export function stateOf({ runtime }: Instance): unknown {
  return {
    memories: runtime.memories.map(({ bytes }) => Buffer.from(bytes).toString('latin1').replace(/\0+$/, '')),
    pages: runtime.memories.map(({ pages }) => pages),
    globals: runtime.globals.map((global) => global.words.slice(global.offset, global.offset + 4)),
    lengths: runtime.tables.map(({ elems }) => elems.length),
    elements: runtime.tables.map(({ elems }) => elems.map((ref) => (ref === null ? null : typeof ref))),
  }
}

export function expectSame({ instance, again }: Recorded): Replay {
  const replayed = again()
  expect(stateOf(replayed.instances[0]!)).toEqual(stateOf(instance))
  return replayed
}

export const NEXT = `(module (import "env" "next" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $sum (export "sum") (mut i32) (i32.const 0))
  (func (export "add") (param i32) (result i32)
    (global.set $sum (i32.add (global.get $sum) (call $next (local.get 0))))
    (i32.store (i32.const 0) (global.get $sum))
    (global.get $sum)))`
