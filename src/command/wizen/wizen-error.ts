// Why a module can't be written in the state that its initialisation has left.

import { HeddleError } from '../../errors/heddle-error.ts'

type WizenErrorCode =
  /** The module imports what holds state: a memory, a table or a global. */
  | 'IMPORTED_STATE'
  /** The initialisation called an import that it may not call. The cause is a Trap with the stack. */
  | 'IMPORT_CALLED'
  /** It ended the program: proc_exit. */
  | 'INITIALISATION_EXITED'
  /** It left descriptors open, which no module can carry. */
  | 'OPEN_DESCRIPTORS'
  /** A global, a table or a segment holds what no constant expression makes. */
  | 'INEXPRESSIBLE_STATE'

export class WizenError extends HeddleError {
  override readonly name: string = 'WizenError'
  declare readonly code: WizenErrorCode

  constructor(code: WizenErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause })
  }
}

/** `where` names the global, table or segment; `what` is in it. */
export function inexpressible(where: string, what: string): WizenError {
  return new WizenError('INEXPRESSIBLE_STATE', `${where} holds ${what}`)
}
