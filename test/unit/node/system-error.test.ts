// Errors of the system, as a guest sees them: every code that Node or the system knows.

import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { describe, expect, it } from 'vitest'
import { system, toWasiError } from '../../../src/node/system-error.ts'
import { ERRNO_NAMES, WasiError } from '../../../src/wasi/preview1/errno.ts'

function errnoOf(code: string): string {
  const error = Object.assign(new Error(code), { code, syscall: 'open' })
  return (toWasiError(error) as WasiError).errno
}

const codes = new Set([...[...getSystemErrorMap().values()].map(([name]) => name), ...Object.keys(constants.errno)])

describe('an error of the system', () => {
  it('has the code of preview 1 that has its name', () => {
    const named = [...codes].filter((code) => (ERRNO_NAMES as readonly string[]).includes(code.slice(1).toLowerCase()))
    expect(named.length).toBeGreaterThan(70)
    expect(named.filter((code) => errnoOf(code) !== code.slice(1).toLowerCase())).toEqual([])
  })

  it('without such a code is the nearest one, or EIO', () => {
    const others = [...codes].filter(
      (code) => !(ERRNO_NAMES as readonly string[]).includes(code.slice(1).toLowerCase()),
    )
    const unknown = others.filter((code) => errnoOf(code) === 'io' && !code.startsWith('EAI_'))
    // Streams, name servers, and what only Windows or other systems have.
    const expected = ['ENONET', 'ENOSR', 'ENOSTR', 'EOF', 'EREMOTEIO', 'ETIME', 'EUNATCH', 'UNKNOWN']
    expect(unknown.filter((code) => !code.startsWith('WSA') && !expected.includes(code))).toEqual([])
    expect(['EWOULDBLOCK', 'EOPNOTSUPP', 'ECHARSET'].map(errnoOf)).toEqual(['again', 'notsup', 'ilseq'])
    expect(errnoOf('ESOMETHING')).toBe('io')
  })

  it('and whatever else a call of it throws, is an answer for the guest', () => {
    const outcome = (error: unknown): unknown => {
      try {
        return system(() => {
          throw error
        })
      } catch (thrown) {
        return thrown instanceof WasiError && thrown.errno
      }
    }
    const range = Object.assign(new RangeError('out of range'), { code: 'ERR_OUT_OF_RANGE' })
    expect([new WasiError('loop'), range, new TypeError('x'), 'text', undefined].map(outcome)).toEqual([
      'loop',
      'io',
      'io',
      'io',
      'io',
    ])
    expect(system(() => 7)).toBe(7)
  })
})
