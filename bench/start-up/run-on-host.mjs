// Runs a WASI program on the host's own WebAssembly and node:wasi: what the command line is compared with. Plain JavaScript, since
// a loader would count as start-up time.
//
//   node run-on-host.mjs FILE [FOLDER ARGS…]       the folder is the program's root

import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'

const [file, folder, ...args] = process.argv.slice(2)
const wasi = new WASI({
  version: 'preview1',
  args: [file, ...args],
  preopens: folder === undefined ? {} : { '/': folder },
  returnOnExit: false,
})
const module = await WebAssembly.compile(await readFile(file))

// What is no part of preview 1, some programs ask for and never call. Node knows `sock_accept` with another type than QuickJS does.
const imports = {}
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  const known = name === 'sock_accept' ? undefined : wasi.wasiImport[name]
  imports[from] ??= {}
  imports[from][name] =
    known ??
    (() => {
      throw new Error(`${from}.${name} was called`)
    })
}
wasi.start(await WebAssembly.instantiate(module, imports))
