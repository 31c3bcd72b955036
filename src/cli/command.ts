// What a command of the command line is: its options as data, from which parsing and `--help` derive, and a function.

import { OPTIONAL_FEATURES } from '../index.ts'

/** One option. Without `value` it is a flag. */
export interface OptionSpec {
  readonly name: `--${string}`
  /** One letter, as in `-i`. */
  readonly short?: string
  readonly aliases?: readonly `--${string}`[]
  /** What `--help` calls the value. */
  readonly value?: string
  /** The value stands behind `=` or is left out. */
  readonly optional?: true
  /** Takes everything that follows and looks like a number. */
  readonly many?: true
  /** The letter means another option where what follows it looks like that one's value. */
  readonly or?: { readonly name: `--${string}`; readonly pattern: RegExp }
  readonly help: string
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** What follows the name, a line each. */
  readonly usage: readonly string[]
  readonly options: readonly OptionSpec[]
  /** Paragraphs below the options. */
  readonly notes?: readonly string[]
  readonly examples: readonly string[]
  /** Gives the exit code. */
  readonly run: (args: readonly string[]) => number | Promise<number>
}

const OFF = OPTIONAL_FEATURES.join(', ')

export const HELP: OptionSpec = { name: '--help', help: 'print this' }
export const OUTPUT: OptionSpec = { name: '--output', short: 'o', value: 'FILE', help: 'write there instead of stdout' }
export const QUIET: OptionSpec = { name: '--quiet', short: 'q', help: 'no notes on stderr' }
export const VERBOSE: OptionSpec = { name: '--verbose', help: 'more on stderr' }
export const JSON_OUTPUT: OptionSpec = { name: '--json', help: 'print the result as JSON' }
export const COLOR: OptionSpec = {
  name: '--color',
  value: 'auto|always|never',
  help: 'colours on stderr; NO_COLOR is honoured',
}
export const FEATURES: OptionSpec = {
  name: '--features',
  value: 'a,-b,all',
  help: `switch proposals on and off, by the names of their repositories. All of WebAssembly 3.0 is on; off are ${OFF}`,
}
