// How things are measured: CPU time of the process, which other work on the machine disturbs least, and the statistics over it.

/** Milliseconds of CPU that this process has used, on all its threads: compiling and collecting in the background count too. */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

export interface Timed<T> {
  readonly ms: number
  readonly value: T
}

export function timed<T>(work: () => T): Timed<T> {
  const start = cpuNow()
  const value = work()
  return { ms: cpuNow() - start, value }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

export const MEGABYTE = 1e6

/** Bytes on the heap and in buffers that are still reachable. Needs --expose-gc. */
export function retainedBytes(): number {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('retained memory is measured under --expose-gc')
  // Finalisers free buffers between two collections.
  for (let i = 0; i < 3; i++) gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The most memory that this process has held so far, in bytes. */
export function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
