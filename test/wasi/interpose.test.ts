// Functions of the embedder's in front of the calls: what they see, what they can make of a call, and what can go wrong with them.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { UNSTABLE } from '../../src/wasi/preview1/dialect.ts'
import { FUNCTION_NAMES, functionType } from '../../src/wasi/preview1/functions.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { formatCall } from '../../src/wasi/preview1/format-call.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'
import type { Interposers } from '../../src/wasi/preview1/interpose.ts'
import type { WasiOptions } from '../../src/wasi/preview1/wasi.ts'
import { Caller, FOLDER, OUT } from './host.ts'

const ALL_ACCESS = 0x1fffffffn

function guest(interpose: Interposers, options: WasiOptions = {}): Caller {
  return new Caller({ fs: { '/in.txt': 'hello', '/key.secret': 'key' }, interpose, ...options })
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const utf8 = (string: string): Uint8Array => new Uint8Array(Buffer.from(string))

describe('an interposer', () => {
  test('denies a call, which then has no effect', () => {
    const caller = guest({
      path_open: (call, proceed) => (call.args.path.endsWith('.secret') ? 'acces' : proceed()),
      path_create_directory: () => 'rofs',
    })
    expect(caller.open(FOLDER, 'key.secret', { rights: 2n })).toBe('acces')
    expect(caller.open(FOLDER, 'in.txt', { rights: 2n })).toBe(4)
    expect(caller.call('path_create_directory', FOLDER, 'd')).toBe('rofs')
    expect(Object.keys(caller.wasi.files())).toEqual(['/in.txt', '/key.secret'])
    expect(caller.wasi.openedDescriptors).toEqual([4])
  })

  test('sees arguments by name, decoded', () => {
    const seen: unknown[] = []
    const caller = guest({
      '*': (call, proceed) => {
        seen.push([call.module, call.name, call.args, call.raw.length])
        return proceed()
      },
    })
    caller.open(FOLDER, 'in.txt', { follow: true, oflags: 9, rights: 66n })
    caller.call('fd_seek', 4, -1n, 2, OUT)
    expect(seen).toEqual([
      [
        'wasi_snapshot_preview1',
        'path_open',
        {
          fd: 3,
          dirflags: ['symlink_follow'],
          path: 'in.txt',
          oflags: ['creat', 'trunc'],
          fs_rights_base: ['fd_read', 'fd_write'],
          fs_rights_inheriting: [],
          fdflags: [],
        },
        9,
      ],
      ['wasi_snapshot_preview1', 'fd_seek', { fd: 4, offset: -1n, whence: 'end' }, 4],
    ])
  })

  test('gives results of its own, of every kind', () => {
    const caller = guest({
      clock_time_get: () => ({ time: 2n ** 64n - 1n }),
      fd_fdstat_get: () => ({
        stat: {
          fs_filetype: 'directory',
          fs_flags: ['append'],
          fs_rights_base: ['fd_read', 'fd_seek'],
          fs_rights_inheriting: [],
        },
      }),
      fd_prestat_get: () => ({ buf: { tag: 'dir', pr_name_len: 7 } }),
      sock_recv: () => ({ ro_datalen: 3, ro_flags: ['recv_data_truncated'] }),
      random_get: (call) => {
        call.memory.write(call.args.buf, new Uint8Array(call.args.buf_len).fill(7))
        return 'success'
      },
      fd_sync: () => ({}),
    })
    expect(caller.call('clock_time_get', 0, 0n, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBe(2n ** 64n - 1n)
    caller.bytes.fill(0, OUT, OUT + 24)
    expect(caller.call('fd_fdstat_get', 99, OUT)).toBe('success')
    expect([...caller.bytes.subarray(OUT, OUT + 9)]).toEqual([3, 0, 1, 0, 0, 0, 0, 0, 6])
    caller.bytes.fill(0, OUT, OUT + 8)
    expect(caller.call('fd_prestat_get', 99, OUT)).toBe('success')
    expect([...caller.bytes.subarray(OUT, OUT + 8)]).toEqual([0, 0, 0, 0, 7, 0, 0, 0])
    expect(caller.call('sock_recv', 9, ...caller.iovec(8192, 8), 0, OUT, OUT + 8)).toBe('success')
    expect([caller.view.getUint32(OUT, true), caller.view.getUint16(OUT + 8, true)]).toEqual([3, 1])
    expect(caller.call('random_get', 8192, 3)).toBe('success')
    expect([...caller.bytes.subarray(8192, 8196)]).toEqual([7, 7, 7, 0])
    expect(caller.call('fd_sync', 99)).toBe('success')
  })

  test('lets the third write fail, and counts', () => {
    let writes = 0
    const caller = guest({ fd_write: (_, proceed) => (++writes === 3 ? 'io' : proceed()) })
    expect(['a', 'b', 'c', 'd'].map((letter) => caller.write(1, letter))).toEqual([
      'success',
      'success',
      'io',
      'success',
    ])
    expect([text(caller.wasi.stdout), writes]).toEqual(['abd', 4])
  })

  test('alters arguments: a path, flags, a number', () => {
    const caller = guest({
      path_open: (call, proceed) =>
        proceed({ path: `${call.args.path}.txt`, oflags: [], fs_rights_base: ['fd_read', 'fd_seek'] }),
      fd_seek: (call, proceed) => proceed({ offset: call.args.offset + 1n, whence: 'set' }),
    })
    expect(caller.open(FOLDER, 'in', { oflags: 1 })).toBe(4)
    expect(caller.call('fd_seek', 4, 1n, 2, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBe(2n)
    expect(caller.read(4)).toBe('llo')
  })

  test('alters results of a call that has happened', () => {
    const caller = guest({
      fd_tell: async (_, proceed) => {
        const result = await proceed()
        return typeof result === 'string' ? result : { offset: result.offset + 40n }
      },
      fd_filestat_get: (_, proceed) => {
        const result = proceed()
        if (typeof result === 'string' || 'then' in result) throw new Error('it does not wait')
        return { buf: { ...result.buf, size: 77n, mtim: 0n } }
      },
    })
    const fd = caller.open(FOLDER, 'in.txt', { rights: ALL_ACCESS }) as number
    expect(caller.call('fd_filestat_get', fd, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT + 32, true)).toBe(77n)
    return expect(
      caller.suspend('fd_tell', fd, OUT).then((errno) => [errno, caller.view.getBigUint64(OUT, true)]),
    ).resolves.toEqual(['success', 40n])
  })

  test('replaces what is written, without touching the guest', () => {
    const caller = guest({
      fd_write: (call, proceed) => {
        const shout = utf8(text(call.memory.gather(call.args.iovs)).toUpperCase())
        const reply = proceed({ iovs: [shout, utf8('!'), { ptr: 8192, length: 1 }] })
        return typeof reply === 'string' ? reply : { nwritten: shout.length }
      },
    })
    expect(caller.write(1, 'heddle')).toBe('success')
    expect(text(caller.wasi.stdout)).toBe('HEDDLE!h')
    expect([caller.text(8192, 6), caller.view.getUint32(OUT, true)]).toEqual(['heddle', 6])
  })

  test('gives what is read, as far as the buffers reach', () => {
    const caller = guest({
      fd_read: ({ memory, args }) => ({ nread: memory.scatter(args.iovs, utf8('from the host')) }),
    })
    expect(caller.read(0, 8)).toBe('from the')
    expect(caller.read(0)).toBe('from the host')
  })

  test('is told of what is written to the memory, as those who save it are', () => {
    const caller = guest({
      random_get: ({ memory, args }) => {
        memory.write(args.buf, new Uint8Array(2))
        return 'success'
      },
    })
    caller.call('random_get', 8192, 2)
    expect(caller.written).toEqual([[8192, 2]])
  })

  test('of a name stands in front of its function, and that of * in front of all others, in both dialects', () => {
    const seen: string[] = []
    const interpose: Interposers = {
      sched_yield: (_, proceed) => {
        seen.push('own')
        return proceed()
      },
      '*': (call, proceed) => {
        seen.push(`${call.module}.${call.name}`)
        return proceed()
      },
    }
    for (const caller of [new Caller({ interpose }), new Caller({ interpose }, UNSTABLE)]) {
      caller.call('sched_yield')
      caller.call('fd_close', 9)
    }
    expect(seen).toEqual(['own', 'wasi_snapshot_preview1.fd_close', 'own', 'wasi_unstable.fd_close'])
  })

  test.each(FUNCTION_NAMES)('that only proceeds changes nothing: %s', async (name) => {
    const outcomes = await Promise.all(
      [{}, { '*': (_: unknown, proceed: () => never) => proceed() }].map(async (interpose) => {
        const caller = guest(interpose as Interposers, {
          args: ['a'],
          env: { B: 'c' },
          random: (bytes) => void bytes.fill(1),
        })
        const fd = caller.open(FOLDER, 'in.txt', { rights: ALL_ACCESS }) as number
        const code = await callAny(caller, name, fd)
        return [code, Buffer.from(caller.bytes).toString('latin1')]
      }),
    )
    expect(outcomes[1]).toEqual(outcomes[0])
  })
})

/** With an argument for each parameter that comes near to a good one. */
async function callAny(caller: Caller, name: FunctionName, fd: number): Promise<unknown> {
  caller.iovec(8192, 64)
  const args = functionType(name).params.map(([param, type]) => {
    if (typeof type !== 'string') return 2048
    if (type === 'string') return param === 'new_path' ? 'new' : 'in.txt'
    if (type === 'fd')
      return param === 'to' ? fd : functionType(name).params.some(([, each]) => each === 'string') ? FOLDER : fd
    if (type.endsWith('iovec_array')) return [64, 1]
    if (type === 'size') return 1
    return ['filesize', 'filedelta', 'timestamp', 'rights', 'dircookie'].includes(type) ? 1n : 0
  })
  try {
    return await caller.functions[name](...caller.lower([...args.flat(), OUT, OUT + 16]))
  } catch (error) {
    return String(error)
  }
}

describe('what an interposer hands on is checked', () => {
  test.each<[string, Interposers, FunctionName, readonly (number | bigint)[]]>([
    ['a pointer outside', { random_get: (_, proceed) => proceed({ buf: 0xfffffff0 }) }, 'random_get', [0, 1]],
    ['a length outside', { random_get: (_, proceed) => proceed({ buf_len: 0x7fffffff }) }, 'random_get', [0, 1]],
    ['a misaligned pointer', { poll_oneoff: (_, proceed) => proceed({ in: 4 }) }, 'poll_oneoff', [0, 512, 1, OUT]],
    [
      'a buffer outside',
      { fd_read: (_, proceed) => proceed({ iovs: [{ ptr: 0x7fffffff, length: 1 }] }) },
      'fd_read',
      [0, 64, 0, OUT],
    ],
    [
      'what it reads of the memory',
      { fd_close: ({ memory }) => (memory.read(2 ** 40, 1).length === 1 ? 'success' : 'io') },
      'fd_close',
      [1],
    ],
    [
      'what it writes to the memory',
      {
        fd_close: ({ memory }) =>
          memory.scatter([{ ptr: -1, length: 1 }], new Uint8Array(1)) === 1 ? 'success' : 'io',
      },
      'fd_close',
      [1],
    ],
  ])('%s answers EFAULT', (_, interpose, name, args) => {
    const caller = guest(interpose, { random: (bytes) => void bytes.fill(1) })
    const before = caller.bytes.slice()
    expect(caller.call(name, ...args)).toBe('fault')
    expect(Buffer.compare(caller.bytes, before)).toBe(0)
  })

  test('a path as the guest’s would be', () => {
    const paths = ['a\0b', 'x'.repeat(5000), '../in.txt']
    const outcomes = paths.map((path) => guest({ path_open: (_, proceed) => proceed({ path }) }).open(FOLDER, 'in.txt'))
    expect(outcomes).toEqual(['ilseq', 'nametoolong', 'perm'])
  })

  test('a call with bad pointers is answered before it is asked', () => {
    let asked = 0
    const caller = guest({ '*': (_, proceed) => (++asked > 0 ? proceed() : 'io') })
    expect(caller.call('fd_fdstat_get', 1, 0xfffffff8)).toBe('fault')
    expect(asked).toBe(0)
  })
})

describe('an interposer that fails', () => {
  test('ends the run with its error', () => {
    const error = new Error('mine')
    const caller = guest({
      fd_close: () => {
        throw error
      },
    })
    expect(() => caller.call('fd_close', 1)).toThrow(error)
  })

  test('ends it so too by a promise', async () => {
    const caller = guest({ fd_close: () => Promise.reject(new Error('later')) })
    await expect(caller.suspend('fd_close', 1)).rejects.toThrow('later')
  })

  test('with a WasiError gives that errno', () => {
    const caller = guest({
      fd_close: () => {
        throw new WasiError('dquot')
      },
    })
    expect(caller.call('fd_close', 1)).toBe('dquot')
  })

  // What the types forbid is said at run time, too.
  test.each<[string, object, FunctionName, readonly (number | bigint | string)[], string]>([
    [
      'nothing',
      { fd_close: () => undefined },
      'fd_close',
      [1],
      'the interposer of fd_close gave undefined, neither an errno nor results',
    ],
    ['no errno', { fd_close: () => 'EACCES' }, 'fd_close', [1], 'gave "EACCES", which is no errno'],
    ['no results', { fd_tell: () => 'success' }, 'fd_tell', [1, OUT], 'it has to give { offset }'],
    [
      'results of another kind',
      { fd_tell: () => ({ offset: 1 }) },
      'fd_tell',
      [1, OUT],
      'result offset of fd_tell, a filesize, must be a bigint of 64 bits, not 1',
    ],
    [
      'too large a result',
      { fd_write: () => ({ nwritten: 2 ** 32 }) },
      'fd_write',
      [1, 64, 0, OUT],
      'must be a whole number of 32 bits, not 4294967296',
    ],
    [
      'an unknown tag',
      { fd_prestat_get: () => ({ buf: { tag: 'file' } }) },
      'fd_prestat_get',
      [3, OUT],
      'must be one of dir, not "file"',
    ],
    [
      'an unknown parameter',
      { fd_close: (_: unknown, proceed: (changes: object) => never) => proceed({ df: 1 }) },
      'fd_close',
      [1],
      'fd_close has no parameter "df"',
    ],
    [
      'an unknown flag',
      { path_open: (_: unknown, proceed: (changes: object) => never) => proceed({ oflags: ['create'] }) },
      'path_open',
      [3, 0, 'x', 0, 0n, 0n, 0, OUT],
      'there is no flag "create"',
    ],
    [
      'bytes where the guest reads',
      { fd_read: (_: unknown, proceed: (changes: object) => never) => proceed({ iovs: [new Uint8Array(1)] }) },
      'fd_read',
      [0, 64, 0, OUT],
      'goes to buffers of its own',
    ],
  ])('by giving %s is told what is wrong', (_, interpose, name, args, message) => {
    expect(() => guest(interpose as Interposers).call(name, ...args)).toThrow(message)
  })

  test('is refused where there is no such function, or it is none', () => {
    expect(() => guest({ fd_wirte: () => 'io' } as unknown as Interposers)).toThrow(
      'no function of WASI called "fd_wirte"',
    )
    expect(() => guest({ fd_write: 'io' } as unknown as Interposers)).toThrow('fd_write is "io", not a function')
  })
})

describe('an interposer that waits', () => {
  test('suspends the guest, and the call happens when it proceeds', async () => {
    const log: string[] = []
    const caller = guest({
      fd_write: async (_, proceed) => {
        await Promise.resolve()
        log.push(`before ${caller.wasi.stdout.length}`)
        const reply = await proceed()
        log.push(`behind ${caller.wasi.stdout.length}`)
        return reply
      },
    })
    caller.bytes.set(utf8('hi'), 8192)
    expect(await caller.suspend('fd_write', 1, ...caller.iovec(8192, 2), OUT)).toBe('success')
    expect(log).toEqual(['before 0', 'behind 2'])
  })

  test('does nothing more once nobody waits for the call', async () => {
    let go = (): void => undefined
    const started = new Promise<void>((resolve) => {
      go = resolve
    })
    const caller = guest({
      fd_write: async (_, proceed) => {
        await started
        return proceed()
      },
    })
    caller.bytes.set(utf8('hi'), 8192)
    const waiting = caller.functions.fd_write(1, ...caller.iovec(8192, 2), OUT)
    caller.wasi.abandon(waiting as Promise<number>)
    go()
    await setImmediate()
    expect(caller.wasi.stdout).toHaveLength(0)
  })

  test('can’t proceed when the call is over', () => {
    let late: (() => unknown) | undefined
    const caller = guest({
      fd_close: (_, proceed) => {
        late = proceed
        return 'badf'
      },
    })
    caller.call('fd_close', 1)
    expect(() => late?.()).toThrow("fd_close is over: its interposer can't proceed any more")
  })

  test('may proceed several times', () => {
    const caller = guest({ fd_write: (_, proceed) => (proceed() === 'io' ? 'io' : proceed()) })
    caller.write(1, 'ab')
    expect(text(caller.wasi.stdout)).toBe('abab')
  })
})

test('the trace shows what the guest saw, and that somebody stood between', () => {
  const lines: string[] = []
  const caller = guest(
    { path_open: () => 'acces', proc_exit: (_, proceed) => proceed({ rval: 5 }) },
    { trace: (call) => void lines.push(formatCall({ ...call, duration: 0n })) },
  )
  caller.open(FOLDER, 'in.txt')
  caller.call('sched_yield')
  expect(() => caller.call('proc_exit', 3)).toThrow('the program exited with 5')
  expect(lines).toEqual([
    'path_open(3, 0, "in.txt", 0, 0, 0, 0) = EACCES (permission denied) (interposed) <0.000000>',
    'sched_yield() = 0 <0.000000>',
    'proc_exit(3) = ? (interposed) <0.000000>',
  ])
})

test('the trace shows pointers where there is not what was said', () => {
  const lines: string[] = []
  const caller = guest(
    { fd_readdir: () => ({ bufused: 64 }), args_get: () => 'success', poll_oneoff: () => ({ nevents: 1 }) },
    { args: ['a', 'b'], trace: (call) => void lines.push(formatCall({ ...call, duration: 0n })) },
  )
  caller.bytes.fill(0xee, 2048, 4096)
  caller.call('fd_readdir', FOLDER, 2048, 64, 0n, OUT)
  caller.call('args_get', 2048, 0)
  caller.call('poll_oneoff', 512, 2048, 1, OUT)
  expect(lines.map((line) => line.replace(/ = .*/, ''))).toEqual([
    'fd_readdir(3, 0x800, 64, 0)',
    'args_get(["", ""], 0x0)',
    expect.stringMatching(/^poll_oneoff\(\[\{userdata=0, .*\], 0x800, 1\)$/),
  ])
})

test('the types know arguments and results by the function’s name', () => {
  const interpose: Interposers = {
    // @ts-expect-error Results have the names of the table.
    clock_time_get: () => ({ now: 0n }),
    // @ts-expect-error No errno is called so.
    fd_close: () => 'EBADF',
    // @ts-expect-error Functions without a path have none.
    fd_sync: (call) => (call.args.path === '' ? 'io' : 'success'),
    // @ts-expect-error A descriptor is a number.
    fd_datasync: (_, proceed) => proceed({ fd: '1' }),
    '*': (call, proceed) =>
      call.name === 'path_rename' && call.args.new_path === call.args.old_path ? 'inval' : proceed(),
  }
  // @ts-expect-error There is no such function.
  const misspelt: Interposers = { fd_wirte: () => 'io' }
  expect(Object.keys({ ...interpose, ...misspelt })).toHaveLength(6)
})
