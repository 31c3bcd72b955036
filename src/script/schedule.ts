// Threads of a script, interleaved in one process: each is a generator that goes on in its turn, always in the same order. Time is counted
// in turns, so that waiting for a notification, or for its time to be up, is the same every time and takes no timer.

import type { Memory } from '../runtime/memory.ts'
import { NOT_EQUAL, TIMED_OUT, WOKEN, isExpected, type WaitRequest, type Waits } from '../runtime/waits.ts'

/** What a thread says when it lets the others go on: whether it could go on itself. */
type Turn = 'ready' | 'blocked'

/** The work of a thread, or a part of it. */
export type Steps<T> = Generator<Turn, T, void>

/** Something that takes place in a thread of its own. */
export interface Task {
  readonly finished: boolean
}

/** Nanoseconds that a turn of all threads takes. */
const TURN = 1000n

class Waiter {
  readonly memory: Memory
  readonly address: number
  /** On the schedule's clock; undefined for ever. */
  readonly deadline: bigint | undefined
  outcome: number | 'deadlock' | undefined

  constructor({ memory, address, timeout }: WaitRequest, now: bigint) {
    this.memory = memory
    this.address = address
    this.deadline = timeout < 0n ? undefined : now + timeout
  }
}

/** A wait that nobody is left to end. */
export class Deadlock extends Error {
  constructor() {
    super('it waits for ever: no thread is left that could notify it')
  }
}

export class Schedule {
  private readonly tasks: { finished: boolean; readonly steps: Steps<void> }[] = []
  /** The longest waiting first. */
  private waiters: Waiter[] = []
  private now = 0n

  /** How runs of these threads wait. */
  readonly waits: Waits = {
    suspend: (request) => {
      const outcome = immediate(request)
      if (outcome !== undefined) return outcome
      this.waiters.push(new Waiter(request, this.now))
      // Nobody looks at the promise: `awaitNotification` says when it is over.
      return { result: new Promise<never>(ignore), release: ignore }
    },
    block: (request) => {
      const outcome = immediate(request)
      if (outcome !== undefined) return outcome
      if (request.timeout < 0n) throw new Deadlock()
      return TIMED_OUT
    },
    notify: (memory, address, count) => {
      const woken = this.waiters.filter((waiter) => isAt(waiter, memory, address)).slice(0, count)
      for (const waiter of woken) this.end(waiter, WOKEN)
      return woken.length
    },
  }

  start(steps: Steps<void>): Task {
    const task = { finished: false, steps }
    this.tasks.push(task)
    return task
  }

  /** Goes on, in turns, until all threads have finished, those among them that were started meanwhile. */
  run(): void {
    while (this.tasks.length > 0) {
      let isReady = false
      for (const task of this.tasks) {
        const { done = false, value } = task.steps.next()
        task.finished = done
        if (done || value === 'ready') isReady = true
      }
      for (let i = this.tasks.length - 1; i >= 0; i--) if (this.tasks[i]!.finished) this.tasks.splice(i, 1)
      this.passTime(isReady)
    }
  }

  /** What the wait that the calling thread's run has begun came to. To be asked for as soon as the run has stopped. */
  *awaitNotification(): Steps<number> {
    const waiter = this.waiters.at(-1)!
    while (waiter.outcome === undefined) yield 'blocked'
    if (waiter.outcome === 'deadlock') throw new Deadlock()
    return waiter.outcome
  }

  *awaitTask(task: Task): Steps<void> {
    while (!task.finished) yield 'blocked'
  }

  /** Where no thread is ready, it is the next deadline at once; where there is none, nothing will ever happen any more. */
  private passTime(isReady: boolean): void {
    this.now += TURN
    if (!isReady) {
      const deadlines = this.waiters.flatMap(({ deadline }) => (deadline === undefined ? [] : [deadline]))
      if (deadlines.length === 0) return this.waiters.slice().forEach((waiter) => this.end(waiter, 'deadlock'))
      const next = deadlines.reduce((a, b) => (a < b ? a : b))
      if (next > this.now) this.now = next
    }
    for (const waiter of this.waiters.slice()) {
      if (waiter.deadline !== undefined && waiter.deadline <= this.now) this.end(waiter, TIMED_OUT)
    }
  }

  private end(waiter: Waiter, outcome: NonNullable<Waiter['outcome']>): void {
    waiter.outcome = outcome
    this.waiters = this.waiters.filter((other) => other !== waiter)
  }
}

const ignore = (): void => undefined

/** What a wait gives that does not come to waiting. */
function immediate(request: WaitRequest): number | undefined {
  if (!isExpected(request)) return NOT_EQUAL
  return request.timeout === 0n ? TIMED_OUT : undefined
}

function isAt(waiter: Waiter, memory: Memory, address: number): boolean {
  return waiter.address === address && waiter.memory.cells.buffer === memory.cells.buffer
}
