// How continuations are lowered: every instruction leaves the loop with its operands in their slots, and the driver does it. The labels
// that a resumption's clauses name have landings, as those of exceptions do.

import { CLAUSE_NUMBERS, ON_SWITCH, type Immediates } from '../instructions/immediates.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { EXNREF, heapTypeOf, refType, type ContType, type FuncType, type ValType } from '../syntax/types.ts'
import { frameAt, labelTypes, passArguments, type Handler } from './control-frames.ts'
import { wordsOf } from './frame-values.ts'
import type { Lowering } from './lower.ts'
import { OPS, REASON } from './ops.ts'

function contFunc({ compiled: { module } }: Lowering, typeIdx: number): FuncType {
  return funcTypeOf(module, (module.types[typeIdx] as ContType).typeIdx)
}

function tagType({ compiled: { module, spaces } }: Lowering, tagIdx: number): FuncType {
  return funcTypeOf(module, spaces.tags[tagIdx]!)
}

function contRef(typeIdx: number): ValType {
  return refType(true, typeIdx)
}

/** Notes the clauses of a resumption whose operands begin at `slot`; gives the number of the note. */
function openSite(lowering: Lowering, { list, count }: Immediates, slot: number): number {
  const { landings, stack, reader } = lowering
  const site = landings.openSite()
  for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
    const tagIdx = list[i + 1]!
    if (list[i] === ON_SWITCH) {
      site.switches.push(tagIdx)
      continue
    }
    const frame = frameAt(lowering, list[i + 2]!)
    const typeIdx = heapTypeOf(labelTypes(frame).at(-1)!)
    const types = landings.withReference(tagType(lowering, tagIdx).params, contRef(typeIdx))
    frame.catches = true
    stack.reserve(slot + wordsOf(types))
    const pending = landings.add({ tagIdx, ref: 'above', slot, landing: -1, types, frame, offset: reader.start })
    site.clauses.push({ typeIdx, pending })
  }
  return landings.sites.length - 1
}

function resumption(reason: number, operandsOf: (lowering: Lowering, im: Immediates) => readonly ValType[]): Handler {
  return (lowering, im) => {
    const { code, stack } = lowering
    const slot = passArguments(lowering, [...operandsOf(lowering, im), contRef(im.x)])
    const site = openSite(lowering, im, slot)
    code.emit(OPS.leave, reason, slot, im.x, im.y, site)
    stack.pushAll(contFunc(lowering, im.x).results)
    lowering.endBlock()
  }
}

/** An operation that leaves one reference where its operands began. */
function making(reason: number, operandsOf: (lowering: Lowering, im: Immediates) => readonly ValType[]): Handler {
  return (lowering, im, { immediates }) => {
    const slot = passArguments(lowering, operandsOf(lowering, im))
    lowering.code.emit(OPS.leave, reason, slot, im.x, im.y)
    lowering.stack.push(contRef(immediates.length === 1 ? im.x : im.y))
  }
}

export const STACK_SWITCHING_HANDLERS: Readonly<Record<string, Handler>> = {
  'cont.new': making(REASON.contNew, (lowering, { x }) => [
    refType(true, (lowering.compiled.module.types[x] as ContType).typeIdx),
  ]),
  'cont.bind': making(REASON.contBind, (lowering, { x, y }) => {
    const { params } = contFunc(lowering, x)
    return [...params.slice(0, params.length - contFunc(lowering, y).params.length), contRef(x)]
  }),
  suspend: (lowering, { x }) => {
    const { params, results } = tagType(lowering, x)
    const slot = passArguments(lowering, params)
    lowering.code.emit(OPS.leave, REASON.suspend, slot, x)
    lowering.stack.pushAll(results)
    lowering.endBlock()
  },
  resume: resumption(REASON.resume, (lowering, { x }) => contFunc(lowering, x).params),
  resume_throw: resumption(REASON.resumeThrow, (lowering, { y }) => tagType(lowering, y).params),
  resume_throw_ref: resumption(REASON.resumeThrowRef, () => [EXNREF]),
  switch: (lowering, { x, y }) => {
    const { params } = contFunc(lowering, x)
    const slot = passArguments(lowering, [...params.slice(0, -1), contRef(x)])
    lowering.code.emit(OPS.leave, REASON.switch, slot, x, y)
    lowering.stack.pushAll(contFunc(lowering, heapTypeOf(params.at(-1)!)).params)
    lowering.endBlock()
  },
}
