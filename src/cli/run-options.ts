// The options of `heddle run`, as data.

import { COLOR, FEATURES, JSON_OUTPUT, QUIET, VERBOSE, type OptionSpec } from './command.ts'

export const INVOKE: OptionSpec = { name: '--invoke', short: 'i', value: 'FUNC', help: 'call this exported function' }
export const ARGS: OptionSpec = {
  name: '--args',
  short: 'a',
  value: 'A…',
  many: true,
  help: 'its arguments: 1 -1 0x10 1.5 nan nan:0x1 inf null i32x4:1,2,3,4; they may stand behind FILE, too',
}
export const DIR: OptionSpec = {
  name: '--dir',
  value: 'HOST[::GUEST][:ro|overlay]',
  help: 'a folder for the guest, to read and write; with :ro to read, with :overlay its changes are kept in memory. With --deterministic it gets a read-only copy',
}
export const MAPDIR: OptionSpec = {
  name: '--mapdir',
  aliases: ['--map-dir'],
  value: 'GUEST::HOST[:ro|overlay]',
  help: 'the same, as other engines write it',
}
export const TMPFS: OptionSpec = {
  name: '--tmpfs',
  value: 'GUEST',
  help: 'an empty folder that the guest can write; gone afterwards',
}
export const TAR: OptionSpec = {
  name: '--tar',
  value: 'FILE[::GUEST]',
  help: 'a folder with the files of a tar file, by default as /; what the guest changes is gone afterwards',
}
export const TAR_OUT: OptionSpec = {
  name: '--tar-out',
  value: 'FILE[::GUEST]',
  help: 'write that folder to a tar file after the run, however it ends; both may be .tar.gz',
}
export const TCPLISTEN: OptionSpec = {
  name: '--tcplisten',
  value: 'HOST:PORT',
  help: 'a port where the guest accepts connections: its descriptor follows those of the folders (3 without any); port 0 is any that is free',
}
export const ENV: OptionSpec = {
  name: '--env',
  value: 'K[=V]',
  help: "a variable; without a value it gets that of heddle's own",
}
export const INHERIT_ENV: OptionSpec = { name: '--inherit-env', help: 'all variables' }
export const ARGV0: OptionSpec = { name: '--argv0', value: 'NAME', help: "the program's name, by default FILE's" }
export const FUEL: OptionSpec = { name: '--fuel', value: 'N', help: 'stop after N instructions (exit code 125)' }
export const TIMEOUT: OptionSpec = { name: '--timeout', value: '2s', help: 'stop after that time (exit code 124)' }
export const MAX_MEMORY: OptionSpec = { name: '--max-memory', value: '64MiB', help: 'all linear memories together' }
export const MAX_STACK: OptionSpec = {
  name: '--max-stack',
  value: 'N',
  help: 'nested calls; or bytes of the stack, with a unit: 64MiB',
}
export const MAX_TABLE: OptionSpec = { name: '--max-table', value: 'N', help: 'elements of all tables together' }
export const MAX_HEAP: OptionSpec = {
  name: '--max-heap',
  value: '64MiB',
  help: 'structures, arrays, exceptions and continuations together',
}
export const STRACE: OptionSpec = {
  name: '--strace',
  value: 'FILE',
  optional: true,
  help: 'print each call of a WASI function, on stderr or to the file',
}
export const TRACE: OptionSpec = {
  name: '--trace',
  value: 'wasi,host',
  help: 'what is printed so: calls of WASI functions, calls of the functions of --imports, or both',
}
export const TRACE_FORMAT: OptionSpec = {
  name: '--trace-format',
  value: 'text|json|chrome',
  help: 'lines as strace has them; a JSON object a line; or what chrome://tracing and Perfetto open',
}
export const TRACE_BYTES: OptionSpec = {
  name: '--trace-bytes',
  value: 'N',
  help: 'bytes of what a call writes or reads that are in the trace; 32 by default',
}
export const UNKNOWN_IMPORTS: OptionSpec = {
  name: '--unknown-imports',
  value: 'trap|default|log',
  help: 'let missing functions trap when called, or answer with zeros, or be noted as well',
}
export const PRELOAD: OptionSpec = {
  name: '--preload',
  value: 'NAME=FILE',
  help: 'instantiate FILE first; its exports can be imported from NAME',
}
export const IMPORTS: OptionSpec = {
  name: '--imports',
  value: 'FILE',
  help: "what the program imports, from an ECMAScript module: export default { env: { f(ctx) {} } }; heddle stub writes one. Functions of WASI that are in it replace heddle's, and those of its export interpose stand in front of them",
}
export const TIER: OptionSpec = { name: '--tier', value: 'auto|interpret', help: 'how code is executed' }
export const PROFILE: OptionSpec = {
  name: '--profile',
  value: 'full|deterministic',
  help: 'deterministic: arithmetic gives canonical NaNs, the same on every machine',
}

export const DETERMINISTIC: OptionSpec = {
  name: '--deterministic',
  value: 'SEED',
  optional: true,
  help: 'the same run on every machine: virtual time, random numbers from the seed (0), canonical NaNs; folders are read-only copies; fuel is counted',
}
export const RECORD: OptionSpec = {
  name: '--record',
  value: 'FILE',
  help: 'write what the program is given from outside to FILE',
}
export const REPLAY: OptionSpec = {
  name: '--replay',
  value: 'FILE',
  help: 'do a recorded run again, without its files, clocks and input; stop where it goes another way',
}

export const SNAPSHOT: OptionSpec = {
  name: '--snapshot',
  value: 'FILE',
  help: 'write the program there where it stops, with its modules: --resume goes on, on any machine',
}
export const SNAPSHOT_ON: OptionSpec = {
  name: '--snapshot-on',
  value: 'fuel,timeout,interrupt,trap,exit',
  help: 'what it stops on: interrupt is Ctrl-C; trap is as before the instruction that traps, and makes all slow; exit is as the program has ended. By default interrupt, with fuel and timeout where they are limited, else with trap',
}
export const RESUME: OptionSpec = {
  name: '--resume',
  help: 'FILE is a snapshot: go on. Fuel, time, limits and folders are those of this time',
}

/** `-v HOST:GUEST` is `--dir`. */
const VERBOSE_OR_DIR: OptionSpec = {
  ...VERBOSE,
  short: 'v',
  or: { name: DIR.name, pattern: /^[^-].*:./s },
  help: 'more on stderr; in front of HOST:GUEST it means --dir',
}

export const RUN_OPTIONS: readonly OptionSpec[] = [
  INVOKE,
  ARGS,
  DIR,
  MAPDIR,
  TMPFS,
  TAR,
  TAR_OUT,
  TCPLISTEN,
  ENV,
  INHERIT_ENV,
  ARGV0,
  FUEL,
  TIMEOUT,
  MAX_MEMORY,
  MAX_STACK,
  MAX_TABLE,
  MAX_HEAP,
  STRACE,
  TRACE,
  TRACE_FORMAT,
  TRACE_BYTES,
  UNKNOWN_IMPORTS,
  PRELOAD,
  IMPORTS,
  TIER,
  PROFILE,
  DETERMINISTIC,
  RECORD,
  REPLAY,
  SNAPSHOT,
  SNAPSHOT_ON,
  RESUME,
  FEATURES,
  JSON_OUTPUT,
  QUIET,
  VERBOSE_OR_DIR,
  COLOR,
]
