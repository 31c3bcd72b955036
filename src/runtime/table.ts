// A table: an array of references with limits, counted against the store's quota.

import type { Limits, TableType } from '../syntax/types.ts'
import { namedTypes, type CanonicalType } from '../validate/canonical-types.ts'
import type { Reservation, Store } from './store.ts'
import type { Ref } from './value.ts'

const MAX_ELEMENTS = 10_000_000

export class Table {
  /** Closed. */
  readonly type: TableType
  /** Keeps what the type names. */
  readonly namedTypes: readonly CanonicalType[]
  readonly store: Store
  private readonly reservation: Reservation
  /** Told before the host sets an element. */
  observer: ((index: number, ref: Ref) => void) | undefined
  /** Keeps its identity when the table grows. */
  readonly elems: Ref[]

  private constructor(type: TableType, elems: Ref[], store: Store, reservation: Reservation) {
    this.type = type
    this.namedTypes = namedTypes([type.elem])
    this.store = store
    this.reservation = reservation
    reservation.lastAsLongAs(this)
    this.elems = elems
  }

  /** Allocates against the store's quota; what cannot be had is an error with the code TABLE_QUOTA. */
  static allocate(type: TableType, store: Store, init: Ref): Table {
    const size = Number(type.limits.min)
    const reservation = store.reserve('tableElements', size)
    const elems: Ref[] = []
    for (let i = 0; i < size; i++) elems.push(init)
    return new Table(type, elems, store, reservation)
  }

  get currentLimits(): Limits {
    return { min: this.elems.length, max: this.type.limits.max }
  }

  /** Grows by `delta` elements and gives the old size, or −1, with nothing changed, where that cannot be. */
  grow(delta: number, init: Ref): number {
    const old = this.elems.length
    const size = old + delta
    if (size > Math.min(Number(this.type.limits.max ?? MAX_ELEMENTS), MAX_ELEMENTS)) return -1
    if (this.store.limiter !== undefined && delta > 0 && !this.store.limiter('table', old, size)) return -1
    // The limiter itself has grown it.
    if (this.elems.length !== old) return this.grow(delta, init)
    if (!this.reservation.tryExtend(delta)) return -1
    for (let i = 0; i < delta; i++) this.elems.push(init)
    return old
  }

  /** Gives back what it takes of the quota at once. Precondition: nobody will use it. */
  giveBack(): void {
    this.reservation.giveBack()
  }

  contains(index: number, length: number): boolean {
    return index + length <= this.elems.length
  }
}
