// The tier that interprets: calls that run to their end use fast code, runs that can stop use metered code.

import type { Tier } from '../runtime/tier.ts'
import { InterpreterRun } from './run.ts'

export const interpreter: Tier = {
  name: 'interpret',
  invoke: (func, args, options) => new InterpreterRun(func, args, false, options).complete(),
  start: (func, args, options) => new InterpreterRun(func, args, true, options),
}
