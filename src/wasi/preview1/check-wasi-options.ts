// What embedders may hand in as options of a Wasi, for those whom no compiler tells: a folder's path where a file system belongs, or a
// listener that is none, must not silently grant or show something else.

import { UsageError } from '../../errors/heddle-error.ts'
import { isBytes } from '../../errors/is-bytes.ts'
import { quoted } from '../../errors/quote.ts'
import type { WasiOptions } from './wasi.ts'

/** Throws a UsageError for the first option whose value can't be meant. The names of options have been checked. */
export function checkWasiOptions(options: WasiOptions): void {
  for (const [name, [isValid, wanted]] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof WasiOptions]
    if (value !== undefined && !isValid(value)) throw new UsageError(`${name} must be ${wanted}, not ${shown(value)}`)
  }
  for (const [name, folder] of Object.entries(options.preopens ?? {})) {
    if (!isFolder(folder)) throw new UsageError(`preopens: ${quoted(name)} must be ${FOLDER}, not ${shown(folder)}`)
  }
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (typeof value !== 'string') throw new UsageError(`env: ${quoted(name)} must be a text, not ${shown(value)}`)
  }
}

type Check = readonly [isValid: (value: unknown) => boolean, wanted: string]

const FOLDER = `a tree ({ '/in.txt': 'text' }) or a file system (HostFileSystem of heddle/node for a folder of this machine)`
const OUTPUT: Check = [(value) => isFunction(value) || has(value, 'write'), 'a function that takes bytes, or { write }']

const CHECKS: Readonly<Partial<Record<keyof WasiOptions, Check>>> = {
  args: [Array.isArray, "an array of texts, such as ['program', 'in.txt']"],
  env: [isPlain, "an object with variables, such as { LANG: 'C' }"],
  stdin: [
    (value) => typeof value === 'string' || isBytes(value) || isFunction(value) || has(value, 'read'),
    'a text, bytes, a function that gives bytes, or { read }',
  ],
  stdout: OUTPUT,
  stderr: OUTPUT,
  fs: [isFolder, FOLDER],
  preopens: [isPlain, "an object with folders by the program's names for them, such as { '/data': … }"],
  sockets: [
    (value) => Array.isArray(value) && value.every((each) => has(each, 'accept') || has(each, 'receive')),
    'an array of listeners ({ accept, close }) and sockets ({ receive, send, shutdown, close })',
  ],
  clock: [(value) => has(value, 'now') && !isFunction(value), 'a WasiClock ({ now(id) }), such as nodeHost().clock'],
  random: [isFunction, 'a function that fills the bytes it gets, such as nodeHost().random'],
  trace: [
    (value) => isFunction(value) || has(value, 'begin') || has(value, 'end'),
    "a function, or { begin, end } (of run 'wasi', too)",
  ],
}

function isFolder(value: unknown): boolean {
  return has(value, 'openRoot') || isPlain(value)
}

/** Made by braces, in whatever realm, or without a prototype. */
function isPlain(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function has(value: unknown, method: string): boolean {
  return (
    (typeof value === 'object' || isFunction(value)) && isFunction((value as Record<string, unknown> | null)?.[method])
  )
}

function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value).replace('object ', '')
  return typeof value === 'function' ? 'a function' : String(value)
}
