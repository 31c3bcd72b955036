// The root of every error that Heddle raises on purpose. An error of another class that comes out of the engine is a bug in the engine.

/** A stable, documented name for the reason: `MALFORMED`, `INVALID`, `UNLINKABLE`, `TRAP_UNREACHABLE`, `FUEL_EXHAUSTED` … */
export type ErrorCode = string

/** Base class of all errors of the engine. `code` is stable across releases; the wording of `message` is not. */
export class HeddleError extends Error {
  override readonly name: string = 'HeddleError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** Something that cannot happen happened: a bug in Heddle, not in the module. Please report it. */
export class InternalError extends HeddleError {
  override readonly name: string = 'InternalError'

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('INTERNAL', `internal error: ${message} (this is a bug in Heddle)`, options)
  }
}

/** The embedder asked for something impossible: a wrong argument, an unknown export, an option that makes no sense. */
export class UsageError extends HeddleError {
  override readonly name: string = 'UsageError'

  constructor(message: string, code: ErrorCode = 'USAGE') {
    super(code, message)
  }
}
