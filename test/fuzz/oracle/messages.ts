// How the processes of the differential fuzz talk: requests and replies one at a time, as JSON between two versions of Node.

import { fork, type ChildProcess } from 'node:child_process'

type Reply<T> = { readonly value: T } | { readonly error: string }

/** In the child: answers each request. */
export function serve(answer: (request: never) => unknown): void {
  process.on('message', (request) => {
    void reply(request as never)
  })
  const reply = async (request: never): Promise<void> => {
    try {
      process.send!({ value: await answer(request) } satisfies Reply<unknown>)
    } catch (error) {
      process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
}

/** The child answered with an error. */
export class RemoteError extends Error {}

export class TimeoutError extends Error {}

/** In the parent: a child process that is started when it is needed, and again after a request that took too long. */
export class Worker<Request, Result> {
  private readonly node: string
  private readonly script: string
  private readonly args: readonly string[]
  private child: ChildProcess | undefined

  constructor(node: string, script: string, args: readonly string[] = []) {
    this.node = node
    this.script = script
    this.args = args
  }

  /** The answer to one request; there must be no other under way. */
  ask(request: Request, milliseconds: number): Promise<Result> {
    const child = (this.child ??= fork(this.script, this.args, {
      execPath: this.node,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        fail(new TimeoutError(`no answer within ${milliseconds} ms`))
      }, milliseconds)
      const settle = (): void => {
        clearTimeout(timer)
        child.off('message', receive).off('exit', exited).off('error', fail)
      }
      const receive = (reply: Reply<Result>): void => {
        settle()
        if ('value' in reply) resolve(reply.value)
        else reject(new RemoteError(reply.error))
      }
      const fail = (error: Error): void => {
        settle()
        this.stop()
        reject(error)
      }
      const exited = (code: number | null, signal: string | null): void => {
        fail(new Error(`the process ended with ${code ?? signal ?? 'nothing'}`))
      }
      child.on('message', receive).on('exit', exited).on('error', fail)
      child.send(request as object)
    })
  }

  stop(): void {
    this.child?.kill('SIGKILL')
    this.child = undefined
  }
}
