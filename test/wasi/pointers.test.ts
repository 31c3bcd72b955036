// Whatever pointers and lengths a guest passes, it gets an errno and nothing has happened. Numbers are those of the
// adversarial checklist.

import { describe, expect, test } from 'vitest'
import { DIALECTS } from '../../src/wasi/preview1/dialect.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { guestMemory } from '../../src/wasi/preview1/memory.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { Caller, FOLDER, OUT } from './host.ts'
import { DATA, FILE, coreParams, prepare, prepared } from './prepared-calls.ts'

function badPointers(role: string, size: number): readonly number[] {
  const outside = [size, size + 8, 0x7ffffff8, 0x80000000, 0xfffffff8, -8]
  if (role === 'pointer u8') return outside
  return [...outside, size - 1, DATA + 1, 0xffffffff]
}

describe.each(DIALECTS)(
  'adversarial.md 62: a pointer that is out of bounds, wraps around or is misaligned ($module)',
  (dialect) => {
    const { functions } = dialect

    test('every function that takes a pointer is tried, and does something when all are good', () => {
      for (const name of functions.filter((each) => each !== 'proc_exit')) {
        const { caller } = prepare(dialect)
        const errno = caller.call(name, ...coreParams(name).map(({ value }) => value))
        expect([name, errno]).not.toEqual([name, 'fault'])
        if (prepared[name] !== undefined) expect([name, errno]).toEqual([name, 'success'])
      }
    })

    test.each(functions.filter((name) => coreParams(name).some(({ role }) => role.startsWith('pointer'))))(
      '%s answers EFAULT and changes nothing',
      (name) => {
        const params = coreParams(name)
        for (const [at, { role }] of params.entries()) {
          if (!role.startsWith('pointer')) continue
          for (const pointer of badPointers(role, 4 * 65536)) {
            const { caller, fs } = prepare(dialect)
            const before = { tree: fs.toTree(), memory: Buffer.from(caller.bytes) }
            const args = params.map(({ value }, i) => (i === at ? pointer : value))
            expect([at, pointer, caller.call(name, ...args)]).toEqual([at, pointer, 'fault'])
            expect(fs.toTree()).toEqual(before.tree)
            // Compared by Buffer: the runner's own comparison takes a second for this much memory.
            expect(before.memory.equals(caller.bytes)).toBe(true)
            expect(caller.wasi.stdout).toHaveLength(0)
            expect(caller.call('fd_tell', FILE, OUT)).toBe('success')
          }
        }
      },
    )

    const counted: readonly (readonly [name: FunctionName, args: readonly (number | bigint)[]])[] = [
      ['fd_readdir', [FOLDER, DATA, 0xffffffff, 0n, OUT]],
      ['fd_prestat_dir_name', [FOLDER, DATA, 0xffffffff]],
      ['random_get', [DATA, 0x80000000]],
      ['random_get', [0xfffffff0, 0x20]],
      ['poll_oneoff', [DATA, DATA, 0xffffffff, OUT]],
      ['poll_oneoff', [DATA, DATA, 1_000_000, OUT]],
      ['path_readlink', [FOLDER, DATA + 16, 1, DATA, 0xffffffff, OUT]],
      ['path_open', [FOLDER, 0, DATA, 0xffffffff, 0, 0n, 0n, 0, OUT]],
      ['path_rename', [FOLDER, DATA, 1, FOLDER, DATA, 0xffffffff]],
      ['fd_write', [1, DATA + 32, 0xffffffff, OUT]],
    ]

    test.each(counted)('%s with a length past the end answers EFAULT (%#)', (name, args) => {
      const { caller } = prepare(dialect)
      expect(caller.call(name, ...args)).toBe('fault')
    })

    test('lengths of zero are lengths', () => {
      const { caller } = prepare(dialect)
      expect(caller.call('random_get', 4 * 65536, 0)).toBe('success')
      expect(caller.call('fd_write', 1, DATA, 0, OUT)).toBe('success')
      expect(caller.call('fd_read', FILE, DATA, 0, OUT)).toBe('success')
      expect(caller.call('fd_readdir', FOLDER, DATA, 0, 0n, OUT)).toBe('success')
      expect(caller.call('path_open', FOLDER, 0, DATA, 0, 0, 0n, 0n, 0, OUT)).toBe('noent')
      expect(caller.call('poll_oneoff', DATA, DATA, 0, OUT)).toBe('inval')
    })
  },
)

describe('adversarial.md 61: lists of buffers', () => {
  function list(caller: Caller, buffers: readonly (readonly [ptr: number, length: number])[]): [number, number] {
    buffers.forEach(([ptr, length], i) => {
      caller.view.setUint32(65536 + 8 * i, ptr, true)
      caller.view.setUint32(65536 + 8 * i + 4, length, true)
    })
    return [65536, buffers.length]
  }

  const good = [DATA, 1] as const

  test.each(['fd_read', 'fd_write'] as const)('%s takes 1,024 and answers EINVAL to more', (name) => {
    const { caller } = prepare()
    expect(
      caller.call(
        name,
        FILE,
        ...list(
          caller,
          Array.from({ length: 1024 }, () => good),
        ),
        OUT,
      ),
    ).toBe('success')
    expect(
      caller.call(
        name,
        FILE,
        ...list(
          caller,
          Array.from({ length: 1025 }, () => good),
        ),
        OUT,
      ),
    ).toBe('inval')
  })

  test.each(['fd_read', 'fd_write', 'fd_pread', 'fd_pwrite'] as const)(
    '%s checks the last before it moves the first',
    (name) => {
      const { caller, fs } = prepare()
      const memory = caller.bytes.slice(DATA, DATA + 64)
      const offset = name.startsWith('fd_p') ? [0n] : []
      for (const bad of [
        [4 * 65536 - 1, 2],
        [0xffffffff, 1],
        [4 * 65536, 1],
        [0xfffffff0, 0x20],
        [0, 0xffffffff],
      ] as const) {
        expect(caller.call(name, FILE, ...list(caller, [good, good, bad]), ...offset, OUT)).toBe('fault')
      }
      expect(fs.read('/a')).toEqual(new Uint8Array(Buffer.from('content')))
      expect(caller.bytes.slice(DATA, DATA + 64)).toEqual(memory)
    },
  )

  test('a total that no result can hold is EINVAL', () => {
    const large = guestMemory({ buffer: new ArrayBuffer(8 * 2 ** 20) })
    const functions = new Wasi({ limits: { iovecs: 2 ** 20 } }).imports(() => large)
    for (let i = 0; i < 1024; i++) large.view.setUint32(8 * i + 4, 8 * 2 ** 20, true)
    expect(functions.fd_write(1, 0, 512, 8192)).toBe(28)
    expect(functions.fd_write(1, 0, 511, 8192)).toBe(0)
    // Cut short to the bytes of one call.
    expect(large.view.getUint32(8192, true)).toBe(64 * 2 ** 20)
  })

  test('overlapping buffers are filled in order', () => {
    const { caller } = prepare()
    expect(
      caller.call(
        'fd_read',
        FILE,
        ...list(caller, [
          [DATA, 4],
          [DATA + 2, 3],
        ]),
        OUT,
      ),
    ).toBe('success')
    expect(caller.text(DATA, 5)).toBe('coent')
    expect(caller.view.getUint32(OUT, true)).toBe(7)
  })
})

describe('adversarial.md 63: a memory that changes during a call', () => {
  test('what is read goes to the memory as it is then', () => {
    const caller: Caller = new Caller({
      stdin: () => {
        caller.memory.grow(1)
        return Buffer.from('late')
      },
    })
    expect(caller.read(0)).toBe('late')
  })

  test('random bytes too', () => {
    const caller: Caller = new Caller({
      random: (bytes) => {
        caller.memory.grow(1)
        bytes.fill(9)
      },
    })
    expect(caller.call('random_get', DATA, 70_000)).toBe('success')
    expect(caller.bytes.subarray(DATA, DATA + 70_000).every((byte) => byte === 9)).toBe(true)
    expect(caller.bytes[DATA + 70_000]).toBe(0)
  })
})
