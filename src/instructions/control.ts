// Control instructions of Wasm 1.0 and 2.0: what they do is in the tiers' control handlers, what they check is here.
// https://webassembly.github.io/spec/core/valid/instructions.html#control-instructions

import { BOT, FUNCREF, I32, isRefType } from '../syntax/types.ts'
import { op, ruled, type Instruction } from './define.ts'

// prettier-ignore
export const control: readonly Instruction[] = [
  ruled(0x00, 'unreachable', [], (C) => C.unreachable(), { diverges: true }),
  op(0x01, 'nop', '->', { cost: 0 }),
  ruled(0x02, 'block', ['blocktype'], (C, { x }) => {
    const type = C.blockType(x)
    C.popAll(type.params)
    C.pushControl('block', type)
  }, { structure: 'open', cost: 0 }),
  ruled(0x03, 'loop', ['blocktype'], (C, { x }) => {
    const type = C.blockType(x)
    C.popAll(type.params)
    C.pushControl('loop', type)
  }, { structure: 'open', cost: 0 }),
  ruled(0x04, 'if', ['blocktype'], (C, { x }) => {
    const type = C.blockType(x)
    C.pop(I32)
    C.popAll(type.params)
    C.pushControl('if', type)
  }, { structure: 'open', admitsElse: true, hintable: true }),
  ruled(0x05, 'else', [], (C) => {
    const { kind, type } = C.popControl()
    if (kind !== 'if') C.invalid('else without a matching if')
    C.pushControl('else', type)
  }, { structure: 'else', cost: 0 }),
  ruled(0x0b, 'end', [], (C) => {
    const { kind, type } = C.popControl()
    if (kind === 'if') {
      // An if without else is an if with an empty one: it passes its parameters through.
      C.pushControl('else', type)
      C.popControl()
    }
    C.pushAll(type.results)
  }, { structure: 'end', cost: 0 }),
  ruled(0x0c, 'br', ['labelidx'], (C, { x }) => {
    C.popAll(C.label(x))
    C.unreachable()
  }, { diverges: true }),
  ruled(0x0d, 'br_if', ['labelidx'], (C, { x }) => {
    C.pop(I32)
    const types = C.label(x)
    C.popAll(types)
    C.pushAll(types)
  }, { hintable: true }),
  ruled(0x0e, 'br_table', ['labels'], (C, { x, list, count }) => {
    C.pop(I32)
    const fallback = C.label(x)
    // Most targets share one list of types: what was checked just now is not checked again.
    let checked = fallback
    for (let i = 0; i < count; i++) {
      const types = C.label(list[i]!)
      if (types === checked) continue
      if (types.length !== fallback.length) C.invalid('type mismatch: the targets take different numbers of operands')
      C.peekAll(types)
      checked = types
    }
    C.popAll(fallback)
    C.unreachable()
  }, { diverges: true }),
  ruled(0x0f, 'return', [], (C) => {
    C.popAll(C.returns())
    C.unreachable()
  }, { diverges: true }),
  ruled(0x10, 'call', ['funcidx'], (C, { x }) => {
    const type = C.func(x)
    C.popAll(type.params)
    C.pushAll(type.results)
  }, { transfer: 'call' }),
  ruled(0x11, 'call_indirect', ['typeidx', 'tableidx'], (C, { x, y }) => {
    const table = C.table(y)
    C.matches(table.elem, FUNCREF)
    C.pop(C.addr(table.addrType))
    const type = C.type(x)
    C.popAll(type.params)
    C.pushAll(type.results)
  }, { transfer: 'call' }),

  ruled(0x1a, 'drop', [], (C) => void C.popAny()),
  ruled(0x1b, 'select', [], (C) => {
    C.pop(I32)
    const t1 = C.popAny()
    const t2 = C.popAny()
    if (isRefType(t1) || isRefType(t2)) C.invalid('type mismatch: select without a type takes numbers')
    if (t1 !== t2 && t1 !== BOT && t2 !== BOT) C.invalid('type mismatch: operands of select differ')
    C.push(t1 === BOT ? t2 : t1)
  }, { annotated: 0x1c }),
]
