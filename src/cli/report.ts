// Errors, traps and notes on stderr, with colours where they are wanted. Names out of a module can't steer the terminal.

import { isatty } from 'node:tty'
import { BrokenPipe, isSystemError, printable, writeAll } from '../node/index.ts'
import { DIALECTS } from '../wasi.ts'
import { HeddleError, InternalError, LinkError, Trap, UsageError, renderFrames } from '../index.ts'
import { CliError, EXIT_BROKEN_PIPE, EXIT_INTERNAL, EXIT_MODULE, EXIT_USAGE } from './failure.ts'

type Kind = 'error' | 'trap' | 'note'

const COLORS: Readonly<Record<Kind, string>> = { error: '\x1b[1;31m', trap: '\x1b[1;31m', note: '\x1b[1;36m' }

let colored = isatty(2) && (process.env['NO_COLOR'] ?? '') === ''

/** `auto`: on a terminal, unless NO_COLOR is set. */
export function setColor(when: string | undefined): void {
  if (when === 'always' || when === 'never') colored = when === 'always'
  else if (when !== undefined && when !== 'auto') throw new CliError(`--color is auto, always or never, not "${when}"`)
}

export function note(message: string): void {
  report('note', message)
}

export function reportTrap(trap: Trap): void {
  report('trap', trap.message)
  reportFrames(trap)
}

function reportFrames(trap: Trap): void {
  if (trap.frames.length > 0) writeAll(2, `${printable(renderFrames(trap.frames, trap.depth))}\n`)
}

function report(kind: Kind, message: string): void {
  const label = colored ? `${COLORS[kind]}${kind}:\x1b[0m` : `${kind}:`
  writeAll(2, `${label} ${printable(message)}\n`)
}

export function reportError(message: string): void {
  report('error', message)
}

/** Says what went wrong, and gives the exit code. */
export function reportFailure(error: unknown, help: string): number {
  if (error instanceof BrokenPipe) return EXIT_BROKEN_PIPE
  if (error instanceof CliError) {
    report('error', error.exitCode === EXIT_USAGE ? `${error.message}\n${help}` : error.message)
    return error.exitCode
  }
  if (error instanceof UsageError) {
    const hint = error.code === 'NOTHING_TO_RUN' ? '\nheddle FILE --invoke FUNC [args…]' : ''
    report('error', `${error.message}${hint}`)
    return EXIT_USAGE
  }
  if (error instanceof LinkError) {
    report('error', `the imports can't be satisfied\n${error.message}\n${importHints(error)}`)
    return EXIT_MODULE
  }
  if (error instanceof HeddleError && !(error instanceof InternalError)) {
    report('error', error.message)
    if (error.cause instanceof Trap) reportFrames(error.cause)
    return EXIT_MODULE
  }
  if (isSystemError(error)) {
    report('error', error.message)
    return EXIT_MODULE
  }
  const { stack, message } = error instanceof Error ? error : new Error(String(error))
  const text = error instanceof InternalError ? message : `internal error: ${message} (this is a bug in Heddle)`
  report('error', `${text}\n${stack ?? ''}`)
  return EXIT_INTERNAL
}

/** Names as they are in a command line that is fit to be copied: nothing that a shell, the option or a reader could take for something else. */
const SAFE_IN_SHELL = /^[\w./@:][\w./@:+-]{0,63}$/
const MAX_PRELOADS = 5

/** Options for each module, where they are few and have harmless names; else the option as such. */
function preloads(modules: readonly string[]): string {
  const canBeCopied = modules.length <= MAX_PRELOADS && modules.every((name) => SAFE_IN_SHELL.test(name))
  return (canBeCopied ? modules : ['NAME']).map((name) => `--preload ${name}=FILE`).join(' ')
}

/** The options that would provide what is missing. */
function importHints({ imports }: LinkError): string {
  const missing = imports.filter(({ reason }) => reason === 'unknown import')
  const functions = missing.filter(({ detail }) => detail.startsWith('func '))
  const hints: string[] = []
  if (functions.length > 0) {
    hints.push('--unknown-imports trap|default|log stands in for functions that are missing')
  }
  const modules = [...new Set(imports.map(({ module }) => module))].filter((name) => !name.startsWith('wasi_'))
  if (modules.length > 0) hints.push(`${preloads(modules)} takes them from what a module exports`)
  if (missing.length > 0) hints.push('--imports FILE takes them from a JavaScript module; heddle stub writes one')
  if (functions.some(({ module }) => DIALECTS.some((dialect) => dialect.module === module))) {
    hints.push("functions of WASI are known by name and type: one whose type isn't the standard's counts as unknown")
  }
  return hints.join('\n')
}
