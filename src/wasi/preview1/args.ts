// args_* and environ_*: lists of strings, each ended by NUL, and an array of pointers to them.
//
//   argv      ┌ptr₀┬ptr₁┬…      argv_buf  ┌p r o g \0 ┬ a r g 1 \0 ┬…

import { UsageError } from '../../errors/heddle-error.ts'
import type { Guest, Implementations } from './implementation.ts'
import { checkRegion, writeBytes } from './memory.ts'

type Names = 'args_get' | 'args_sizes_get' | 'environ_get' | 'environ_sizes_get'

export const argsFunctions: Pick<Implementations, Names> = {
  args_get(guest, argv, argv_buf) {
    writeStrings(guest, guest.program.args, argv, argv_buf)
  },
  args_sizes_get(guest) {
    return sizes(guest.program.args)
  },
  environ_get(guest, environ, environ_buf) {
    writeStrings(guest, guest.program.environ, environ, environ_buf)
  },
  environ_sizes_get(guest) {
    return sizes(guest.program.environ)
  },
}

function sizes(strings: readonly Uint8Array[]): [number, number] {
  return [strings.length, strings.reduce((total, { length }) => total + length, 0)]
}

function writeStrings(guest: Guest, strings: readonly Uint8Array[], pointers: number, buf: number): void {
  const memory = guest.memory()
  const [count, byteLength] = sizes(strings)
  checkRegion(memory, pointers, count * 4, 4)
  checkRegion(memory, buf, byteLength)
  const starts = new DataView(new ArrayBuffer(count * 4))
  let at = buf
  strings.forEach((string, i) => {
    starts.setUint32(4 * i, at, true)
    writeBytes(memory, at, string)
    at += string.length
  })
  writeBytes(memory, pointers, new Uint8Array(starts.buffer))
}

const ENCODER = new TextEncoder()

/** As the guest gets it, with the NUL; a NUL inside would cut it short unseen, so it is refused. */
export function encodeArgument(text: string): Uint8Array {
  if (text.includes('\0')) throw new UsageError(`an argument or variable contains NUL: ${JSON.stringify(text)}`)
  return ENCODER.encode(`${text}\0`)
}
