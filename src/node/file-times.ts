// Times of files through Node's calls, which take seconds as a number for both times together. Its library (libuv) cuts to whole microseconds before
// 1.52, and can't leave one of the two as it is before 1.51 (Node 20 has 1.46): there both are set, to the microsecond, and what is below is kept
// here for as long as the file has the time that was set.

import type { BigIntStats } from 'node:fs'
import type { FileStat, FileTimes } from '../wasi.ts'

type SystemTime = string | Date

/** Of the system's calls, access first. */
type SetTimes = (atim: SystemTime, mtim: SystemTime) => void

const NS_PER_S = 1_000_000_000n
const NS_PER_US = 1000n

/** How many files' times are kept exactly. */
const KEPT = 1024

const libuv = versionOf(process.versions.uv)
const CAN_OMIT = libuv >= 1.051
const CUTS_TO_MICROSECONDS = libuv < 1.052

/** A time that stays as it is, for libraries that can do that: such a Date is NaN to them. */
const OMITTED = new Date(Number.NaN)

/** `1.46.0` as 1.046. */
function versionOf(text: string): number {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return major + minor / 1000
}

/** What was asked for, and what the system made of it. */
interface Kept {
  readonly asked: { readonly atim: bigint; readonly mtim: bigint }
  readonly got: { readonly atim: bigint; readonly mtim: bigint }
}

export class FileTimeKeeper {
  readonly #kept = new Map<string, Kept>()

  /** `stat` is asked before and after. */
  set(times: FileTimes, stat: () => BigIntStats, set: SetTimes): void {
    if (times.atim === undefined && times.mtim === undefined) return
    const before = this.exact(stat())
    const asked = { atim: times.atim ?? before.atim, mtim: times.mtim ?? before.mtim }
    set(systemTime(times.atim, asked.atim), systemTime(times.mtim, asked.mtim))
    const after = stat()
    this.#keep(after, { asked, got: { atim: after.atimeNs, mtim: after.mtimeNs } })
  }

  /** The times, exactly where they were set here and nobody has changed them since. */
  exact(stats: BigIntStats): Pick<FileStat, 'atim' | 'mtim'> {
    const kept = this.#kept.size === 0 ? undefined : this.#kept.get(keyOf(stats))
    const time = (is: bigint, which: 'atim' | 'mtim'): bigint => (kept?.got[which] === is ? kept.asked[which] : is)
    return { atim: time(stats.atimeNs, 'atim'), mtim: time(stats.mtimeNs, 'mtim') }
  }

  #keep(stats: BigIntStats, kept: Kept): void {
    const key = keyOf(stats)
    this.#kept.delete(key)
    if (!isNear(kept, 'atim') || !isNear(kept, 'mtim')) return
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

/** A time that the file system can't have at all was not cut: it is another one. */
function isNear({ asked, got }: Kept, which: 'atim' | 'mtim'): boolean {
  const off = asked[which] - got[which]
  return -NS_PER_US < off && off < NS_PER_US
}

/** As text, since Node takes a negative number for now. */
function systemTime(asked: bigint | undefined, ns: bigint): SystemTime {
  if (asked === undefined && CAN_OMIT) return OMITTED
  const signed = BigInt.asIntN(64, ns)
  const seconds = signed / NS_PER_S
  const rest = signed % NS_PER_S
  // Half a microsecond more, so that cutting gives the microsecond that is meant: a number has no more digits.
  const half = CUTS_TO_MICROSECONDS ? (rest < 0n ? -0.5e-6 : 0.5e-6) : 0
  const us = CUTS_TO_MICROSECONDS ? (rest / NS_PER_US) * NS_PER_US : rest
  return String(Number(seconds) + Number(us) / 1e9 + half)
}
