// The tier that interprets: calls and runs that need no fuel use fast code, runs that count it use metered code.

import type { Tier } from '../runtime/tier.ts'
import { InterpreterRun } from './run.ts'

export const interpreter: Tier = {
  name: 'interpret',
  invoke: (func, args, options) => new InterpreterRun(func, args, 'call', options).complete(),
  start: (func, args, options) =>
    new InterpreterRun(func, args, options?.metered === false ? 'unmetered run' : 'run', options),
}
