// What function bodies refer to by index, as far as it binds what may be changed around them.

import { skipLocals } from '../../binary/decode-code.ts'
import type { Instruction } from '../../instructions/define.ts'
import { InstructionReader } from '../../instructions/instruction-reader.ts'
import type { Code, Module } from '../../syntax/module.ts'

interface CodeReferences {
  /** Functions to which it makes references: the module must declare them. */
  readonly funcs: ReadonlySet<number>
  readonly namesElems: boolean
  readonly namesDatas: boolean
}

export function codeReferences({ funcs }: Module): CodeReferences {
  const referenced = new Set<number>()
  let namesElems = false
  let namesDatas = false
  for (const { code } of funcs) {
    const reader = InstructionReader.of(code)
    skipLocals(reader)
    while (reader.pos < reader.end) {
      const row = reader.next()
      if (row.immediates.length === 0) continue
      if (makesFuncRef(row)) referenced.add(reader.x)
      namesElems ||= row.immediates.includes('elemidx')
      namesDatas ||= row.immediates.includes('dataidx')
    }
  }
  return { funcs: referenced, namesElems, namesDatas }
}

/**
 * The functions that a module declares by what stands outside of its code.
 * https://webassembly.github.io/spec/core/valid/modules.html#valid-module
 */
export function declaredFuncs({ exports, globals, tables, elems }: Module): ReadonlySet<number> {
  const declared = new Set<number>()
  const addFrom = (code: Code): void => {
    const reader = InstructionReader.of(code)
    while (reader.pos < reader.end) if (makesFuncRef(reader.next())) declared.add(reader.x)
  }
  for (const { kind, index } of exports) if (kind === 'func') declared.add(index)
  for (const { init } of globals) addFrom(init)
  for (const { init } of tables) if (init !== undefined) addFrom(init)
  for (const { items } of elems) {
    if (items instanceof Uint32Array) for (const funcIdx of items) declared.add(funcIdx)
    else items.forEach(addFrom)
  }
  return declared
}

/** Calls have the index of a function, too, but are no constants. */
function makesFuncRef({ constant, immediates }: Instruction): boolean {
  return constant === true && immediates[0] === 'funcidx'
}
