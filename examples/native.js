// The system interface without the engine: Heddle's WASI under the host's own WebAssembly, which compiles and runs the program.

import { readFileSync } from 'node:fs'
import { Wasi, guestMemory } from 'heddle/wasi'

const program = readFileSync(new URL('c/words.wasm', import.meta.url))
const wasi = new Wasi({ args: ['words', 'in.txt'], fs: { '/in.txt': 'the warp and the weft' } })
const imports = { wasi_snapshot_preview1: wasi.imports(() => memory) }
const { instance } = await WebAssembly.instantiate(program, imports)
const memory = guestMemory(instance.exports.memory)
const exitCode = await wasi.start(instance.exports)
process.stdout.write(wasi.stdout)
process.stdout.write(`it exited with ${exitCode}, after ${wasi.calls.get('fd_read')} calls of fd_read\n`)
