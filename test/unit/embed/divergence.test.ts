// Where a replay goes another way than the recording: at the first event that differs, told with both sides, and nothing done after it.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import type { Imports } from '../../../src/embed/imports.ts'
import type { Instance } from '../../../src/embed/instance.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import { replay } from '../../../src/embed/replay.ts'
import type { RecordedEvent } from '../../../src/snapshot/recording-data.ts'
import {
  RecordingReader,
  decodeRecording,
  encodeRecording,
  recordedEvent,
  type RecordingContent,
} from '../../../src/snapshot/recording-file.ts'
import { ByteWriter } from '../../../src/syntax/byte-writer.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const engine = new Engine()

async function recordingOf(text: string, imports: Imports, use: (instance: Instance) => unknown): Promise<Uint8Array> {
  const record = new Recorder()
  const instance = await engine.compile(parseModule(text)).instantiate(imports, { record })
  await use(instance)
  return record.encode({ modules: true })
}

function eventsOf({ events }: RecordingContent): RecordedEvent[] {
  const reader = new RecordingReader(events)
  const list: RecordedEvent[] = []
  while (reader.pos < reader.end) list.push(recordedEvent.read(reader))
  return list
}

/** The recording with its events changed, and a checksum that fits. */
function edited(recording: Uint8Array, edit: (events: RecordedEvent[]) => void): Uint8Array {
  const content = decodeRecording(recording)
  const events = eventsOf(content)
  edit(events)
  const writer = new ByteWriter()
  for (const event of events) recordedEvent.write(writer, event)
  return encodeRecording({ header: content.header, events: writer.toBytes() })
}

const SUM = `(module (import "env" "next" (func $next (param i32 f64) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (func (export "sum") (param i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (call $next (local.get $sum) (f64.const nan))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $l (local.get 0)))
    (call $log (local.get $sum)) (local.get $sum)))`

const imports = { env: { next: (_: unknown, x: number): number => x + 1, log: (): void => undefined } }
const recording = await recordingOf(SUM, imports, (instance) => instance.call('sum', 3))
const run = await recordingOf(SUM, imports, (instance) => instance.start('sum', 3).finish())

/** Changes the value that the host gave in its `call`-th call. */
function withResult(bytes: Uint8Array, call: number, value: number): Uint8Array {
  return edited(bytes, (events) => {
    const at = events.flatMap(({ kind }, i) => (kind === 'return' ? [i] : []))[call]!
    events[at] = { kind: 'return', values: [{ kind: 'i32', lo: value }] }
  })
}

describe('a replay (adversarial.md 71) stops where', () => {
  it('a host function is called with other arguments', () => {
    expect(() => replay(withResult(recording, 0, 5))).toThrow(
      expect.objectContaining({
        code: 'REPLAY_DIVERGED',
        index: 4,
        expected: 'a call of env.next(i32 1, f64 nan:0x7ff8000000000000)',
        actual: 'a call of env.next(i32 5, f64 nan:0x7ff8000000000000)',
      }) as Error,
    )
  })

  it('another function is called', () => {
    const other = edited(recording, (events) => {
      const at = events.findLastIndex(({ kind }) => kind === 'host-call')
      events[at] = { kind: 'host-call', func: 0, args: [], fuel: 0 }
    })
    expect(() => replay(other)).toThrow(
      'event 8: expected a call of env.next(), but there came a call of env.log(i32 7)',
    )
  })

  it('a call ends in another value, or too early', () => {
    expect(() => replay(withResult(recording, 2, 1))).toThrow(
      'expected a call of env.log(i32 7), but there came a call of env.log(i32 4)',
    )
    const other = edited(recording, (events) => {
      events[events.length - 1] = { kind: 'done', values: [{ kind: 'i32', lo: 9 }], fuel: 0 }
    })
    expect(() => replay(other)).toThrow('expected the end with (i32 9), but there came the end with (i32 7)')
    const early = edited(recording, (events) => {
      events[1] = { ...events[1], args: [{ kind: 'i32', lo: 1 }] } as RecordedEvent
    })
    expect(() => replay(early)).toThrow('event 4: expected a call of env.next')
  })

  it('it uses other fuel, though all else is the same', () => {
    const other = edited(run, (events) => {
      const at = events.findIndex(({ kind }) => kind === 'host-call')
      const event = events[at] as Extract<RecordedEvent, { kind: 'host-call' }>
      events[at] = { ...event, fuel: event.fuel + 1 }
    })
    expect(() => replay(other)).toThrow(
      /expected a call of env\.next\(.*\) after 5 units of fuel, but .* after 4 units/,
    )
  })

  it('it traps where it did not, or does not where it did', () => {
    const trapped = edited(recording, (events) => {
      events[events.length - 1] = {
        kind: 'trap',
        thrown: { kind: 'trap', code: 'TRAP_UNREACHABLE', detail: '' },
        fuel: 0,
      }
    })
    expect(() => replay(trapped)).toThrow('expected the end by TRAP_UNREACHABLE, but there came the end with (i32 7)')
  })

  it('another module does something else', () => {
    const module = engine.compile(parseModule(SUM))
    const other = engine.compile(parseModule(SUM.replace('i32.add', 'i32.sub')))
    const swapped = decodeRecording(recording)
    const header = {
      ...swapped.header,
      modules: [{ ...swapped.header.modules[0]!, hash: other.compiled.hash, bytes: undefined }],
    }
    expect(() => replay(encodeRecording({ ...swapped, header }), { modules: [other] })).toThrow('diverges at event 4')
    expect(() => replay(recording, { modules: [other] })).not.toThrow()
    const bare = encodeRecording({
      ...swapped,
      header: { ...header, modules: [{ ...header.modules[0]!, hash: module.compiled.hash }] },
    })
    expect(() => replay(bare, { modules: [other] })).toThrow(
      `the recording is of a module with the SHA-256 ${module.compiled.hash}, and given is ${other.compiled.hash}`,
    )
    expect(() => replay(bare)).toThrow('which is not in it and was not given')
  })

  it('wasm would catch what is thrown for it', async () => {
    const text = `(module (import "env" "f" (func $f (param i32) (result i32))) (import "env" "after" (func $after))
      (func (export "go")
        (block $b (try_table (catch_all $b) (drop (call $f (i32.const 1))) (drop (call $f (i32.const 2)))))
        (call $after)))`
    const bytes = await recordingOf(text, { env: { f: () => 1, after: () => undefined } }, (instance) =>
      instance.call('go'),
    )
    const other = edited(bytes, (events) => {
      events.splice(4, 2)
    })
    const printed: number[] = []
    expect(() => replay(other, { output: (stream) => void printed.push(stream) })).toThrow(
      'event 4: expected a call of env.after(), but there came a call of env.f(i32 2)',
    )
  })
})

describe('a recording that makes no sense is an error', () => {
  const change = (kind: RecordedEvent['kind'], event: RecordedEvent): Uint8Array =>
    edited(recording, (events) => {
      const at = events.findIndex((each) => each.kind === kind)
      events[at] = event
    })
  const value = { kind: 'i32', lo: 1 } as const

  it.each<readonly [string, Uint8Array]>([
    ['a result of another type', change('return', { kind: 'return', values: [{ kind: 'f32', lo: 1 }] })],
    ['two results for one', change('return', { kind: 'return', values: [value, value] })],
    [
      'a function that there is not',
      change('call', { kind: 'call', func: { kind: 'func', instance: 0, funcIdx: 99 }, args: [value] }),
    ],
    [
      'an instance that there is not',
      change('call', { kind: 'call', func: { kind: 'func', instance: 7, funcIdx: 2 }, args: [value] }),
    ],
    ['a number that is called', change('call', { kind: 'call', func: value, args: [value] })],
    ['too few arguments', change('call', { kind: 'call', func: { kind: 'func', instance: 0, funcIdx: 2 }, args: [] })],
    [
      'a host function called from outside',
      change('call', { kind: 'call', func: { kind: 'host', func: 0 }, args: [value] }),
    ],
    ['a module that there is not', change('instantiate', { kind: 'instantiate', module: 5, imports: [], ok: true })],
    ['no imports', change('instantiate', { kind: 'instantiate', module: 0, imports: [], ok: true })],
    [
      'a trap that there is not',
      change('return', { kind: 'throw', thrown: { kind: 'trap', code: 'constructor', detail: '' } }),
    ],
  ])('%s', (_, bytes) => {
    expect(() => replay(bytes)).toThrow(expect.objectContaining({ code: 'RECORDING_MISMATCH' }) as Error)
  })

  it.each<readonly [string, RecordedEvent]>([
    ['a write to a memory that there is not', { kind: 'write', memory: 0, address: 0, bytes: Uint8Array.of(1) }],
    ['a table that grows and is not there', { kind: 'grow-table', table: 0, delta: 1, value: { kind: 'null' } }],
    ['a global that is not there', { kind: 'set-global', global: 3, value }],
    ['output that is nowhere', { kind: 'output', stream: 1, count: 5, bytes: undefined }],
  ])('%s', (_, event) => {
    const bytes = edited(recording, (events) => void events.splice(1, 0, event))
    expect(() => replay(bytes)).toThrow(expect.objectContaining({ code: 'RECORDING_MISMATCH' }) as Error)
  })

  it.each<readonly [string, RecordedEvent]>([
    ['a return where nothing was called', { kind: 'return', values: [] }],
    ['an end where nothing runs', { kind: 'done', values: [], fuel: 0 }],
    ['a run that was never started', { kind: 'resume', run: 0 }],
    ['a charge of a run that was never started', { kind: 'charge', run: 0, fuel: 1 }],
  ])('%s', (_, event) => {
    const bytes = edited(recording, (events) => void events.splice(1, 0, event))
    expect(() => replay(bytes)).toThrow(expect.objectContaining({ code: 'RECORDING_MALFORMED' }) as Error)
  })

  it('a run that is resumed after its end, settled while it does not wait, or resumed while it runs', () => {
    const resume = { kind: 'resume', run: 0 } as const
    const late = edited(run, (events) => void events.push(resume, { kind: 'fuel', fuel: 0 }))
    const settled = edited(run, (events) => void events.splice(2, 0, { kind: 'settle', run: 0, values: [] }))
    const nested = edited(run, (events) => {
      const at = events.findIndex(({ kind }) => kind === 'host-call')
      events.splice(at + 1, 0, resume, { kind: 'fuel', fuel: 0 })
    })
    for (const bytes of [late, settled]) {
      expect(() => replay(bytes)).toThrow(expect.objectContaining({ code: 'RECORDING_MISMATCH' }) as Error)
    }
    expect(() => replay(nested)).toThrow(expect.objectContaining({ code: 'RUN_BUSY' }) as Error)
  })
})
