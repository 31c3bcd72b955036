// `--strace`, `--trace` and `--trace-format`: where a trace goes, and how it looks.

import { closeSync } from 'node:fs'
import { basename } from 'node:path'
import { TRACE_FORMATS, traceImports, traceWriter, type Imports, type RunOptions, type TraceFormat } from '../index.ts'
import { nodeHost, writeAll } from '../node/index.ts'
import type { Arguments } from './arguments.ts'
import { CliError } from './failure.ts'
import { displayName } from './module-file.ts'
import { openForWriting } from './output-file.ts'
import { parseCount } from './quantities.ts'
import { STRACE, TRACE, TRACE_BYTES, TRACE_FORMAT } from './run-options.ts'

const KINDS = ['wasi', 'host'] as const

interface TraceOutput {
  readonly options: Pick<RunOptions, 'trace' | 'traceBytes'>
  /** The imports, watched where that is asked for. */
  readonly watch: (imports: Imports) => Imports
  /** Writes what remains, however the run has ended. */
  readonly close: () => void
}

export function openTrace(parsed: Arguments, file: string): TraceOutput | undefined {
  const kinds = kindsOf(parsed)
  const format = formatOf(parsed)
  if (kinds.size === 0) return undefined
  const path = parsed.get(STRACE) ?? ''
  const fd = path === '' ? 2 : openForWriting(path)
  const { traceClock } = nodeHost()
  const program = basename(displayName(file))
  const writer = traceWriter(format, (text) => writeAll(fd, text), { program, origin: traceClock() })
  const bytes = parsed.get(TRACE_BYTES)
  return {
    options: {
      ...(kinds.has('wasi') && { trace: writer.event }),
      ...(bytes !== undefined && { traceBytes: parseCount(TRACE_BYTES.name, bytes) }),
    },
    watch: (imports) => (kinds.has('host') ? traceImports(imports, writer.event, traceClock) : imports),
    close: () => {
      writer.close()
      if (fd !== 2) closeSync(fd)
    },
  }
}

/** Whoever says how a trace shall look wants one. */
function kindsOf(parsed: Arguments): ReadonlySet<string> {
  const kinds = new Set(parsed.all(TRACE).flatMap((list) => list.split(',').filter((kind) => kind !== '')))
  const other = [...kinds].find((kind) => !KINDS.some((known) => known === kind))
  if (other !== undefined) {
    throw new CliError(`${TRACE.name} is ${KINDS.join(' or ')} or both, wasi,host, not "${other}"`)
  }
  if (kinds.size === 0 && [STRACE, TRACE_FORMAT, TRACE_BYTES].some((option) => parsed.has(option))) kinds.add('wasi')
  return kinds
}

function formatOf(parsed: Arguments): TraceFormat {
  const given = parsed.get(TRACE_FORMAT) ?? 'text'
  const format = TRACE_FORMATS.find((known) => known === given)
  if (format === undefined) throw new CliError(`${TRACE_FORMAT.name} is ${TRACE_FORMATS.join(', ')}, not "${given}"`)
  return format
}
