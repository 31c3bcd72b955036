// The proposal stack-switching: continuations. https://github.com/WebAssembly/stack-switching

import { EXNREF, heapTypeOf, isRefType, refType, resultTypeName } from '../syntax/types.ts'
import type { FuncType, ValType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import { CLAUSE_NUMBERS, ON_SWITCH, type Immediates } from './immediates.ts'
import type { Typing } from './typing.ts'

/** The function type of a continuation type. */
function contFunc(C: Typing, typeIdx: number): FuncType {
  return C.type(C.contType(typeIdx).typeIdx)
}

/** A function type of these parameters and results may stand where the other is wanted. */
function matchFunc(C: Typing, params: readonly ValType[], results: readonly ValType[], expected: FuncType): void {
  C.matchAll(expected.params, params)
  C.matchAll(results, expected.results)
}

/** `(on tag label)`: the label gets what was suspended with, and a continuation that takes what the suspension gives. */
function checkLabelClause(C: Typing, tag: FuncType, label: readonly ValType[], results: readonly ValType[]): void {
  const last = label.at(-1)
  if (last === undefined || !isRefType(last) || heapTypeOf(last) < 0) {
    C.invalid(
      `type mismatch: instruction requires concrete continuation reference type but label has ${resultTypeName(label)}`,
    )
  }
  matchFunc(C, tag.results, results, contFunc(C, heapTypeOf(last)))
  C.matchAll([...tag.params, last], label)
}

/** The clauses of a resumption that comes to `results`. */
function checkClauses(C: Typing, { list, count }: Immediates, results: readonly ValType[]): void {
  for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
    const tag = C.tag(list[i + 1]!)
    if (list[i] !== ON_SWITCH) checkLabelClause(C, tag, C.label(list[i + 2]!), results)
    else checkSwitchClause(C, tag, results)
  }
}

/**
 * `(on tag switch)`: what is switched to comes to the tag's results, and so does what is switched from when it is resumed later. Both must be
 * what this resumption comes to, so that the lists have to be equal.
 */
function checkSwitchClause(C: Typing, tag: FuncType, results: readonly ValType[]): void {
  checkSwitchTag(C, tag)
  C.matchAll(tag.results, results)
  C.matchAll(results, tag.results)
}

function checkSwitchTag(C: Typing, { params }: FuncType): void {
  if (params.length > 0) C.invalid(`type mismatch in switch tag: it takes ${resultTypeName(params)}`)
}

function checkResume(C: Typing, im: Immediates, operands: readonly ValType[]): void {
  const { results } = contFunc(C, im.x)
  checkClauses(C, im, results)
  C.pop(refType(true, im.x))
  C.popAll(operands)
  C.pushAll(results)
}

function checkBind(C: Typing, from: number, to: number): void {
  const { params, results } = contFunc(C, from)
  const bound = contFunc(C, to)
  const count = params.length - bound.params.length
  if (count < 0) C.invalid('type mismatch in continuation arguments: there are too few')
  matchFunc(C, params.slice(count), results, bound)
  C.popAll([...params.slice(0, count), refType(true, from)])
  C.push(refType(false, to))
}

function checkSwitch(C: Typing, typeIdx: number, tagIdx: number): void {
  const { params, results } = contFunc(C, typeIdx)
  const last = params.at(-1)
  if (last === undefined || !isRefType(last)) {
    C.invalid(
      `type mismatch: instruction requires continuation reference type but the type annotation has ${resultTypeName(params)}`,
    )
  }
  const back = contFunc(C, heapTypeOf(last))
  const tag = C.tag(tagIdx)
  checkSwitchTag(C, tag)
  C.matchAll(results, tag.results)
  C.matchAll(tag.results, back.results)
  C.popAll([...params.slice(0, -1), refType(true, typeIdx)])
  C.pushAll(back.params)
}

// prettier-ignore
export const stackSwitching: readonly Instruction[] = [
  ruled(0xe0, 'cont.new', ['typeidx'], (C, { x }) => {
    C.pop(refType(true, C.contType(x).typeIdx))
    C.push(refType(false, x))
  }),
  ruled(0xe1, 'cont.bind', ['typeidx', 'typeidx'], (C, { x, y }) => checkBind(C, x, y)),
  ruled(0xe2, 'suspend', ['tagidx'], (C, { x }) => {
    const { params, results } = C.tag(x)
    C.popAll(params)
    C.pushAll(results)
  }, { transfer: 'suspend' }),
  ruled(0xe3, 'resume', ['typeidx', 'onclauses'], (C, im) => checkResume(C, im, contFunc(C, im.x).params),
    { transfer: 'resume' }),
  ruled(0xe4, 'resume_throw', ['typeidx', 'tagidx', 'onclauses'], (C, im) => checkResume(C, im, C.tag(im.y).params),
    { transfer: 'resume with exception' }),
  ruled(0xe5, 'resume_throw_ref', ['typeidx', 'onclauses'], (C, im) => checkResume(C, im, [EXNREF]),
    { transfer: 'resume with exnref' }),
  ruled(0xe6, 'switch', ['typeidx', 'tagidx'], (C, { x, y }) => checkSwitch(C, x, y), { transfer: 'suspend' }),
]
