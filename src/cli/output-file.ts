// Where a command writes what it makes: to the file of `-o`, or to standard output; binary never to a terminal.

import { openSync, writeFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { printable, writeAll } from '../node/index.ts'
import { CliError, writingError } from './failure.ts'

export function writeBinary(path: string | undefined, bytes: Uint8Array): void {
  if (path !== undefined && path !== '-') writeFile(path, bytes)
  else if (isatty(1))
    throw new CliError('a binary module is nothing for a terminal: say where to write it with -o FILE')
  else writeAll(1, bytes)
}

/** Strings and names in a module can't steer the terminal. */
export function writeText(path: string | undefined, chunks: Iterable<string>): void {
  if (path !== undefined && path !== '-') {
    writeFile(path, Buffer.concat(Array.from(chunks, (chunk) => Buffer.from(chunk))))
    return
  }
  const terminal = isatty(1)
  for (const chunk of chunks) writeAll(1, terminal ? printable(chunk) : chunk)
}

function writeFile(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes)
  } catch (error) {
    throw writingError(path, error)
  }
}

export function openForWriting(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw writingError(path, error)
  }
}
