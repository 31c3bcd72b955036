// Numbers, sizes and times as people type them on the command line.

import { CliError } from './failure.ts'

/** A whole number: `1000000`, `1_000_000`, `1e6`. */
export function parseCount(option: string, text: string): number {
  const count = /^\d[\d_]*(e\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : NaN
  if (Number.isSafeInteger(count)) return count
  throw new CliError(`${option} takes a whole number such as 1000000 or 1e6, not "${text}"`)
}

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
}

/** Bytes: `65536`, `64KiB`, `64MiB`, `1GiB`. */
export function parseSize(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+)([a-z]*)$/i.exec(text) ?? []
  const size = Number(number) * (BYTES[unit.toLowerCase()] ?? NaN)
  if (Number.isSafeInteger(size)) return size
  throw new CliError(`${option} takes a size such as 64MiB, not "${text}"`)
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds: `500ms`, `2s`, `1.5s`, `1m`. */
export function parseDuration(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? []
  const duration = Number(number) * (MILLISECONDS[unit] ?? NaN)
  if (!Number.isNaN(duration)) return duration
  throw new CliError(`${option} takes a time with its unit such as 2s or 500ms, not "${text}"`)
}
