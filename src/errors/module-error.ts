// What can be wrong with a module: its bytes or text (malformed), its meaning (invalid), its size (limit), or that it needs a
// proposal which is switched off or not there (unsupported). The place is appended to the message here and nowhere else.

import { HeddleError } from './heddle-error.ts'

/** `malformed` and `invalid` are the `assert_malformed` and `assert_invalid` of the script language. */
export type ModuleErrorKind = 'malformed' | 'invalid' | 'limit' | 'unsupported'

/** Where in the module. Offsets are bytes from the start of the binary module. */
export interface ModulePlace {
  readonly offset?: number | undefined
  /** Text name of the instruction, e.g. `i32.add`. */
  readonly instruction?: string | undefined
  /** Function or other definition, as shown to people: `$fac` or `func 7`. */
  readonly within?: string | undefined
  /** For text: one-based line and column, and the rendered source line with its caret. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly excerpt?: string | undefined
  /** For `unsupported`: the repository name of the proposal, e.g. `simd`. */
  readonly proposal?: string | undefined
}

const CODES: Readonly<Record<ModuleErrorKind, string>> = {
  malformed: 'MALFORMED',
  invalid: 'INVALID',
  limit: 'LIMIT',
  unsupported: 'UNSUPPORTED',
}

export class ModuleError extends HeddleError {
  override readonly name: string = 'ModuleError'
  readonly kind: ModuleErrorKind
  /** The message without the place: begins with the specification's wording. */
  readonly reason: string
  readonly place: ModulePlace

  constructor(kind: ModuleErrorKind, reason: string, place: ModulePlace = {}) {
    super(CODES[kind], reason + renderPlace(place))
    this.kind = kind
    this.reason = reason
    this.place = place
  }

  /** The same error with more known about its place. What is known already stays. */
  at(place: ModulePlace): ModuleError {
    return new ModuleError(this.kind, this.reason, { ...place, ...this.place })
  }
}

function renderPlace(place: ModulePlace): string {
  if (place.excerpt !== undefined) return `\n${place.excerpt}`
  const subject = [place.instruction, place.within].filter((part) => part !== undefined).join(' in ')
  const offset = place.offset === undefined ? '' : `at offset 0x${place.offset.toString(16)}`
  const inner = [subject, offset].filter((part) => part !== '').join(', ')
  return inner === '' ? '' : ` (${inner})`
}
