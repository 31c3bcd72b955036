// Code that waits only when it must: a call that meets no promise is over when it returns, one that does suspends. The
// implementations are generators that yield the promises, so each is written once for both.

export type Awaitable<T> = T | Promise<T>

export type Waiting<T> = Generator<Promise<unknown>, T, unknown>

/** `const x = yield* wait(host.f())`: the value at once, or when its promise settles. */
export function* wait<T>(value: Awaitable<T>): Waiting<T> {
  return isPromise(value) ? ((yield value) as T) : value
}

/** A call that may be given up by whoever waits for it. */
export class Call {
  #isWanted = true
  #waiting: Set<Waiting<unknown>> | undefined

  get isWanted(): boolean {
    return this.#isWanted
  }

  /** These steps wait for a promise. */
  waits(steps: Waiting<unknown>): void {
    if (!this.#isWanted) {
      steps.return(undefined)
      return
    }
    this.#waiting ??= new Set()
    this.#waiting.add(steps)
  }

  goesOn(steps: Waiting<unknown>): void {
    this.#waiting?.delete(steps)
  }

  /** Nothing more of it happens, but that its steps let go of what they wait for. */
  abandon(): void {
    this.#isWanted = false
    for (const steps of this.#waiting ?? []) steps.return(undefined)
  }
}

/**
 * Runs to the end, synchronously unless a promise is met. What comes behind the last promise, `succeed` included, happens at once:
 * so a call that is done when its promise settles has done nothing before. Once it is abandoned, nothing more of it happens.
 */
export function drive<T, R>(
  steps: Waiting<T>,
  succeed: (value: T) => R,
  fail: (error: unknown) => R,
  call: Call = new Call(),
): Awaitable<R> {
  let step: IteratorResult<Promise<unknown>, T>
  try {
    step = steps.next()
  } catch (error) {
    return fail(error)
  }
  return step.done === true ? succeed(step.value) : driveOn(steps, step.value, succeed, fail, call)
}

const NEVER: Promise<never> = new Promise<never>(() => {})

async function driveOn<T, R>(
  steps: Waiting<T>,
  first: Promise<unknown>,
  succeed: (value: T) => R,
  fail: (error: unknown) => R,
  call: Call,
): Promise<R> {
  let promise = first
  for (;;) {
    call.waits(steps)
    const settled = await promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    if (!call.isWanted) return NEVER
    call.goesOn(steps)
    let step: IteratorResult<Promise<unknown>, T>
    try {
      step = 'error' in settled ? steps.throw(settled.error) : steps.next(settled.value)
    } catch (error) {
      return fail(error)
    }
    if (step.done === true) return succeed(step.value)
    promise = step.value
  }
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
