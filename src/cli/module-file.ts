// Modules from files and standard input: binary or text, whichever it is.

import { closeSync, openSync } from 'node:fs'
import { FEATURE_NAMES, MODULE_LIMITS, ModuleError, nearest, quoted, type Engine, type Module } from '../index.ts'
import { readToEnd } from '../node/index.ts'
import { decodeModule, parseWat, wat2wasm, type Module as ModuleSyntax } from '../wat.ts'
import { FEATURES } from './command.ts'
import { CliError, EXIT_MODULE, fileError } from './failure.ts'

/** No module is larger, and devices have no end. */
const MAX_FILE_BYTES = MODULE_LIMITS.moduleBytes

const MAGIC = [0, 0x61, 0x73, 0x6d]
const SNAPSHOT_MAGIC = [0, 0x68, 0x64, 0x6c, 0x73, 0x6e, 0x61, 0x70]

/** What errors call a file. */
export function displayName(path: string): string {
  return path === '-' ? 'stdin' : path
}

/** The bytes of a file; `-` is standard input. */
export function readFile(path: string, limit: number = MAX_FILE_BYTES): Uint8Array {
  try {
    return path === '-' ? readToEnd(0, limit) : readNamed(path, limit)
  } catch (error) {
    throw fileError(displayName(path), error)
  }
}

function readNamed(path: string, limit: number): Uint8Array {
  const fd = openSync(path, 'r')
  try {
    return readToEnd(fd, limit)
  } finally {
    closeSync(fd)
  }
}

/** The bytes of a binary module; a text is translated. */
export function readBinary(path: string): Uint8Array {
  const bytes = readFile(path)
  return isText(path, bytes) ? translate(path, bytes) : bytes
}

function translate(path: string, bytes: Uint8Array): Uint8Array {
  if (/\.wast$/i.test(path)) {
    throw new CliError(`${path} is a script: run it with  heddle wast ${path}`, EXIT_MODULE)
  }
  return wat2wasm(bytes, { name: displayName(path) })
}

export function isBinary(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte)
}

/** By its content, and by its name where the content says nothing. */
function isText(path: string, bytes: Uint8Array): boolean {
  if (isBinary(bytes)) return false
  if (/\.(wat|wast)$/i.test(path)) return true
  const first = bytes.find((byte) => byte > 0x20)
  return (first === 0x28 || first === 0x3b) && !bytes.subarray(0, 1024).includes(0)
}

/** `a,-b,all`: what is named is on, with a minus off; later ones win. */
export function parseFeatures(text: string | undefined): Record<string, boolean> {
  const features: Record<string, boolean> = {}
  for (const item of (text ?? '').split(',').filter((part) => part !== '')) {
    const name = item.replace(/^-/, '')
    if (name !== 'all' && !FEATURE_NAMES.includes(name)) throw unknownFeature(name)
    for (const feature of name === 'all' ? FEATURE_NAMES : [name]) features[feature] = !item.startsWith('-')
  }
  return features
}

function unknownFeature(name: string): CliError {
  const meant = nearest(name, FEATURE_NAMES)
  const rest = meant === undefined ? `\nThere are: ${FEATURE_NAMES.join(', ')}` : `; did you mean ${meant}?`
  return new CliError(`${FEATURES.name}: there is no proposal ${quoted(name)}${rest}`)
}

/** A file that was read, and translated where it is a text. */
export interface Source {
  readonly path: string
  readonly text: Uint8Array | undefined
  readonly binary: Uint8Array
}

export function readSource(path: string): Source {
  const bytes = readFile(path)
  if (SNAPSHOT_MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new CliError(`${displayName(path)} is a snapshot: go on with  heddle run --resume ${path}`, EXIT_MODULE)
  }
  return isText(path, bytes)
    ? { path, text: bytes, binary: namingFile(path, () => translate(path, bytes)) }
    : { path, text: undefined, binary: bytes }
}

export function compileSource({ path, text, binary }: Source, engine: Engine): Module {
  return namingFile(path, () => (text === undefined ? engine.compile(binary) : compileText(path, text, binary, engine)))
}

/** Offsets in traps are those of the binary module; what is wrong with it is shown in the text. */
export function compileText(path: string, text: Uint8Array, binary: Uint8Array, engine: Engine): Module {
  try {
    return engine.compile(binary)
  } catch (error) {
    throw engine.check(parseWat(text, { name: displayName(path) })) ?? error
  }
}

/** What is wrong with a file's module, in its text where it is one. `checkMore` looks at a module with which nothing is. */
export function checkFile(
  path: string,
  engine: Engine,
  checkMore: (module: ModuleSyntax) => ModuleError | undefined = () => undefined,
): ModuleError | undefined {
  const bytes = readFile(path)
  const text = isText(path, bytes) ? parseWat(bytes, { name: displayName(path) }) : undefined
  return engine.check(text ?? bytes) ?? checkMore(text ?? decodeModule(bytes))
}

/** What is wrong with a module is told with the name of its file. */
export function namingFile<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ModuleError ? new CliError(describeError(path, error), EXIT_MODULE, { cause: error }) : error
  }
}

/** Errors in text have the file's name beside the line. */
export function describeError(path: string, error: ModuleError): string {
  const message = inOurTerms(error)
  return error.place.excerpt === undefined ? `${displayName(path)}: ${message}` : message
}

/** The message with the option that switches a proposal on, in place of that of the API. */
export function inOurTerms({ message, place }: ModuleError): string {
  const { proposal } = place
  if (proposal === undefined) return message
  return message.replace(`features: { '${proposal}': true }`, `${FEATURES.name} ${proposal}`)
}
