// The error of whoever names an exported function that there is not: it lists those that there are.

import { UsageError } from '../errors/heddle-error.ts'
import { listed, nameText, quoted } from '../errors/quote.ts'
import { didYouMean } from '../errors/nearest.ts'

/** `type` as text: `[i32] -> []`. */
interface ExportedFunc {
  readonly name: string
  readonly type: string
}

/** `hint` says what else could be done. */
export function unknownExport(name: string, functions: readonly ExportedFunc[], hint = ''): UsageError {
  const meant = didYouMean(
    name,
    functions.map((each) => each.name),
  )
  const exported = listed(functions, (each) => `  ${nameText(each.name)} ${each.type}`, '\n')
  const all = functions.length === 0 ? 'The module exports no functions.' : `The module exports:\n${exported}`
  return new UsageError(`no exported function ${quoted(name)}${meant}${hint}\n${all}`, 'UNKNOWN_EXPORT')
}
