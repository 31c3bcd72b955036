// Standard input in both of its ways: what blocks can be asked first, what suspends keeps what nobody took. Real pipes, by descriptors of
// this process's own.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blockingClock, suspendingClock } from '../../../src/node/clock.ts'
import { blockingInput, suspendingInput } from '../../../src/node/input.ts'
import { FDFLAGS } from '../../../src/wasi/preview1/types.ts'
import type { InputSource } from '../../../src/wasi/preview1/stdio.ts'
import { Caller, OUT } from '../../wasi/host.ts'
import { events, subscribeClock, subscribeFd, EVENTS, SUBSCRIPTIONS } from '../../wasi/poll.ts'

const MILLISECOND = 1_000_000n
const FOREVER = 2n ** 64n - 1n

const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString()

describe.runIf(process.platform === 'linux')('input that blocks', () => {
  let folder: string
  let pipe: number
  let writer: number
  let input: InputSource

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-'))
    const path = join(folder, 'pipe')
    spawnSync('mkfifo', [path])
    // One that is open for both opens without waiting for the other end.
    const both = openSync(path, 'r+')
    pipe = openSync(path, 'r')
    writer = openSync(path, 'w')
    closeSync(both)
    input = blockingInput(pipe)
  })

  afterEach(() => {
    input.close!()
    closeSync(pipe)
    if (writer >= 0) closeSync(writer)
    rmSync(folder, { recursive: true })
  })

  const end = (): void => {
    closeSync(writer)
    writer = -1
  }

  it('tells whether there is any, for as long as it is asked', () => {
    expect(input.ready!(0n)).toBe(false)
    const begin = process.hrtime.bigint()
    expect(input.ready!(20n * MILLISECOND)).toBe(false)
    expect(process.hrtime.bigint() - begin).toBeGreaterThanOrEqual(20n * MILLISECOND)
    writeSync(writer, 'abc')
    expect(input.ready!(FOREVER)).toBe(true)
    expect(text(input.read(2))).toBe('ab')
    expect(input.ready!(0n)).toBe(true)
    expect(text(input.read(2))).toBe('c')
    expect(input.ready!(0n)).toBe(false)
  })

  it('is ready at its end, and again', () => {
    end()
    expect(input.ready!(FOREVER)).toBe(true)
    expect(input.read(10)).toHaveLength(0)
    expect(input.ready!(FOREVER)).toBe(true)
    expect(input.read(10)).toHaveLength(0)
  })

  it('lets a poll with a clock end by the clock, or by what comes', () => {
    const caller = new Caller({ stdin: input, clock: blockingClock })
    subscribeClock(caller, 0, 1, 5n * MILLISECOND)
    subscribeFd(caller, 1, 1, 0)
    subscribeFd(caller, 2, 1, 0)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 3, OUT)).toBe('success')
    expect(events(caller).map(({ userdata }) => userdata)).toEqual([100n])
    writeSync(writer, 'typed')
    subscribeClock(caller, 0, 1, FOREVER)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 3, OUT)).toBe('success')
    expect(events(caller).map(({ userdata, nbytes }) => [userdata, nbytes])).toEqual([
      [101n, 5n],
      [102n, 5n],
    ])
    expect(caller.read(0)).toBe('typed')
    end()
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 3, OUT)).toBe('success')
    expect(events(caller).map(({ userdata, nbytes }) => [userdata, nbytes])).toEqual([
      [101n, 0n],
      [102n, 0n],
    ])
  })

  it('moves a virtual clock on by what was waited', () => {
    const caller = new Caller({ stdin: input })
    subscribeClock(caller, 0, 1, 5n * MILLISECOND)
    subscribeFd(caller, 1, 1, 0)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 2, OUT)).toBe('success')
    expect(events(caller).map(({ userdata }) => userdata)).toEqual([100n])
    expect(caller.call('clock_time_get', 1, 0n, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBeGreaterThanOrEqual(5n * MILLISECOND)
  })

  it('is EAGAIN for a guest that will not wait', () => {
    const caller = new Caller({ stdin: input })
    expect(caller.call('fd_fdstat_set_flags', 0, FDFLAGS.nonblock)).toBe('success')
    expect(caller.read(0)).toBe('again')
    writeSync(writer, 'x')
    expect(caller.read(0)).toBe('x')
    expect(caller.read(0)).toBe('again')
    end()
    expect(caller.read(0)).toBe('')
  })

  it('closes with the guest what it opened to be asked', () => {
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    const caller = new Caller({ stdin: input })
    subscribeFd(caller, 0, 1, 0)
    writeSync(writer, 'x')
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    expect(open()).toBe(before + 1)
    caller.wasi.close()
    expect(open()).toBe(before)
  })

  it('of a file never waits', () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'content')
    const fd = openSync(path, 'r')
    const file = blockingInput(fd)
    expect(file.ready!(0n)).toBe(true)
    expect(text(file.read(100))).toBe('content')
    expect(readFileSync(path, 'utf8')).toBe('content')
    closeSync(fd)
  })
})

describe('input that suspends', () => {
  it('leaves what comes after a guest has gone to the next', async () => {
    const stream = new PassThrough()
    const input = suspendingInput(stream)
    const first = new Caller({ stdin: input, clock: suspendingClock })
    subscribeClock(first, 0, 1, MILLISECOND)
    subscribeFd(first, 1, 1, 0)
    expect(await first.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 2, OUT)).toBe('success')
    first.wasi.close()
    const second = new Caller({ stdin: input })
    const read = second.suspend('fd_read', 0, ...second.iovec(8192, 2), OUT)
    stream.write('late')
    expect(await read).toBe('success')
    expect(second.text(8192, 2)).toBe('la')
    expect(second.read(0)).toBe('te')
    const last = second.suspend('fd_read', 0, ...second.iovec(8192, 2), OUT)
    stream.end()
    expect(await last).toBe('success')
    expect(second.view.getUint32(OUT, true)).toBe(0)
  })

  it('keeps a process alive while somebody waits for it, and no longer', async () => {
    const said: string[] = []
    const stream = Object.assign(new PassThrough(), {
      ref: () => said.push('ref'),
      unref: () => said.push('unref'),
    })
    const input = suspendingInput(() => stream)
    expect(said).toEqual([])
    const read = input.read(10) as Promise<Uint8Array>
    expect(said).toEqual(['ref'])
    stream.write('x')
    expect(text(await read)).toBe('x')
    expect(said).toEqual(['ref', 'unref'])
    void input.read(10)
    input.close!()
    expect(said).toEqual(['ref', 'unref', 'ref', 'unref'])
    stream.end()
  })
})
