// The tier that interprets: calls and runs that need no fuel use fast code, runs that count it use metered code.

import { UsageError } from '../errors/heddle-error.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import type { FrameStretch } from './continuations.ts'
import { restoreStretch } from './restore-run.ts'
import { InterpreterRun } from './run.ts'
import { saveStretch } from './save-frames.ts'

export const interpreter: Tier = {
  name: 'interpret',
  invoke: (func, args, options) => new InterpreterRun(func, checked(func, args), 'call', options).complete(),
  start: (func, args, options) =>
    new InterpreterRun(func, checked(func, args), options?.metered === false ? 'unmetered run' : 'run', options),
  restore: (saved, options) => InterpreterRun.restore(saved, options),
  saveStretch: (stretch) => saveStretch(stretch as FrameStretch),
  restoreStretch,
}

function checked(func: FuncInstance, args: readonly Value[]): readonly Value[] {
  const { params } = func.type
  if (args.length === params.length) return args
  throw new UsageError(`${func.toString()} takes ${params.length} arguments, not ${args.length}`)
}
