// Errors of a module that came from text, with the place in the text.

import { ModuleError } from '../errors/module-error.ts'
import type { Module } from '../syntax/module.ts'

/** The error with the line of the text that the module was parsed from, in place of an offset that only the parser knows. */
export function inText(error: ModuleError, { locate }: Module): ModuleError {
  const { offset, ...place } = error.place
  const located = offset === undefined ? undefined : locate?.(offset)
  return located === undefined ? error : new ModuleError(error.kind, error.reason, { ...place, ...located })
}
