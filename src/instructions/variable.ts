// Variable instructions. https://webassembly.github.io/spec/core/valid/instructions.html#variable-instructions

import { ruled, type Instruction } from './define.ts'

// prettier-ignore
export const variable: readonly Instruction[] = [
  ruled(0x20, 'local.get', ['localidx'], (C, { x }) => C.push(C.readLocal(x))),
  ruled(0x21, 'local.set', ['localidx'], (C, { x }) => C.pop(C.setLocal(x))),
  ruled(0x22, 'local.tee', ['localidx'], (C, { x }) => {
    const type = C.setLocal(x)
    C.pop(type)
    C.push(type)
  }),
  ruled(0x23, 'global.get', ['globalidx'], (C, { x }) => C.push(C.global(x).type), { constant: true }),
  ruled(0x24, 'global.set', ['globalidx'], (C, { x }) => {
    const { type, mutable } = C.global(x)
    if (!mutable) C.invalid(`immutable global ${x}`)
    C.pop(type)
  }),
]
