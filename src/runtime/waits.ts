// How runs wait at an address of a shared memory, and are woken. The host's own way, by its Atomics, reaches all threads; whoever drives
// several runs in one thread may have a way of its own.
// https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md#wait-and-notify-operators

import { Trap } from '../errors/trap.ts'
import type { Memory } from './memory.ts'

/** What `memory.atomic.wait` gives. */
export const WOKEN = 0
export const NOT_EQUAL = 1
export const TIMED_OUT = 2

/** The operands, checked: the address is aligned and inside of a shared memory. */
export interface WaitRequest {
  readonly memory: Memory
  readonly address: number
  readonly bytes: 4 | 8
  /** Of four bytes, an int32. */
  readonly expected: bigint
  /** Nanoseconds; for ever where it is negative. */
  readonly timeout: bigint
}

export interface Waits {
  /** Where the caller can suspend. */
  readonly suspend: (request: WaitRequest) => number | Waiting
  /** Where it cannot: the thread stops until the wait is over. `poll` is looked at now and then, and its error ends the wait. */
  readonly block: (request: WaitRequest, poll: (() => Error | undefined) | undefined) => number
  /** Wakes at most `count` of those that wait at the address, the longest waiting first. Gives how many. */
  readonly notify: (memory: Memory, address: number, count: number) => number
}

/** A wait that is under way. */
export interface Waiting {
  readonly result: Promise<number>
  /** Nobody is interested any more. */
  readonly release: () => void
}

/** Whether the memory has the expected value there. */
export function isExpected({ memory, address, bytes, expected }: WaitRequest): boolean {
  const { words, doubles } = memory.cells
  return bytes === 4
    ? Atomics.load(words, address / 4) === Number(expected)
    : Atomics.load(doubles, address / 8) === expected
}

type Verdict = 'ok' | 'not-equal' | 'timed-out'

const RESULTS: Readonly<Record<Verdict, number>> = { ok: WOKEN, 'not-equal': NOT_EQUAL, 'timed-out': TIMED_OUT }

type Cells = Int32Array | BigInt64Array
type Async =
  | { readonly async: false; readonly value: Verdict }
  | { readonly async: true; readonly value: Promise<Verdict> }

/** Of ECMAScript 2024; not every host has it. */
interface AsyncAtomics {
  readonly waitAsync?: (cells: Cells, index: number, value: number | bigint, timeout: number) => Async
}

export const hostWaits: Waits = {
  suspend(request) {
    const { waitAsync } = Atomics as AsyncAtomics
    if (waitAsync === undefined) return this.block(request, undefined)
    const { cells, index, value, timeout } = operandsOf(request)
    const outcome = waitAsync(cells, index, value, timeout)
    if (!outcome.async) return RESULTS[outcome.value]
    const release = stayAlive()
    const result = outcome.value.then((verdict) => {
      release()
      return RESULTS[verdict]
    })
    return { result, release }
  },

  block(request, poll) {
    const { cells, index, value, timeout } = operandsOf(request)
    // Between two stretches a notification finds nobody, as it does before a wait begins.
    const stretch = poll === undefined ? Infinity : STRETCH
    for (let left = timeout; ; left -= stretch) {
      const verdict = waitBlocking(cells, index, value, Math.min(left, stretch))
      if (verdict !== 'timed-out' || left <= stretch) return RESULTS[verdict]
      const error = poll?.()
      if (error !== undefined) throw error
    }
  },

  notify: (memory, address, count) => Atomics.notify(memory.cells.words, address / 4, count),
}

/** Milliseconds that a blocked thread does not look at its poll. */
const STRETCH = 20

function operandsOf({ memory, address, bytes, expected, timeout }: WaitRequest): {
  cells: Cells
  index: number
  value: number | bigint
  /** Milliseconds. */
  timeout: number
} {
  const milliseconds = timeout < 0n ? Infinity : Number(timeout) / 1e6
  return bytes === 4
    ? { cells: memory.cells.words, index: address / 4, value: Number(expected), timeout: milliseconds }
    : { cells: memory.cells.doubles, index: address / 8, value: expected, timeout: milliseconds }
}

function waitBlocking(cells: Cells, index: number, value: number | bigint, timeout: number): Verdict {
  try {
    return Atomics.wait(cells as Int32Array, index, value as number, timeout)
  } catch (error) {
    // The one complaint left: the agent must not be blocked. The main thread of a page is such an agent.
    if (error instanceof TypeError)
      throw new Trap('TRAP_CANNOT_BLOCK', 'start the call as a run, which can suspend', [], { cause: error })
    throw error
  }
}

/** The longest delay of timers. */
const MAX_DELAY = 2 ** 31 - 1

/** A host may end when nothing but such a wait is left to come: Node does. A timer keeps it until it is released. */
function stayAlive(): () => void {
  let timer: unknown
  const again = (): void => {
    timer = setTimeout(again, MAX_DELAY)
  }
  again()
  return () => clearTimeout(timer)
}
