// Code that waits only when it must: a call that meets no promise is over when it returns, one that does suspends. The
// implementations are generators that yield the promises, so each is written once for both.

export type Awaitable<T> = T | Promise<T>

export type Waiting<T> = Generator<Promise<unknown>, T, unknown>

/** `const x = yield* wait(host.f())`: the value at once, or when its promise settles. */
export function* wait<T>(value: Awaitable<T>): Waiting<T> {
  return isPromise(value) ? ((yield value) as T) : value
}

/** Runs to the end, synchronously unless a promise is met. */
export function drive<T>(steps: Waiting<T>): Awaitable<T> {
  const step = steps.next()
  return step.done === true ? step.value : driveOn(steps, step.value)
}

async function driveOn<T>(steps: Waiting<T>, first: Promise<unknown>): Promise<T> {
  let step: IteratorResult<Promise<unknown>, T> = { done: false, value: first }
  while (step.done !== true) {
    let value: unknown
    try {
      value = await step.value
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(value)
  }
  return step.value
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
