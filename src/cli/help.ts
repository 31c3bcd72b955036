// The text of `--help`, from the tables of commands and options.

import { HELP, type Command, type OptionSpec } from './command.ts'

const WIDTH = 100
const COLUMN = 30

export function commandHelp(command: Command): string {
  const usage = command.usage.map((line, i) => `${i === 0 ? 'Usage: ' : '       '}heddle ${line}`)
  const paragraphs = (command.notes ?? []).map((text) => `${wrap(text, WIDTH).join('\n')}\n`)
  return [
    `${command.summary}\n`,
    `${usage.join('\n')}\n`,
    `Options:\n${[...command.options, helpOption(command)].map(optionHelp).join('\n')}\n`,
    ...paragraphs,
    `Examples:\n${command.examples.map((line) => `  ${line}`).join('\n')}\n`,
  ].join('\n')
}

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `Heddle: a WebAssembly engine that you can see into and stop.

Usage: heddle [run] [options] FILE [args…]
       heddle COMMAND [options] FILE…

Commands:
${list.join('\n')}

FILE is a binary module, a text (.wat), or - for standard input.

Options:
  --version   print the version
  --help      print this; behind a command, what it takes

Examples:
  heddle examples/add.wasm --invoke add -a 1 2
  heddle run --help

Exit codes: the program's own; 134 trap, 130 interrupted, 125 out of fuel, 124 out of time, 2 usage, 1 a module
that can't be read or run.
`
}

function helpOption({ options }: Command): OptionSpec {
  return options.some(({ short }) => short === 'h') ? HELP : { ...HELP, short: 'h' }
}

function optionHelp({ short, name, aliases = [], value, optional, help }: OptionSpec): string {
  const names = [...(short === undefined ? [] : [`-${short}`]), name, ...aliases].join(', ')
  const suffix = value === undefined ? '' : optional === true ? `[=${value}]` : ` ${value}`
  const left = `  ${short === undefined ? '    ' : ''}${names}${suffix}`
  const lines = wrap(help, WIDTH - COLUMN)
  const [first = '', ...rest] = left.length + 2 > COLUMN ? ['', ...lines] : lines
  const head = first === '' ? left : left.padEnd(COLUMN) + first
  return [head, ...rest.map((line) => ' '.repeat(COLUMN) + line)].join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
