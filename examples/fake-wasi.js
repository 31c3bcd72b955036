// WASI by hand: the functions that hello.wasm imports, each faked in a few lines, and watched as they are called. A pointer is a number,
// a string is a pointer and a length, a result goes to where the last argument points, and what a function returns is an errno.
//
//   npm run build && node examples/fake-wasi.js

import { readFileSync } from 'node:fs'
import { Engine } from 'heddle'

const args = ['hello.wasm', 'heddle', 'world']
const encoded = args.map((arg) => new TextEncoder().encode(`${arg}\0`))
const SUCCESS = 0
const CHARACTER_DEVICE = 2

const fakes = {
  args_sizes_get({ memory }, count, size) {
    memory.view.setUint32(count, encoded.length, true)
    memory.view.setUint32(
      size,
      encoded.reduce((sum, { length }) => sum + length, 0),
      true,
    )
    return SUCCESS
  },

  // argv is an array of pointers into the buffer, which holds the strings one after the other.
  args_get({ memory }, argv, buffer) {
    for (const [i, bytes] of encoded.entries()) {
      memory.view.setUint32(argv + i * 4, buffer, true)
      buffer += memory.write(buffer, bytes)
    }
    return SUCCESS
  },

  fd_fdstat_get({ memory }, fd, stat) {
    memory.bytes.fill(0, stat, stat + 24)
    memory.bytes[stat] = CHARACTER_DEVICE
    return SUCCESS
  },

  // An iovec is a pointer and a length. Whoever fakes a function may do as he likes: this one shouts.
  fd_write({ memory, string }, fd, iovecs, count, written) {
    let total = 0
    for (let i = 0; i < count; i++) {
      const pointer = memory.view.getUint32(iovecs + i * 8, true)
      const length = memory.view.getUint32(iovecs + i * 8 + 4, true)
      process.stdout.write(string(pointer, length).toUpperCase())
      total += length
    }
    memory.view.setUint32(written, total, true)
    return SUCCESS
  },

  fd_seek: () => SUCCESS,
  fd_close: () => SUCCESS,
  proc_exit(_context, code) {
    throw new Error(`the program ended with ${code}`)
  },
}

/** The same functions, which tell when they are called. */
const watched = Object.fromEntries(
  Object.entries(fakes).map(([name, fake]) => [
    name,
    (context, ...values) => {
      console.log(`${name}(${values.join(', ')})`)
      return fake(context, ...values)
    },
  ]),
)

const module = new Engine().compile(readFileSync(new URL('c/hello.wasm', import.meta.url)))
console.log(`it imports ${module.imports.map(({ name }) => name).join(', ')}`)
const instance = await module.instantiate({ wasi_snapshot_preview1: watched })
instance.exports._start()
