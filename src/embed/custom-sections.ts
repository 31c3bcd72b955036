// What is wrong with the custom sections that tools understand. They change nothing about what a module means, so an engine takes a module
// with any of these faults: only who asks is told.
// https://webassembly.github.io/spec/core/appendix/custom.html

import { checkNames } from '../binary/check-names.ts'
import { ModuleError } from '../errors/module-error.ts'
import { branchHints } from '../instructions/branch-hints.ts'
import type { Module } from '../syntax/module.ts'
import { inText } from './text-place.ts'

/** The first fault of each: of the names, and of the branch hints. */
export function customSectionFaults(module: Module): readonly ModuleError[] {
  return [checkNames, branchHints].flatMap((check) => {
    try {
      check(module)
      return []
    } catch (error) {
      if (error instanceof ModuleError) return [inText(error, module)]
      throw error
    }
  })
}
