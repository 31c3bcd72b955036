// Sockets that a host hands in: every function on what is one and on what is none, over a network in memory.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HeddleError } from '../../src/errors/heddle-error.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'
import { UNSTABLE } from '../../src/wasi/preview1/dialect.ts'
import { VirtualClock } from '../../src/wasi/preview1/clock.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { FDFLAGS, RIGHTS } from '../../src/wasi/preview1/types.ts'
import { Caller, FOLDER, OUT } from './host.ts'
import { Peer, VirtualListener } from './virtual-sockets.ts'

const DATA = 8192
const PEEK = 1
const WAIT_ALL = 2
const [RD, WR] = [1, 2]
/** The first descriptor of a guest without folders. */
const FIRST = 3

function connected(type: 'stream' | 'dgram' = 'stream'): { readonly caller: Caller; readonly peer: Peer } {
  const peer = new Peer()
  return { peer, caller: new Caller({ sockets: [peer.socket(type)] }) }
}

function recvArguments(caller: Caller, length: number, flags: number): number[] {
  return [FIRST, ...caller.iovec(DATA, length), flags, OUT, OUT + 4]
}

/** What was received, and the flags; or the name of the failure. */
function recv(caller: Caller, length: number, flags = 0): readonly [string, number] | string {
  const errno = caller.call('sock_recv', ...recvArguments(caller, length, flags))
  return errno === 'success' ? received(caller) : errno
}

function received(caller: Caller): readonly [string, number] {
  return [caller.text(DATA, caller.view.getUint32(OUT, true)), caller.view.getUint16(OUT + 4, true)]
}

function send(caller: Caller, text: string, fd = FIRST): string | number {
  caller.bytes.set(Buffer.from(text), DATA)
  const errno = caller.call('sock_send', fd, ...caller.iovec(DATA, text.length), 0, OUT)
  return errno === 'success' ? caller.view.getUint32(OUT, true) : errno
}

/** An event for each that is ready: userdata, errno, type, bytes, flags. */
function events(caller: Caller): readonly (readonly number[])[] {
  return Array.from({ length: caller.view.getUint32(OUT, true) }, (_, i) => {
    const at = DATA + 4096 + 32 * i
    const { view } = caller
    return [
      Number(view.getBigUint64(at, true)),
      view.getUint16(at + 8, true),
      view.getUint8(at + 10),
      Number(view.getBigUint64(at + 16, true)),
      view.getUint16(at + 24, true),
    ]
  })
}

interface Subscription {
  readonly fd?: number
  readonly write?: boolean
  readonly ns?: bigint
}

function subscribe(caller: Caller, subscriptions: readonly Subscription[]): number[] {
  for (const [i, { fd, write = false, ns = 0n }] of subscriptions.entries()) {
    const at = DATA + 48 * i
    caller.bytes.fill(0, at, at + 48)
    caller.view.setBigUint64(at, BigInt(i), true)
    caller.view.setUint8(at + 8, fd === undefined ? 0 : write ? 2 : 1)
    caller.view.setUint32(at + 16, fd ?? 1, true)
    if (fd === undefined) caller.view.setBigUint64(at + 24, ns, true)
  }
  return [DATA, DATA + 4096, subscriptions.length, OUT]
}

function poll(caller: Caller, ...subscriptions: readonly Subscription[]): ReturnType<typeof events> {
  expect(caller.call('poll_oneoff', ...subscribe(caller, subscriptions))).toBe('success')
  return events(caller)
}

describe('what is no socket', () => {
  const calls = ['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'] as const
  const args = {
    sock_accept: [0, OUT],
    sock_recv: [64, 0, 0, OUT, OUT + 4],
    sock_send: [64, 0, 0, OUT],
    sock_shutdown: [3],
  }

  test.each(calls)('%s answers ENOTSOCK, and EBADF where nothing is open', (name) => {
    const caller = new Caller({ fs: { '/a': '' } })
    const file = caller.open(FOLDER, 'a') as number
    for (const fd of [0, 1, 2, FOLDER, file]) expect(caller.call(name, fd, ...args[name])).toBe('notsock')
    for (const fd of [99, 0xffffffff]) expect(caller.call(name, fd, ...args[name])).toBe('badf')
  })

  test('flags without a name are EINVAL, and so is no direction', () => {
    const { caller } = connected()
    expect(caller.call('sock_recv', FIRST, 64, 0, 4, OUT, OUT + 4)).toBe('inval')
    expect(caller.call('sock_send', FIRST, 64, 0, 1, OUT)).toBe('inval')
    expect(caller.call('sock_shutdown', FIRST, 0)).toBe('inval')
    expect(caller.call('sock_shutdown', FIRST, 4)).toBe('inval')
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('inval')
  })
})

describe('a connection', () => {
  test('has the first number behind the folders, and is told by its type and rights', () => {
    const caller = new Caller({
      fs: {},
      sockets: [new Peer().socket(), new Peer().socket('dgram'), new VirtualListener()],
    })
    const stat = (fd: number): readonly unknown[] => {
      expect(caller.call('fd_fdstat_get', fd, OUT)).toBe('success')
      return [caller.view.getUint8(OUT), Number(caller.view.getBigUint64(OUT + 8, true) & 0x30000000n)]
    }
    expect([4, 5, 6].map(stat)).toEqual([
      [6, RIGHTS.sock_shutdown],
      [5, RIGHTS.sock_shutdown],
      [6, RIGHTS.sock_accept],
    ])
    expect(caller.call('fd_filestat_get', 4, OUT)).toBe('success')
    expect(caller.view.getUint8(OUT + 16)).toBe(6)
    for (const fd of [4, 6]) {
      expect(caller.call('fd_prestat_get', fd, OUT)).toBe('badf')
      expect(caller.call('fd_seek', fd, 0n, 0, OUT)).toBe('spipe')
      expect(caller.call('fd_readdir', fd, DATA, 64, 0n, OUT)).toBe('notdir')
      expect(caller.call('fd_sync', fd)).toBe('notcapable')
    }
  })

  test('is read by fd_read and sock_recv, written by fd_write and sock_send', async () => {
    const { caller, peer } = connected()
    peer.send('hello, world')
    expect(caller.read(FIRST, 5)).toBe('hello')
    expect(recv(caller, 100)).toEqual([', world', 0])
    const waiting = caller.suspend('sock_recv', ...recvArguments(caller, 100, 0))
    peer.send('later')
    expect([await waiting, received(caller)]).toEqual(['success', ['later', 0]])
    expect(caller.write(FIRST, 'an')).toBe('success')
    expect(send(caller, 'swer')).toBe(4)
    expect(peer.text).toBe('answer')
  })

  test('without a length gives and takes nothing', () => {
    const { caller, peer } = connected()
    expect([recv(caller, 0), send(caller, '')]).toEqual([['', 0], 0])
    expect(peer.fromGuest).toEqual([])
  })

  test('keeps what was peeked, however often and little', () => {
    const { caller, peer } = connected()
    peer.send('abc')
    peer.send('def')
    expect(recv(caller, 2, PEEK)).toEqual(['ab', 0])
    expect(recv(caller, 5, PEEK | WAIT_ALL)).toEqual(['abcde', 0])
    expect(recv(caller, 4)).toEqual(['abcd', 0])
    expect([recv(caller, 4), recv(caller, 4)]).toEqual([
      ['e', 0],
      ['f', 0],
    ])
  })

  test('gives all of a length that is waited for, or what came before the end', async () => {
    const { caller, peer } = connected()
    peer.send('abc')
    const waiting = caller.suspend('sock_recv', ...recvArguments(caller, 6, WAIT_ALL))
    peer.send('d')
    await setImmediate()
    peer.send('efg')
    expect([await waiting, received(caller)]).toEqual(['success', ['abcdef', 0]])
    const rest = caller.suspend('sock_recv', ...recvArguments(caller, 6, WAIT_ALL))
    peer.toGuest.end()
    expect([await rest, received(caller)]).toEqual(['success', ['g', 0]])
    expect(recv(caller, 6, WAIT_ALL)).toEqual(['', 0])
  })

  test('answers EAGAIN where it must not wait', async () => {
    const { caller, peer } = connected()
    expect(caller.call('fd_fdstat_set_flags', FIRST, FDFLAGS.nonblock)).toBe('success')
    expect(recv(caller, 4)).toBe('again')
    expect(caller.read(FIRST, 4)).toBe('again')
    peer.send('x')
    await setImmediate()
    expect(recv(caller, 4, WAIT_ALL)).toEqual(['x', 0])
    const clear = peer.congest()
    expect(send(caller, 'one')).toBe(3)
    expect(send(caller, 'two')).toBe('again')
    clear()
    await setImmediate()
    expect(send(caller, 'two')).toBe(3)
    expect(peer.text).toBe('onetwo')
  })

  test('holds a guest back that sends more than goes out', async () => {
    const { caller, peer } = connected()
    const clear = peer.congest()
    const sending = caller.suspend('fd_write', FIRST, ...caller.iovec(DATA, 100), OUT)
    let isSent = false
    void sending.then(() => (isSent = true))
    await setImmediate()
    expect(isSent).toBe(false)
    clear()
    expect(await sending).toBe('success')
  })

  test('that is shut down for sending answers EPIPE, and the peer is told once', () => {
    const { caller, peer } = connected()
    peer.send('still')
    expect(caller.call('sock_shutdown', FIRST, WR)).toBe('success')
    expect(caller.call('sock_shutdown', FIRST, WR)).toBe('success')
    expect([send(caller, 'x'), caller.write(FIRST, 'x'), recv(caller, 9)]).toEqual(['pipe', 'pipe', ['still', 0]])
    expect(peer.events).toEqual(['wr'])
  })

  test('that is shut down for receiving is at its end, and whoever waits learns it', async () => {
    const { caller, peer } = connected()
    const waiting = caller.suspend('sock_recv', ...recvArguments(caller, 6, 0))
    expect(caller.call('sock_shutdown', FIRST, RD)).toBe('success')
    expect([await waiting, received(caller)]).toEqual(['success', ['', 0]])
    peer.send('late')
    expect(recv(caller, 9)).toEqual(['', 0])
    expect(send(caller, 'x')).toBe(1)
    expect(caller.call('sock_shutdown', FIRST, RD | WR)).toBe('success')
    expect(peer.events).toEqual(['rd', 'wr'])
  })

  test('tells why it failed, once', async () => {
    let fail: (error: unknown) => void = () => {}
    const failing = {
      receive: () =>
        new Promise<never>((_, reject) => {
          fail = reject
        }),
      send: () => Promise.reject(new WasiError('connreset')),
      shutdown: () => {},
      close: () => {},
    }
    const caller = new Caller({ sockets: [failing] })
    const waiting = caller.suspend('sock_recv', ...recvArguments(caller, 6, 0))
    fail(new WasiError('timedout'))
    expect([await waiting, recv(caller, 9)]).toEqual(['timedout', ['', 0]])
    expect(await caller.suspend('sock_send', FIRST, ...caller.iovec(DATA, 1), 0, OUT)).toBe('connreset')
    expect(caller.call('fd_fdstat_set_flags', FIRST, FDFLAGS.nonblock)).toBe('success')
    expect(send(caller, 'x')).toBe(1)
    await setImmediate()
    expect(send(caller, 'x')).toBe('connreset')
  })

  test('gives and takes nothing where a pointer is bad', () => {
    const listener = new VirtualListener()
    const peer = new Peer()
    const caller = new Caller({ sockets: [peer.socket(), listener] })
    peer.send('kept')
    listener.connect()
    const list = caller.iovec(DATA, 4)
    for (const bad of [4 * 65536, 4 * 65536 - 1, 0xfffffff8, OUT + 1]) {
      expect(caller.call('sock_recv', FIRST, ...list, 0, bad, OUT + 4)).toBe('fault')
      expect(caller.call('sock_recv', FIRST, bad, 1, 0, OUT, OUT + 4)).toBe('fault')
      expect(caller.call('sock_send', FIRST, ...list, 0, bad)).toBe('fault')
      expect(caller.call('sock_accept', FIRST + 1, 0, bad)).toBe('fault')
    }
    expect(caller.call('sock_recv', FIRST, ...list, 0, OUT, 4 * 65536)).toBe('fault')
    expect([recv(caller, 9), peer.fromGuest, caller.wasi.openedDescriptors]).toEqual([['kept', 0], [], []])
    expect(caller.call('sock_accept', FIRST + 1, 0, OUT)).toBe('success')
  })

  test('needs the rights for what is asked', () => {
    const { caller } = connected()
    expect(caller.call('fd_fdstat_set_rights', FIRST, 0n, 0n)).toBe('success')
    expect([recv(caller, 1), send(caller, 'x'), caller.call('sock_shutdown', FIRST, RD)]).toEqual(
      Array.from({ length: 3 }, () => 'notcapable'),
    )
  })

  test('speaks the older dialect too', () => {
    const peer = new Peer()
    const caller = new Caller({ sockets: [peer.socket()] }, UNSTABLE)
    peer.send('old')
    expect(recv(caller, 9)).toEqual(['old', 0])
    expect([send(caller, 'friend'), caller.call('sock_shutdown', FIRST, WR), peer.text]).toEqual([
      6,
      'success',
      'friend',
    ])
  })
})

describe('a socket of messages', () => {
  test('gives one at a time, and says what it cut off', () => {
    const { caller, peer } = connected('dgram')
    for (const message of ['first', '', 'third']) peer.send(message)
    expect(recv(caller, 3, PEEK)).toEqual(['fir', 1])
    expect(recv(caller, 3)).toEqual(['fir', 1])
    expect(recv(caller, 9)).toEqual(['', 0])
    expect(recv(caller, 9, WAIT_ALL)).toEqual(['third', 0])
    expect([send(caller, 'a'), send(caller, ''), peer.fromGuest.length]).toEqual([1, 0, 2])
  })
})

describe('a listener', () => {
  const listening = (): { readonly caller: Caller; readonly listener: VirtualListener } => {
    const listener = new VirtualListener()
    return { listener, caller: new Caller({ sockets: [listener] }) }
  }
  const accepted = (caller: Caller): number => caller.view.getUint32(OUT, true)

  test('gives connections in order, with the lowest free numbers', async () => {
    const { caller, listener } = listening()
    const waiting = caller.suspend('sock_accept', FIRST, 0, OUT)
    const first = listener.connect()
    expect([await waiting, accepted(caller)]).toEqual(['success', 4])
    const second = listener.connect()
    expect([caller.call('sock_accept', FIRST, FDFLAGS.nonblock, OUT), accepted(caller)]).toEqual(['success', 5])
    expect([send(caller, 'one', 4), send(caller, 'two', 5), first.text, second.text]).toEqual([3, 3, 'one', 'two'])
    expect(caller.call('fd_read', 5, ...caller.iovec(DATA, 9), OUT)).toBe('again')
    expect([caller.call('fd_close', 4), first.events]).toEqual(['success', ['close']])
    expect(caller.wasi.openedDescriptors).toEqual([5])
  })

  test('is no connection', () => {
    const { caller } = listening()
    expect([recv(caller, 9), send(caller, 'x'), caller.read(FIRST), caller.write(FIRST, 'x')]).toEqual(
      Array.from({ length: 4 }, () => 'notconn'),
    )
    expect(caller.call('sock_shutdown', FIRST, WR)).toBe('notconn')
    expect(caller.call('sock_accept', FIRST, FDFLAGS.append, OUT)).toBe('inval')
  })

  test('answers EAGAIN where it must not wait, and ENOTCAPABLE without the right', async () => {
    const { caller, listener } = listening()
    expect(caller.call('fd_fdstat_set_flags', FIRST, FDFLAGS.nonblock)).toBe('success')
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('again')
    listener.connect()
    await setImmediate()
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('success')
    expect(caller.call('fd_fdstat_set_rights', FIRST, 0n, 0n)).toBe('success')
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('notcapable')
  })

  test('keeps a connection that a full table has no place for', () => {
    const listener = new VirtualListener()
    const caller = new Caller({ sockets: [listener], limits: { files: 5 } })
    const peers = [listener.connect(), listener.connect()]
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('success')
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('mfile')
    expect(caller.call('fd_close', 4)).toBe('success')
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('success')
    expect([send(caller, 'x', 4), peers[1]!.text]).toEqual([1, 'x'])
  })

  test('is closed with the guest, and a connection that nobody accepted with it', () => {
    const { caller, listener } = listening()
    const peer = listener.connect()
    poll(caller, { fd: FIRST })
    caller.wasi.close()
    expect([listener.isClosed, peer.events]).toEqual([true, ['close']])
  })

  test('that is closed in a call that waits ends it', async () => {
    const { caller } = listening()
    const waiting = caller.suspend('sock_accept', FIRST, 0, OUT)
    expect(caller.call('fd_close', FIRST)).toBe('success')
    expect(await waiting).toBe('connaborted')
  })
})

describe('poll_oneoff', () => {
  test('says what is there to read, that there is place to write, and that the peer has gone', () => {
    const { caller, peer } = connected()
    peer.send('five!')
    expect(poll(caller, { fd: FIRST }, { fd: FIRST, write: true })).toEqual([
      [0, 0, 1, 5, 0],
      [1, 0, 2, 65536, 0],
    ])
    expect(recv(caller, 9)).toEqual(['five!', 0])
    peer.toGuest.end()
    expect(poll(caller, { fd: FIRST })).toEqual([[0, 0, 1, 0, 1]])
  })

  test('waits for whichever comes first, a connection or the time', async () => {
    const listener = new VirtualListener()
    const sleeps: { readonly ns: bigint; readonly wake: () => void; readonly signal: { readonly aborted: boolean } }[] =
      []
    const clock = new VirtualClock()
    const caller = new Caller({
      sockets: [listener],
      clock: {
        now: (id) => clock.now(id),
        sleepAsync: (ns, signal) =>
          new Promise<void>((wake) => {
            sleeps.push({ ns, wake, signal })
          }),
      },
    })
    const both = (): number[] => subscribe(caller, [{ fd: FIRST }, { ns: 10n ** 12n }])
    const first = caller.suspend('poll_oneoff', ...both())
    sleeps[0]?.wake()
    expect([await first, events(caller)]).toEqual(['success', [[1, 0, 0, 0, 0]]])
    const second = caller.suspend('poll_oneoff', ...both())
    listener.connect()
    expect([await second, events(caller)]).toEqual(['success', [[0, 0, 1, 1, 0]]])
    // The connection was not lost, and nobody sleeps on.
    expect(sleeps.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(caller.call('sock_accept', FIRST, 0, OUT)).toBe('success')
  })

  test('waits for place where a send has not gone out', async () => {
    const { caller, peer } = connected()
    expect(caller.call('fd_fdstat_set_flags', FIRST, FDFLAGS.nonblock)).toBe('success')
    const clear = peer.congest()
    expect(send(caller, 'x')).toBe(1)
    const waiting = caller.suspend('poll_oneoff', ...subscribe(caller, [{ fd: FIRST, write: true }]))
    clear()
    expect([await waiting, events(caller)]).toEqual(['success', [[0, 0, 2, 65536, 0]]])
  })

  test('that nobody waits for any more sleeps no longer', () => {
    const aborted: boolean[] = []
    const sleepAsync = (_: bigint, signal: AbortController['signal']): Promise<void> => {
      signal.addEventListener('abort', () => aborted.push(true))
      return new Promise(() => {})
    }
    const caller = new Caller({ sockets: [new VirtualListener()], clock: { now: () => 0n, sleepAsync } })
    const outcome = caller.functions.poll_oneoff(...subscribe(caller, [{ fd: FIRST }, { ns: 1n }]))
    caller.wasi.abandon(outcome as Promise<number>)
    expect(aborted).toEqual([true])
  })
})

test('a call that is abandoned by what it does itself does nothing more', async () => {
  let receiving = 0
  const socket = {
    ...new Peer().socket(),
    receive: () => {
      if (++receiving === 2) caller.wasi.abandon(outcome)
      return Promise.resolve(Buffer.from('ab'))
    },
  }
  const caller: Caller = new Caller({ sockets: [socket] })
  const outcome = caller.functions.sock_recv(...recvArguments(caller, 4, WAIT_ALL)) as Promise<number>
  await setImmediate()
  expect([receiving, caller.text(DATA, 2)]).toEqual([2, '\0\0'])
})

describe('a snapshot', () => {
  test('is refused while a socket is open, and has none afterwards', () => {
    const { caller } = connected()
    expect(() => caller.wasi.save()).toThrow(HeddleError)
    expect(() => caller.wasi.save()).toThrow('the descriptor 3 is an open socket')
    expect(caller.call('fd_close', FIRST)).toBe('success')
    expect(caller.wasi.save().length).toBeGreaterThan(0)
  })

  test('is restored beside sockets, which have the lowest free numbers', () => {
    const saved = new Caller({ fs: { '/a': '' } })
    expect(saved.open(FOLDER, 'a')).toBe(4)
    const peer = new Peer()
    const wasi = new Wasi({ fs: {}, sockets: [peer.socket()] })
    wasi.restore(saved.wasi.save())
    expect(wasi.openedDescriptors).toEqual([4])
    expect(peer.events).toEqual([])
    wasi.close()
    expect(peer.events).toEqual(['close'])
  })
})
