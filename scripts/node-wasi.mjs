// Runs a program with node:wasi and a folder as its root: what Heddle is compared with. Imports that are unknown there trap when they are called.

import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'

const [module, folder, name, ...args] = process.argv.slice(2)
const compiled = new WebAssembly.Module(readFileSync(module))
const isUnstable = WebAssembly.Module.imports(compiled).some((entry) => entry.module === 'wasi_unstable')
const wasi = new WASI({
  version: isUnstable ? 'unstable' : 'preview1',
  args: [name, ...args],
  preopens: { '/': folder },
  returnOnExit: true,
})
const imports = wasi.getImportObject()
for (const { module: from, name: func } of WebAssembly.Module.imports(compiled)) {
  imports[from] ??= {}
  imports[from][func] ??= () => {
    throw new Error(`${func} is unknown`)
  }
}
process.exitCode = wasi.start(new WebAssembly.Instance(compiled, imports))
