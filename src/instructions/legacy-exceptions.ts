// The proposal legacy-exceptions: what exception handling was before it was standardised, which compilers emitted for years.
// https://github.com/WebAssembly/spec/tree/main/document/legacy/exceptions

import type { FuncType, ValType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import type { ControlKind, Typing } from './typing.ts'

/** Whether a control frame is a handler, which has caught an exception. */
export function isHandler(kind: ControlKind): boolean {
  return kind === 'catch' || kind === 'catch_all'
}

/** Ends the body of a try, or a handler of it, and begins a handler that gets `params`. */
function beginHandler(C: Typing, kind: ControlKind, params: readonly ValType[]): void {
  const { kind: before, type } = C.popControl()
  if (before !== 'try' && before !== 'catch') C.invalid(`${kind} without a matching try`)
  const handler: FuncType = { kind: 'func', params, results: type.results }
  C.pushControl(kind, handler)
}

// prettier-ignore
export const legacyExceptions: readonly Instruction[] = [
  ruled(0x06, 'try', ['blocktype'], (C, { x }) => {
    const type = C.blockType(x)
    C.popAll(type.params)
    C.pushControl('try', type)
  }, { structure: 'open', admitsHandlers: true, cost: 0 }),
  ruled(0x07, 'catch', ['tagidx'], (C, { x }) => beginHandler(C, 'catch', C.tag(x).params),
    { structure: 'else', handler: 'tag', cost: 0 }),
  ruled(0x09, 'rethrow', ['labelidx'], (C, { x }) => {
    C.label(x)
    const kind = C.labelKind(x)
    if (!isHandler(kind)) C.invalid(`invalid rethrow label ${x}: it is no handler's`)
    C.unreachable()
  }, { diverges: true }),
  ruled(0x18, 'delegate', ['labelidx'], (C, { x }) => {
    const { kind, type } = C.popControl()
    if (kind !== 'try') C.invalid('delegate without a matching try')
    const { results } = type
    C.label(x)
    C.pushAll(results)
  }, { structure: 'end', handler: 'delegate', cost: 0 }),
  ruled(0x19, 'catch_all', [], (C) => beginHandler(C, 'catch_all', []), { structure: 'else', handler: 'all', cost: 0 }),
]
