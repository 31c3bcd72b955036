// Item 70 of the adversarial checklist for recordings: damaged ones, by accident and by intent: refused, or replayed as what they are; never a hang, and never an error that is ours.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/embed/engine.ts'
import { createException, createTag } from '../../src/embed/exceptions.ts'
import { createGlobal, createMemory, createTable, type Table } from '../../src/embed/externs.ts'
import type { HostContext } from '../../src/embed/host-context.ts'
import type { Memory } from '../../src/embed/memory.ts'
import { Recorder } from '../../src/embed/recorder.ts'
import { replay } from '../../src/embed/replay.ts'
import { HeddleError, InternalError } from '../../src/errors/heddle-error.ts'
import { HostThrow } from '../../src/errors/host-throw.ts'
import { ReplayedError } from '../../src/embed/recorded-things.ts'
import { Trap } from '../../src/errors/trap.ts'
import { Store } from '../../src/runtime/store.ts'
import { openFile, sealFile } from '../../src/snapshot/sealed-file.ts'
import { parseModule } from '../../src/text/parse-module.ts'

/** Something of everything that a recording can have. */
const module = new Engine().compile(
  parseModule(`(module
    (type $s (struct (field (mut i32))))
    (import "env" "f" (func $f (param i32 i64 f32 f64 externref) (result i32)))
    (import "env" "ref" (func $ref (param anyref) (result anyref)))
    (import "env" "m" (memory 1 3)) (import "env" "t" (table $t 2 externref)) (import "env" "g" (global $g (mut i64)))
    (import "env" "tag" (tag $tag (param i32)))
    (memory $own (export "memory") 1 3) (table $funcs (export "funcs") 2 8 funcref)
    (global $r (mut i32) (i32.const 0))
    (func (export "go") (param i32) (result i32)
      (block $b (result i32)
        (try_table (catch $tag $b)
          (global.set $r (i32.add (global.get $r)
            (call $f (local.get 0) (global.get $g) (f32.const 1) (f64.const 2) (table.get $t (i32.const 0)))))
          (drop (call $ref (struct.new $s (i32.const 1))))
          (drop (memory.grow $own (i32.const 1))))
        (global.get $r)))
    (func (export "call") (param i32) (call_indirect $funcs (local.get 0)))
    (func (export "none")))`),
)

async function everything(): Promise<Uint8Array> {
  const store = new Store({ memoryBytes: 2 ** 20, tableElements: 100 }, () => true)
  const tag = createTag(['i32'])
  const memory = createMemory(store, { min: 1, max: 3 })
  memory.write(7, 'text')
  const table = createTable(store, { element: 'externref', min: 2 }, 'x')
  const global = createGlobal('i64', 3n, true)
  const record = new Recorder()
  const f = (context: HostContext, x: number): unknown => {
    context.charge(3)
    if (x === 1) throw createException(tag, [4])
    if (x === 2) throw new RangeError('bad')
    if (x === 3) return Promise.resolve(8)
    context.bytes(100, 4).fill(x)
    return x
  }
  const imports = { env: { f, ref: (_: HostContext, x: unknown) => x, m: memory, t: table, g: global, tag } }
  const instance = await module.instantiate(imports, { record, store })
  const { exports } = instance
  for (const x of [0, 1]) instance.call('go', x)
  expect(() => instance.call('go', 2)).toThrow('bad')
  table.set(0, { an: 'object' })
  table.grow(1, 'y')
  global.value = 9n
  const funcs = exports['funcs'] as Table
  funcs.set(1, exports['none'])
  instance.call('call', 1)
  ;(exports['memory'] as Memory).grow(1)
  const run = instance.start('go', 3)
  run.run({ fuel: 3 })
  memory.write(0, 'abc')
  await run.finish()
  instance.start('go', 4).abort()
  record.output(1, Uint8Array.of(65, 66))
  record.outcome(new Trap('TIMEOUT', '5 ms are over'))
  return record.encode()
}

const RECORDING = { magic: '\0hdlrcrd', version: 1, name: 'recording', errorCode: 'RECORDING_MALFORMED' }
const recording = await everything()

/** What a replay may come to, as text. */
function outcomeOf(bytes: Uint8Array): string {
  let looks = 0
  try {
    const { error } = replay(bytes, {
      modules: [module],
      poll: () => (++looks > 20 ? new Trap('TIMEOUT', 'the test') : undefined),
    })
    if (error === undefined || isOurs(error) || error instanceof ReplayedError) return 'replayed'
    return String(error)
  } catch (error) {
    return isOurs(error) ? 'refused' : String((error as Error).stack)
  }
}

function isOurs(error: unknown): boolean {
  if (error instanceof HostThrow) return true
  return error instanceof HeddleError && !(error instanceof InternalError)
}

describe('a recording (adversarial.md 70)', () => {
  it('is replayed where it is whole', () => {
    expect(replay(recording, { modules: [module] }).error).toMatchObject({ code: 'TIMEOUT', detail: '5 ms are over' })
  })

  it('of which the end is missing is refused, wherever it ends', () => {
    for (let length = 0; length < recording.length; length++) {
      expect(() => replay(recording.subarray(0, length), { modules: [module] })).toThrow(
        expect.objectContaining({ code: 'RECORDING_MALFORMED' }) as Error,
      )
    }
    expect(() => replay(Uint8Array.of(...recording, 0))).toThrow('not a recording that can be read')
  })

  it('with one bit changed is refused, whichever it is', () => {
    for (let bit = 0; bit < recording.length * 8; bit++) {
      const bytes = recording.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => replay(bytes, { modules: [module] })).toThrow(
        expect.objectContaining({ code: 'RECORDING_MALFORMED' }) as Error,
      )
    }
  })

  it('that was changed by somebody who knows the checksum ends in an error, or is another recording', () => {
    const content = openFile(RECORDING, recording)
    const outcomes = new Set<string>()
    for (let bit = 0; bit < content.length * 8; bit++) {
      const bytes = content.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      outcomes.add(outcomeOf(sealFile(RECORDING, [bytes])))
    }
    expect([...outcomes].sort()).toEqual(['refused', 'replayed'])
  })

  it('with bytes replaced, doubled or left out by such a person is no better', () => {
    const content = openFile(RECORDING, recording)
    const outcomes = new Set<string>()
    for (let at = 0; at < content.length; at++) {
      const before = content.subarray(0, at)
      for (const middle of [[], [0], [1], [0xff], [0x80, 0x80, 0x80, 0x80, 0x0f], [content[at]!, content[at]!]]) {
        outcomes.add(outcomeOf(sealFile(RECORDING, [before, Uint8Array.from(middle), content.subarray(at + 1)])))
      }
    }
    expect([...outcomes].sort()).toEqual(['refused', 'replayed'])
  })
})
