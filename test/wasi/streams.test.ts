// Streams, clocks, randomness, the end of a program, and calls that suspend. Numbers are those of the adversarial checklist.

import { describe, expect, onTestFinished, test } from 'vitest'
import type { WasiClock } from '../../src/wasi/preview1/implementation.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'
import { WasiExit } from '../../src/wasi/preview1/process.ts'
import { FDFLAGS } from '../../src/wasi/preview1/types.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { Caller, FOLDER, OUT, native } from './host.ts'
import { EVENTS, SUBSCRIPTIONS, events, subscribeClock, subscribeFd } from './poll.ts'
import { Peer } from './virtual-sockets.ts'

/** A clock that only moves when it is slept on. */
function sleepingClock(): WasiClock & { readonly slept: bigint[] } {
  const slept: bigint[] = []
  return {
    slept,
    now: (id) => (id === 'thread_cputime_id' ? undefined : 1000n + slept.reduce((sum, ns) => sum + ns, 0n)),
    sleep: (ns) => void slept.push(ns),
  }
}

describe('adversarial.md 64: poll_oneoff', () => {
  test('waits as often as it likes for input that does not come, and leaves nothing with it', async () => {
    const never = new Promise<Uint8Array>(() => {})
    const clock = sleepingClock()
    const sleepAsync = (ns: bigint): Promise<void> => Promise.resolve(clock.sleep?.(ns))
    const caller = new Caller({
      stdin: () => never,
      sockets: [new Peer().socket()],
      clock: { now: (id) => clock.now(id), sleepAsync },
    })
    const counts = new Map<unknown, number>()
    // oxlint-disable-next-line typescript/unbound-method -- it is put back
    const { then } = Promise.prototype
    onTestFinished(() => void Reflect.set(Promise.prototype, 'then', then))
    Reflect.set(
      Promise.prototype,
      'then',
      function (this: Promise<unknown>, ...args: Parameters<typeof then>): unknown {
        counts.set(this, (counts.get(this) ?? 0) + 1)
        return Reflect.apply(then, this, args)
      },
    )
    for (let i = 0; i < 100; i++) {
      subscribeClock(caller, 0, 1, 1000n)
      subscribeFd(caller, 1, 1, 0)
      subscribeFd(caller, 2, 1, 3)
      expect(await caller.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 3, OUT)).toBe('success')
      expect(events(caller).map(({ type }) => type)).toEqual([0])
    }
    expect(Math.max(...counts.values())).toBeLessThan(5)
  })

  test('waits for the first of several clocks', () => {
    const clock = sleepingClock()
    const caller = new Caller({ clock })
    subscribeClock(caller, 0, 1, 5000n)
    subscribeClock(caller, 1, 0, 3000n)
    subscribeClock(caller, 2, 1, 4000n, 1)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 3, OUT)).toBe('success')
    expect(clock.slept).toEqual([3000n])
    expect(events(caller)).toEqual([
      { userdata: 101n, error: 0, type: 0, nbytes: 0n },
      { userdata: 102n, error: 0, type: 0, nbytes: 0n },
    ])
  })

  test('does not wait for a time that has passed, nor when a descriptor is ready', () => {
    const clock = sleepingClock()
    const caller = new Caller({ clock, stdin: 'abc', fs: { '/f': '12345' } })
    subscribeClock(caller, 0, 1, 1000n, 1)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    const file = caller.open(FOLDER, 'f', { rights: ~0n }) as number
    subscribeClock(caller, 0, 1, 2n ** 64n - 1n)
    subscribeFd(caller, 1, 1, 0)
    subscribeFd(caller, 2, 2, 1)
    subscribeFd(caller, 3, 1, file)
    subscribeFd(caller, 4, 1, 77)
    subscribeFd(caller, 5, 2, 0)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 6, OUT)).toBe('success')
    expect(clock.slept).toEqual([])
    expect(events(caller).map(({ userdata, error, nbytes }) => [userdata, error, nbytes])).toEqual([
      [101n, 0, 3n],
      [102n, 0, 65536n],
      [103n, 0, 5n],
      [104n, 8, 0n],
      [105n, 76, 0n],
    ])
  })

  test('a timeout of 2^64-1 is slept for as what it is', () => {
    const clock = sleepingClock()
    const caller = new Caller({ clock })
    subscribeClock(caller, 0, 1, 2n ** 64n - 1n)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    expect(clock.slept).toEqual([2n ** 64n - 1n])
  })

  test('takes 1,024 subscriptions; none and more are EINVAL, as is a type that does not exist', () => {
    const caller = new Caller({ clock: sleepingClock() })
    for (let i = 0; i < 1025; i++) subscribeClock(caller, i, 1, 0n)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, 100_000, 1024, OUT)).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(1024)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, 100_000, 1025, OUT)).toBe('inval')
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 0, OUT)).toBe('inval')
    caller.bytes[SUBSCRIPTIONS + 8] = 3
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('inval')
  })

  test('processor time cannot be waited for', () => {
    const caller = new Caller({ clock: sleepingClock() })
    subscribeClock(caller, 0, 2, 5n)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    expect(events(caller)).toEqual([{ userdata: 100n, error: 28, type: 0, nbytes: 0n }])
  })

  test('is ENOTSUP where the host has no way to wait', () => {
    const caller = new Caller({ clock: { now: () => 0n } })
    subscribeClock(caller, 0, 1, 5n)
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('notsup')
  })
})

describe('calls that suspend', () => {
  test('poll_oneoff on a clock, where the host sleeps by a promise', async () => {
    let slept = 0n
    const sleepAsync = (ns: bigint): Promise<void> => {
      slept += ns
      return Promise.resolve()
    }
    const clock: WasiClock = { now: () => slept, sleepAsync }
    const caller = new Caller({ clock })
    subscribeClock(caller, 0, 1, 500n)
    expect(await caller.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    expect(events(caller)).toEqual([{ userdata: 100n, error: 0, type: 0, nbytes: 0n }])
    expect(slept).toBe(500n)
  })

  test('poll_oneoff on stdin ends when bytes come, and they are still there to be read', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const never = new Promise<never>(() => {})
    const caller = new Caller({ stdin: () => promise, clock: { now: () => 0n, sleepAsync: () => never } })
    subscribeClock(caller, 0, 1, 500n)
    subscribeFd(caller, 1, 1, 0)
    const polled = caller.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 2, OUT)
    resolve(Buffer.from('typed'))
    expect(await polled).toBe('success')
    expect(events(caller)).toEqual([{ userdata: 101n, error: 0, type: 1, nbytes: 5n }])
    expect(caller.read(0, 2)).toBe('ty')
    expect(caller.read(0)).toBe('ped')
  })

  test('poll_oneoff on stdin, asked twice, ends when stdin does; a descriptor that is closed is EBADF', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const caller = new Caller({ stdin: () => promise })
    subscribeFd(caller, 0, 1, 0)
    subscribeFd(caller, 1, 1, 0)
    const polled = caller.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 2, OUT)
    resolve(null)
    expect(await polled).toBe('success')
    expect(events(caller).map(({ userdata, error, nbytes }) => [userdata, error, nbytes])).toEqual([
      [100n, 0, 0n],
      [101n, 0, 0n],
    ])
    expect(caller.call('fd_close', 0)).toBe('success')
    expect(caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)).toBe('success')
    expect(events(caller).map(({ error }) => error)).toEqual([8])
  })

  test('a sleep that nobody waits for any more is told so: the other was first, or the call was given up', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const signals: { readonly aborted: boolean }[] = []
    const sleepAsync: WasiClock['sleepAsync'] = (_, signal) => {
      signals.push(signal)
      return new Promise(() => {})
    }
    const caller = new Caller({ stdin: () => promise, clock: { now: () => 0n, sleepAsync } })
    subscribeClock(caller, 0, 1, 2n ** 64n - 1n)
    subscribeFd(caller, 1, 1, 0)
    const call = (count: number): Promise<number> =>
      caller.functions.poll_oneoff(SUBSCRIPTIONS, EVENTS, count, OUT) as Promise<number>
    const given = call(1)
    caller.wasi.abandon(given)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    const polled = call(2)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    resolve(Buffer.from('x'))
    expect(await polled).toBe(0)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  test('a timeout leaves what comes later to the next read', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const caller = new Caller({ stdin: () => promise, clock: { now: () => 0n, sleepAsync: () => Promise.resolve() } })
    subscribeClock(caller, 0, 1, 500n)
    subscribeFd(caller, 1, 1, 0)
    expect(await caller.suspend('poll_oneoff', SUBSCRIPTIONS, EVENTS, 2, OUT)).toBe('success')
    expect(events(caller)).toEqual([{ userdata: 100n, error: 0, type: 0, nbytes: 0n }])
    const read = caller.suspend('fd_read', 0, ...caller.iovec(8192, 64), OUT)
    resolve(Buffer.from('late'))
    expect(await read).toBe('success')
    expect(caller.text(8192, caller.view.getUint32(OUT, true))).toBe('late')
  })

  test('a read of stdin writes to the memory as it is when the bytes come', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const caller = new Caller({ stdin: () => promise })
    const read = caller.suspend('fd_read', 0, ...caller.iovec(8192, 64), OUT)
    caller.memory.grow(1)
    resolve(Buffer.from('grown'))
    expect(await read).toBe('success')
    expect(caller.text(8192, 5)).toBe('grown')
  })

  test('a non-blocking read of nothing is EAGAIN', async () => {
    const { promise, resolve } = deferred<Uint8Array | null>()
    const caller = new Caller({ stdin: () => promise })
    expect(caller.call('fd_fdstat_set_flags', 0, FDFLAGS.nonblock)).toBe('success')
    expect(caller.read(0)).toBe('again')
    expect(caller.read(0)).toBe('again')
    resolve(Buffer.from('x'))
    await new Promise((settle) => {
      setImmediate(settle)
    })
    expect(caller.read(0)).toBe('x')
  })

  test('a reader that fails while nobody reads fails the next read', async () => {
    const chunks: (() => Promise<Uint8Array>)[] = [
      () => Promise.reject(new WasiError('io')),
      () => Promise.resolve(Buffer.from('recovered')),
    ]
    const caller = new Caller({ stdin: () => chunks.shift()?.() ?? null })
    expect(caller.call('fd_fdstat_set_flags', 0, FDFLAGS.nonblock)).toBe('success')
    expect(caller.read(0)).toBe('again')
    await new Promise((settle) => {
      setImmediate(settle)
    })
    expect(caller.read(0)).toBe('io')
    expect(caller.read(0)).toBe('again')
    await new Promise((settle) => {
      setImmediate(settle)
    })
    expect(caller.read(0)).toBe('recovered')
  })

  test("a sink that is slow holds the guest back, and its failure is the guest's errno", async () => {
    const { promise, resolve } = deferred<void>()
    const caller = new Caller({ stdout: () => promise, stderr: () => Promise.reject(new WasiError('pipe')) })
    const write = caller.suspend('fd_write', 1, ...caller.iovec(8192, 3), OUT)
    resolve()
    expect(await write).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(3)
    expect(await caller.suspend('fd_write', 2, ...caller.iovec(8192, 3), OUT)).toBe('pipe')
  })

  test('an error of the embedder passes through, at once and later', async () => {
    const broken = new RangeError("the embedder's own")
    const sync = new Caller({
      stdout: () => {
        throw broken
      },
      stderr: () => Promise.reject(broken),
    })
    expect(() => sync.write(1, 'x')).toThrow(broken)
    await expect(sync.suspend('fd_write', 2, ...sync.iovec(8192, 3), OUT)).rejects.toBe(broken)
  })
})

describe('standard streams', () => {
  test('stdin from text and bytes ends, and stays at its end', () => {
    for (const stdin of ['hello', Buffer.from('hello')]) {
      const caller = new Caller({ stdin })
      expect(caller.read(0, 3)).toBe('hel')
      expect(caller.read(0, 3)).toBe('lo')
      expect(caller.read(0, 3)).toBe('')
      expect(caller.read(0, 3)).toBe('')
    }
    expect(new Caller().read(0)).toBe('')
  })

  test('a reader that gives more than was asked loses nothing', () => {
    const chunks = [Buffer.from('abcdef'), null]
    const caller = new Caller({ stdin: () => chunks.shift() ?? null })
    expect([caller.read(0, 4), caller.read(0, 4), caller.read(0, 4)]).toEqual(['abcd', 'ef', ''])
  })

  test('a sink gets copies, and each stream goes one way', () => {
    const seen: Uint8Array[] = []
    const caller = new Caller({ stdout: (bytes) => void seen.push(bytes) })
    expect(caller.write(1, 'one')).toBe('success')
    expect(caller.write(1, 'two')).toBe('success')
    expect(seen.map((bytes) => Buffer.from(bytes).toString())).toEqual(['one', 'two'])
    expect(caller.read(1)).toBe('notcapable')
    expect(caller.write(0, 'x')).toBe('notcapable')
  })

  test('what has no sink is collected, each stream for itself', () => {
    const caller = new Caller()
    caller.write(1, 'out')
    caller.write(2, 'err')
    caller.write(1, 'put')
    expect(Buffer.from(caller.wasi.stdout).toString()).toBe('output')
    expect(Buffer.from(caller.wasi.stderr).toString()).toBe('err')
  })

  test('a terminal is a character device without seek, anything else is not', () => {
    const caller = new Caller({ stdout: { write: () => {}, terminal: true }, stderr: () => {} })
    expect(caller.call('fd_fdstat_get', 1, 128)).toBe('success')
    expect(caller.view.getUint8(128)).toBe(2)
    expect(caller.view.getBigUint64(136, true) & 36n).toBe(0n)
    expect(caller.call('fd_fdstat_get', 2, 128)).toBe('success')
    expect(caller.view.getUint8(128)).toBe(0)
  })
})

describe('clocks and randomness', () => {
  test('without a clock, time is the same in every run, moves on, and is slept away at once', () => {
    const times = (): bigint[] => {
      const caller = new Caller()
      subscribeClock(caller, 0, 1, 10n ** 12n)
      return ([0, 1, 1, 'sleep', 1, 2] as const).map((id) => {
        if (id === 'sleep') caller.call('poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, OUT)
        else caller.call('clock_time_get', id, 0n, OUT)
        return caller.view.getBigUint64(OUT, true)
      })
    }
    const [realtime, first, second, , later] = times() as [bigint, bigint, bigint, bigint, bigint]
    expect(times()).toEqual(times())
    expect(realtime).toBeGreaterThan(10n ** 18n / 2n)
    expect(second).toBeGreaterThan(first)
    expect(later - second).toBeGreaterThanOrEqual(10n ** 12n)
  })

  test('a clock that the host lacks is EINVAL, one that does not exist too, and a resolution is never 0', () => {
    const caller = new Caller({ clock: sleepingClock() })
    expect(caller.call('clock_time_get', 3, 0n, OUT)).toBe('inval')
    expect(caller.call('clock_res_get', 3, OUT)).toBe('inval')
    expect(caller.call('clock_time_get', 4, 0n, OUT)).toBe('inval')
    expect(caller.call('clock_res_get', 1, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBe(1000n)
  })

  test('random_get asks for 64 KiB at most at a time, and for nothing at all beyond its limit', () => {
    const asked: number[] = []
    const caller = new Caller({ random: (bytes) => void asked.push(bytes.length), limits: { callBytes: 200_000 } })
    expect(caller.call('random_get', 0, 150_000)).toBe('success')
    expect(asked).toEqual([65536, 65536, 150_000 - 131_072])
    expect(caller.call('random_get', 0, 200_001)).toBe('inval')
    expect(asked).toHaveLength(3)
  })

  test('random_get without a source is ENOSYS', () => {
    expect(new Caller().call('random_get', 0, 16)).toBe('nosys')
  })
})

describe('67: the end of a program', () => {
  test.each([0, 1, 33, 255, 0xffffffff])('proc_exit(%d) ends it with that code and closes what is open', (code) => {
    const caller = new Caller({ fs: { '/a': '' } })
    const inner: string[] = []
    const exitCode = caller.wasi.run(() => {
      try {
        caller.call('proc_exit', code)
      } finally {
        inner.push('finally')
      }
    })
    expect(exitCode).toBe(code)
    expect(caller.wasi.exitCode).toBe(code)
    expect(inner).toEqual(['finally'])
    // What has exited does nothing more: whoever calls it is told so.
    expect(() => caller.call('fd_tell', FOLDER, OUT)).toThrow(WasiExit)
    expect(caller.wasi.stdout).toHaveLength(0)
    expect(caller.wasi.openedDescriptors).toEqual([])
  })

  test('a return is exit code 0, and another error passes through with everything closed', async () => {
    expect(new Wasi().run(() => undefined)).toBe(0)
    const caller = new Caller()
    const trap = new native.RuntimeError('unreachable')
    expect(() =>
      caller.wasi.run(() => {
        throw trap
      }),
    ).toThrow(trap)
    expect(caller.write(1, 'x')).toBe('badf')
    expect(await new Wasi().run(() => Promise.reject(new WasiExit(7)))).toBe(7)
  })

  test('proc_raise ends it as a shell reports it, unless the signal is ignored or cannot be', () => {
    const caller = new Caller()
    for (const ignored of [0, 13, 16, 17, 22, 27]) expect(caller.call('proc_raise', ignored)).toBe('success')
    for (const stopping of [18, 19, 20, 21]) expect(caller.call('proc_raise', stopping)).toBe('notsup')
    expect(caller.call('proc_raise', 31)).toBe('inval')
    expect(caller.wasi.run(() => caller.call('proc_raise', 6))).toBe(134)
  })
})

test('nothing is granted by default', () => {
  const caller = new Caller()
  expect(caller.call('fd_prestat_get', FOLDER, OUT)).toBe('badf')
  expect(caller.call('args_sizes_get', OUT, OUT + 4)).toBe('success')
  expect([caller.view.getUint32(OUT, true), caller.view.getUint32(OUT + 4, true)]).toEqual([0, 0])
  expect(caller.call('environ_sizes_get', OUT, OUT + 4)).toBe('success')
  expect([caller.view.getUint32(OUT, true), caller.view.getUint32(OUT + 4, true)]).toEqual([0, 0])
})

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
