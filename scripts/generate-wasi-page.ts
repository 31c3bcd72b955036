// docs/wasi-functions.md, from the tables of WASI's functions, types and dialects.

import { coreParams } from '../src/command/stub/wasi-stub.ts'
import { Abi } from '../src/wasi/preview1/abi.ts'
import { PREVIEW1, UNSTABLE, coreType, type Dialect } from '../src/wasi/preview1/dialect.ts'
import { ERRNO_NAMES, errnoLabel, errnoText } from '../src/wasi/preview1/errno.ts'
import { FUNCTION_NAMES, functionType, type FunctionName, type FunctionType } from '../src/wasi/preview1/functions.ts'
import type { WasiType } from '../src/wasi/preview1/types.ts'

/** What each does, in a line. */
const SUMMARIES: Readonly<Record<FunctionName, string>> = {
  args_get: 'Writes the arguments: strings that end in NUL, one behind the other, and pointers to them.',
  args_sizes_get: 'How many arguments there are, and how many bytes they take.',
  environ_get: 'Writes the variables as `NAME=value`, as `args_get` does the arguments.',
  environ_sizes_get: 'How many variables there are, and how many bytes they take.',
  clock_res_get: 'The resolution of a clock in nanoseconds.',
  clock_time_get: 'The time of a clock in nanoseconds.',
  fd_advise: 'Says how a file will be read. It changes nothing.',
  fd_allocate: 'Makes a file at least as long as `offset` and `len` together.',
  fd_close: 'Closes a descriptor.',
  fd_datasync: 'Waits until the data of a file is stored.',
  fd_fdstat_get: 'What a descriptor is, and what may be done with it.',
  fd_fdstat_set_flags: 'Sets the flags of a descriptor.',
  fd_fdstat_set_rights: 'Takes rights away from a descriptor; none can be added.',
  fd_filestat_get: 'Size, times and kind of an open file.',
  fd_filestat_set_size: 'Cuts or lengthens a file; what is new is zero.',
  fd_filestat_set_times: 'Sets the times of an open file.',
  fd_pread: 'Reads at an offset, without moving the position.',
  fd_prestat_get: 'Whether a descriptor is a folder that was granted, and how long its name is.',
  fd_prestat_dir_name: 'Writes the name of a folder that was granted.',
  fd_pwrite: 'Writes at an offset, without moving the position.',
  fd_read: 'Reads from the position on. 0 bytes are the end.',
  fd_readdir: 'Writes the entries of a folder from `cookie` on, each a `dirent` and its name; the last may be cut.',
  fd_renumber: 'Gives a descriptor the number of another, which is closed.',
  fd_seek: 'Moves the position of a file.',
  fd_sync: 'Waits until data and times of a file are stored.',
  fd_tell: 'The position of a file.',
  fd_write: 'Writes at the position.',
  path_create_directory: 'Makes a folder.',
  path_filestat_get: 'Size, times and kind of what a path leads to.',
  path_filestat_set_times: 'Sets the times of what a path leads to.',
  path_link: 'Gives a file another name.',
  path_open: 'Opens or makes a file, or opens a folder.',
  path_readlink: 'Writes what a symbolic link says, as much as there is room for.',
  path_remove_directory: 'Removes an empty folder.',
  path_rename: 'Renames or moves a file or folder.',
  path_symlink: 'Makes a symbolic link, which says `old_path`.',
  path_unlink_file: 'Removes a name of a file, or a link.',
  poll_oneoff: 'Waits until one of several things has happened: a time, input, room for output.',
  proc_exit: 'Ends the program.',
  proc_raise: 'Sends the program itself a signal.',
  sched_yield: 'Lets others run.',
  random_get: 'Fills a buffer with random bytes.',
  sock_accept: 'Takes a connection of a socket that listens.',
  sock_recv: 'Receives from a socket.',
  sock_send: 'Sends to a socket.',
  sock_shutdown: 'Ends receiving or sending of a socket.',
}

const INTRODUCTION = `# The functions of WASI preview 1

All ${FUNCTION_NAMES.length} of them, as Heddle decodes them. This page is made by \`npm run generate\` from the tables that decode, trace and answer the calls, so it says what
is done. A program imports them from \`${PREVIEW1.module}\`; those of 2019 from \`${UNSTABLE.module}\`, and what differs there [stands at the end](#wasi_unstable).

Each returns an errno: 0 is success. A result is written to where the last parameters point. Before a function does anything, all its pointers are checked: one that is
outside of the memory or not aligned is EFAULT, a path that is no UTF-8 or has a NUL EILSEQ, a value that an enumeration lacks EINVAL. In the
[traces and functions](tracing.md) of an embedder, arguments and results have the names that they have here: integers of 64 bits are bigints, flags lists of names.
`

export function generateWasiPage(): string {
  return [INTRODUCTION, functionSection(), typeSection(), unstableSection(), errnoSection()].join('\n')
}

function functionSection(): string {
  return `## Functions\n\n${FUNCTION_NAMES.map(functionText).join('\n')}`
}

function functionText(name: FunctionName): string {
  const abi = new Abi(PREVIEW1.types)
  const type = functionType(name)
  const { params, results } = coreType(name)!
  const heading = `### ${name}\n\n${SUMMARIES[name]}\n\n\`${signature(type)}\`\n`
  const rows = coreParams(abi, name).map((param, i) => [
    String(i),
    `\`${param.name}\``,
    params[i]!,
    linked(type, param),
  ])
  const table = rows.length === 0 ? '' : `\n${tableText(['', 'core parameter', 'core type', 'meaning'], rows)}`
  const never = results.length === 0 ? '\nNever returns.\n' : ''
  return `${heading}${table}${never}`
}

/** `path_link(old_fd: fd, …) → size`, as a program thinks of it. */
function signature({ params, results }: FunctionType): string {
  const param = ([name, type]: FunctionType['params'][number]): string =>
    `${name}: ${typeof type === 'string' ? type : `*${type.pointer}`}`
  const given = results.map(([name, type]) => `${name}: ${type}`).join(', ')
  return `(${params.map(param).join(', ')})${given === '' ? '' : ` → ${given}`}`
}

/** With a link to each type that is described below. */
function linked({ params, results }: FunctionType, { meaning }: { readonly meaning: string }): string {
  const names = new Set([...params, ...results].map(([, type]) => (typeof type === 'string' ? type : type.pointer)))
  for (const name of [...names, 'iovec', 'ciovec']) {
    const type = PREVIEW1.types[name]
    if (type !== undefined && isDescribed(type))
      meaning = meaning.replace(new RegExp(`\\b${name}\\b(?! ×)`), `[${name}](#${name})`)
  }
  return meaning
}

function isDescribed({ kind }: WasiType): boolean {
  return kind === 'record' || kind === 'union' || kind === 'enum' || kind === 'flags'
}

function typeSection(): string {
  const described = Object.entries(PREVIEW1.types).filter(([name, type]) => isDescribed(type) && name !== 'errno')
  return `## Types\n\n${described.map(([name, type]) => typeText(PREVIEW1, name, type, '###')).join('\n')}`
}

function typeText(dialect: Dialect, name: string, type: WasiType, heading: string): string {
  const { size, align, offsets } = new Abi(dialect.types).layout(name)
  const bytes = (count: number): string => `${count} byte${count === 1 ? '' : 's'}`
  const title = `${heading} ${name}\n\n`
  switch (type.kind) {
    case 'enum':
      return `${title}${bytes(size)}: ${type.names.map((each, i) => `${i} \`${each}\``).join(', ')}\n`
    case 'flags': {
      const bits = type.names.map((each, bit) => `${bit} \`${each}\``).join(', ')
      const others = type.lenient === true ? 'Other bits are ignored.' : 'Other bits are EINVAL.'
      return `${title}${bytes(size)}; by bit: ${bits === '' ? 'none' : bits}. ${others}\n`
    }
    case 'record': {
      const rows = type.fields.map(([field, of], i) => [String(offsets[i]), `\`${field}\``, fieldType(dialect, of)])
      return `${title}${bytes(size)}, aligned to ${align}.\n\n${tableText(['offset', 'field', 'type'], rows)}`
    }
    case 'union': {
      const tags = dialect.types[type.tag]
      const names = tags?.kind === 'enum' ? tags.names : []
      const rows = type.cases.map((of, i) => [`${i} \`${names[i]!}\``, `[${of}](#${of})`])
      return `${title}${bytes(size)}, aligned to ${align}: the tag at 0, and at ${offsets[1]!} what it says.\n\n${tableText(['tag', 'there is'], rows)}`
    }
    case 'int':
    case 'string':
    case 'list':
      return ''
  }
}

function fieldType({ types }: Dialect, name: string): string {
  const type = types[name]!
  if (type.kind === 'int') return `${name}, ${type.signed === true ? 's' : 'u'}${type.size * 8}`
  return name === 'errno' ? '[errno](#errno), u16' : `[${name}](#${name})`
}

function unstableSection(): string {
  const missing = PREVIEW1.functions.filter((name) => !UNSTABLE.functions.some((each) => each === name))
  const other = Object.entries(UNSTABLE.types).filter(
    ([name, type]) => JSON.stringify(PREVIEW1.types[name]) !== JSON.stringify(type),
  )
  const moved = Object.keys(PREVIEW1.types).filter((name) => {
    const layouts = [PREVIEW1, UNSTABLE].map(({ types }) => JSON.stringify(new Abi(types).layout(name)))
    return layouts[0] !== layouts[1] && !other.some(([each]) => each === name)
  })
  const texts = [
    ...other.map(([name, type]) => typeTextOrSize(name, type)),
    ...moved.map((name) => typeText(UNSTABLE, name, UNSTABLE.types[name]!, '###')),
  ]
  const functions = `It has no ${missing.map((name) => `\`${name}\``).join(', ')}; every other function has the parameters and results that it has above.`
  return `## wasi_unstable\n\n${functions} These types are others there:\n\n${texts.join('\n').replaceAll(/^### (.*)$/gm, '### $1 of wasi_unstable')}`
}

function typeTextOrSize(name: string, type: WasiType): string {
  if (type.kind === 'int') return `### ${name}\n\nu${type.size * 8}.\n`
  return typeText(UNSTABLE, name, type, '###')
}

function errnoSection(): string {
  const rows = ERRNO_NAMES.map((name, code) => [
    String(code),
    `\`${name}\``,
    name === 'success' ? '' : errnoLabel(name),
    errnoText(name),
  ])
  return `## errno\n\n2 bytes.\n\n${tableText(['', 'name', 'as C has it', 'meaning'], rows)}`
}

function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('')
}
