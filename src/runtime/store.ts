// A store: what instances that may share things have in common, which is one set of quotas, counted before anything is allocated.

import { HeddleError } from '../errors/heddle-error.ts'

/** How much a store may hold. Everything is a maximum. */
export interface StoreLimits {
  /** Linear memories, together, in bytes. */
  readonly memoryBytes: number
  /** Elements of all tables, together. */
  readonly tableElements: number
  readonly instances: number
  /** Nested calls of one run. */
  readonly stackFrames: number
  /** Size of one run's stack of values, in bytes. */
  readonly stackBytes: number
  /** Wasm → host → wasm calls nested in one another. */
  readonly hostDepth: number
}

export const STORE_LIMITS: StoreLimits = {
  memoryBytes: 4 * 1024 ** 3,
  tableElements: 10_000_000,
  instances: 10_000,
  stackFrames: 50_000,
  stackBytes: 16 * 1024 ** 2,
  hostDepth: 200,
}

/** May refuse growth that the quotas allow: gives false to make `memory.grow` or `table.grow` fail with −1. */
export type Limiter = (what: 'memory' | 'table', current: number, desired: number) => boolean

type Quota = 'memoryBytes' | 'tableElements' | 'instances'

const CODES: Readonly<Record<Quota, string>> = {
  memoryBytes: 'MEMORY_QUOTA',
  tableElements: 'TABLE_QUOTA',
  instances: 'INSTANCE_QUOTA',
}

const QUOTAS = Object.keys(CODES) as readonly Quota[]

export class Store {
  readonly limits: StoreLimits
  readonly limiter: Limiter | undefined
  private readonly used = { memoryBytes: 0, tableElements: 0, instances: 0 }

  constructor(limits: Partial<StoreLimits> = {}, limiter?: Limiter) {
    this.limits = { ...STORE_LIMITS, ...limits }
    this.limiter = limiter
  }

  usage(): Readonly<Record<Quota, number>> {
    return { ...this.used }
  }

  /** Runs what takes from the quotas, once they suffice for all of it. Where it throws nevertheless, what it took is given back. */
  reserving<T>(needed: Readonly<Record<Quota, number>>, allocate: () => T): T {
    const before = { ...this.used }
    try {
      for (const what of QUOTAS) this.reserve(what, needed[what])
      Object.assign(this.used, before)
      return allocate()
    } catch (error) {
      Object.assign(this.used, before)
      throw error
    }
  }

  /** Takes `amount` from a quota; false, with nothing taken, where it does not suffice. */
  tryReserve(what: Quota, amount: number): boolean {
    if (this.used[what] + amount > this.limits[what]) return false
    this.used[what] += amount
    return true
  }

  /** Like `tryReserve`, but a quota that does not suffice is an error. */
  reserve(what: Quota, amount: number): void {
    if (this.tryReserve(what, amount)) return
    throw new HeddleError(
      CODES[what],
      `${what} quota exceeded: ${this.used[what]} in use, ${amount} more asked for, limit ${this.limits[what]}`,
    )
  }

  release(what: Quota, amount: number): void {
    this.used[what] -= amount
  }
}
