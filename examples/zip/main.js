// A C program that counts the words of files that are in a zip file, one of them through a symbolic link.

import { readFileSync } from 'node:fs'
import { run } from 'heddle'
import { ZipFileSystem } from './zip-file-system.js'

const read = (path) => readFileSync(new URL(path, import.meta.url))
const texts = new ZipFileSystem(read('texts.zip'))
const { stdout } = await run(read('../c/words.wasm'), { args: ['link.txt', 'stored.txt'], fs: texts })
process.stdout.write(stdout)
