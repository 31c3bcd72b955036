// A store: what instances that may share things have in common, which is one set of quotas. What is taken from them is counted before
// anything is allocated, and comes back with the thing that it was taken for.

import { limitsWith } from '../errors/check-limits.ts'
import { Heap } from './heap.ts'
import { HeddleError } from '../errors/heddle-error.ts'

/**
 * How much a store may hold. Everything is a maximum. What an instance, memory or table takes comes back when the host's garbage collector
 * has found that nobody can reach it any more: some time later, and never while the host's code runs without a break. So a memory counts
 * for as long as any instance that imports it lives; views of its bytes that outlive it no longer count. An instance that could not be
 * made gives back at once, unless parts of it may be in use elsewhere, such as its functions in a table that it imported.
 */
export interface StoreLimits {
  /** Linear memories, together, in bytes. */
  readonly memoryBytes: number
  /** Elements of all tables, together. */
  readonly tableElements: number
  /** Structures, arrays, exceptions and continuations, in bytes as Heddle counts them (`Heap`); those that only the host holds are not counted. */
  readonly heapBytes: number
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
  heapBytes: 512 * 1024 ** 2,
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
  /** For the engine: a recorder puts its own in front. */
  limiter: Limiter | undefined
  /**
   * Whether growth succeeds exactly where the limits allow it. Where the host has no memory for it then, that is an error that ends the run, and
   * not −1: a program that would see −1 would be another one on another host.
   */
  growsByQuota: boolean
  readonly heap: Heap
  private readonly used: Record<Quota, number> = { memoryBytes: 0, tableElements: 0, instances: 0 }

  constructor(
    limits: Partial<StoreLimits> = {},
    limiter?: Limiter,
    { growsByQuota = false }: { readonly growsByQuota?: boolean } = {},
  ) {
    this.limits = limitsWith(STORE_LIMITS, limits, 'stores')
    this.limiter = limiter
    this.growsByQuota = growsByQuota
    this.heap = new Heap(this.limits.heapBytes)
  }

  usage(): Readonly<Record<Quota | 'heapBytes', number>> {
    return { ...this.used, heapBytes: this.heap.used }
  }

  /** Throws where the quotas do not suffice for all of it together; takes nothing. */
  require(needed: Readonly<Record<Quota, number>>): void {
    for (const what of QUOTAS) {
      if (!this.suffices(what, needed[what])) throw this.exceeded(what, needed[what])
    }
  }

  /** Takes `amount` from a quota; an error where it does not suffice. */
  reserve(what: Quota, amount: number): Reservation {
    const reservation = new Reservation(this.used, what, this.limits[what])
    if (!reservation.tryExtend(amount)) throw this.exceeded(what, amount)
    return reservation
  }

  private suffices(what: Quota, amount: number): boolean {
    return this.used[what] + amount <= this.limits[what]
  }

  private exceeded(what: Quota, amount: number): HeddleError {
    return new HeddleError(
      CODES[what],
      `${what} quota exceeded: ${this.used[what]} in use, ${amount} more asked for, limit ${this.limits[what]}`,
    )
  }
}

/** What one thing of a store takes from a quota, until it is given back. */
export class Reservation {
  private readonly used: Record<Quota, number>
  private readonly what: Quota
  private readonly limit: number
  private amount = 0

  constructor(used: Record<Quota, number>, what: Quota, limit: number) {
    this.used = used
    this.what = what
    this.limit = limit
  }

  /** Takes more; false, with nothing taken, where the quota does not suffice. */
  tryExtend(amount: number): boolean {
    if (this.used[this.what] + amount > this.limit) return false
    this.used[this.what] += amount
    this.amount += amount
    return true
  }

  /** Takes more without asking: what is there already must count. */
  extend(amount: number): void {
    this.used[this.what] += amount
    this.amount += amount
  }

  reduce(amount: number): void {
    this.used[this.what] -= amount
    this.amount -= amount
  }

  giveBack(): void {
    this.reduce(this.amount)
  }

  /** Gives back once nobody can reach the thing. It must not be reachable from here. */
  lastAsLongAs(thing: object): void {
    unreachable.register(thing, this)
  }
}

const unreachable = new FinalizationRegistry<Reservation>((reservation) => reservation.giveBack())
