// Parses a command's arguments by its table of options: long and short, `--name=value`, values and flags, in any order.

import type { OptionSpec } from './command.ts'
import { CliError } from './failure.ts'
import { FOREIGN_OPTIONS } from './other-options.ts'

/** Thrown where `--help` stands, whatever else is wrong; `-h` says the same where it means nothing else. */
export class HelpWanted extends Error {}

/** What was given of the options, and everything else in order. */
export class Arguments {
  readonly positionals: string[] = []
  private readonly values = new Map<string, string[]>()

  add(name: string, value: string): void {
    const list = this.values.get(name)
    if (list === undefined) this.values.set(name, [value])
    else list.push(value)
  }

  has({ name }: Pick<OptionSpec, 'name'>): boolean {
    return this.values.has(name)
  }

  /** The last one given. */
  get({ name }: Pick<OptionSpec, 'name'>): string | undefined {
    return this.values.get(name)?.at(-1)
  }

  all({ name }: Pick<OptionSpec, 'name'>): readonly string[] {
    return this.values.get(name) ?? []
  }
}

interface ParseSettings {
  /** Stop behind the first argument that is no option. */
  readonly stopAtFirst?: boolean
}

/** Reads into `parsed`, and gives how many arguments that took. Throws a CliError for what the table doesn't know. */
export function parseArguments(
  args: readonly string[],
  options: readonly OptionSpec[],
  parsed: Arguments,
  { stopAtFirst = false }: ParseSettings = {},
): number {
  let at = 0
  while (at < args.length) {
    const arg = args[at++]!
    if (arg === '--') {
      parsed.positionals.push(...args.slice(at))
      return args.length
    }
    if (!isOption(arg)) {
      parsed.positionals.push(arg)
      if (stopAtFirst) return at
    } else if (arg.startsWith('--')) at += readLong(arg, args.slice(at), options, parsed)
    else at += readShort(arg, args.slice(at), options, parsed)
  }
  return at
}

/** `-` alone is standard input, and `-1`, `-.5`, `-inf` are numbers. */
function isOption(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-' && !looksLikeValue(arg)
}

/** What functions take: numbers, null, vectors. */
function looksLikeValue(arg: string): boolean {
  return /^[+-]?(\.?\d|nan(:0x[\da-f_]*)?$|inf(inity)?$)|^null$|^[if]\d+x\d+:/i.test(arg)
}

/** These give how many of the following arguments they took. */
function readLong(arg: string, rest: readonly string[], options: readonly OptionSpec[], parsed: Arguments): number {
  const equals = arg.indexOf('=')
  const name = equals < 0 ? arg : arg.slice(0, equals)
  const option = options.find((o) => o.name === name || o.aliases?.some((alias) => alias === name))
  if (option === undefined) throw unknownOption(name, options)
  return readValue(option, name, equals < 0 ? undefined : arg.slice(equals + 1), rest, parsed)
}

/** `-o FILE`, `-oFILE`, and several flags together: `-hx`. */
function readShort(arg: string, rest: readonly string[], options: readonly OptionSpec[], parsed: Arguments): number {
  for (let i = 1; i < arg.length; i++) {
    const letter = arg.charAt(i)
    const name = `-${letter}`
    const option = options.find(({ short }) => short === letter)
    if (option === undefined) throw unknownOption(name, options)
    if (option.or !== undefined && i === arg.length - 1 && option.or.pattern.test(rest[0] ?? '')) {
      parsed.add(option.or.name, rest[0]!)
      return 1
    }
    if (option.value === undefined) {
      parsed.add(option.name, '')
      continue
    }
    const attached = arg.slice(i + 1).replace(/^=/, '')
    return readValue(option, name, attached === '' ? undefined : attached, rest, parsed)
  }
  return 0
}

function readValue(
  option: OptionSpec,
  given: string,
  attached: string | undefined,
  rest: readonly string[],
  parsed: Arguments,
): number {
  if (option.value === undefined && attached !== undefined) throw new CliError(`${given} takes no value`)
  if (option.value === undefined || option.optional === true || attached !== undefined) {
    parsed.add(option.name, attached ?? '')
    return 0
  }
  if (option.many === true) {
    // The first one is meant as a value whatever it looks like: what it should have been is told by whoever knows.
    const end = rest.findIndex((arg, i) => (i === 0 ? isOption(arg) : !looksLikeValue(arg)))
    const taken = end < 0 ? rest : rest.slice(0, end)
    if (taken.length === 0) throw new CliError(`${given} needs a value: ${option.value}`)
    for (const value of taken) parsed.add(option.name, value)
    return taken.length
  }
  const [value] = rest
  if (value === undefined) throw new CliError(`${given} needs a value: ${option.value}`)
  parsed.add(option.name, value)
  return 1
}

function unknownOption(name: string, options: readonly OptionSpec[]): Error {
  if (name === '--help' || name === '-h') return new HelpWanted()
  const instead = FOREIGN_OPTIONS[name] ?? similar(name, options)
  return new CliError(`unknown option ${name}${instead === undefined ? '' : `: say ${instead}`}`)
}

const MIN_PREFIX = 5

/** The first option that begins like it. */
function similar(name: string, options: readonly OptionSpec[]): string | undefined {
  for (let length = name.length; length >= MIN_PREFIX; length--) {
    const found = options.find((option) => option.name.startsWith(name.slice(0, length)))
    if (found !== undefined) return found.name
  }
  return undefined
}
