// proc_* and sched_yield: how a program ends.

import { HeddleError } from '../../errors/heddle-error.ts'
import { WasiError } from './errno.ts'
import type { Implementations } from './implementation.ts'
import { SIGNAL_NAMES } from './types.ts'
import type { Signal } from './types.ts'

/** Thrown through the guest by proc_exit, and by proc_raise for the signals that end a program. No handler of the guest's catches it. */
export class WasiExit extends HeddleError {
  override readonly name: string = 'WasiExit'
  readonly exitCode: number
  readonly signal: Signal | undefined

  constructor(exitCode: number, signal?: Signal) {
    super(
      'WASI_EXIT',
      signal === undefined ? `the program exited with ${exitCode}` : `the program ended by the signal ${signal}`,
    )
    this.exitCode = exitCode
    this.signal = signal
  }
}

const IGNORED_SIGNALS: ReadonlySet<Signal> = new Set(['none', 'pipe', 'chld', 'cont', 'urg', 'winch'])
const STOPPING_SIGNALS: ReadonlySet<Signal> = new Set(['stop', 'tstp', 'ttin', 'ttou'])

export const processFunctions: Pick<Implementations, 'proc_exit' | 'proc_raise' | 'sched_yield'> = {
  proc_exit(guest, code) {
    guest.exit(code)
  },
  proc_raise(guest, signal) {
    if (IGNORED_SIGNALS.has(signal)) return
    if (STOPPING_SIGNALS.has(signal)) throw new WasiError('notsup')
    // As a shell reports it.
    guest.exit(128 + SIGNAL_NAMES.indexOf(signal), signal)
  },
  sched_yield() {
    // There is no other thread to go to.
  },
}
