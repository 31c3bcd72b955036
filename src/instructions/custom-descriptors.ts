// The proposal custom-descriptors: structures that describe others, and are kept in place of what an engine would know about their type.
// Exact types are in the rules of the instructions that make or cast references. https://github.com/WebAssembly/custom-descriptors

import { exactly, heapTypeName, heapTypeOf, isExact, refType, typeIdxOf, type RefType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import { brOnCast, brOnCastFail, checkDefaultable, fieldsOf, gcOpcode, made, refCast } from './gc.ts'
import type { Typing, TypingRule } from './typing.ts'

/** The descriptor of a new structure lies above its fields. */
function popDescriptor(C: Typing, x: number): void {
  const descriptor = C.descriptor(x)
  if (descriptor === undefined) C.invalid('type without descriptor requires non-descriptor allocation')
  else C.pop(refType(true, exactly(descriptor)))
}

/** The descriptor that a cast compares with; where the target is exact, it must be known to describe nothing else. */
function popTargetDescriptor(C: Typing, target: RefType): void {
  const heap = heapTypeOf(C.valType(target))
  const descriptor = heap < 0 ? undefined : C.descriptor(typeIdxOf(heap))
  if (descriptor === undefined) {
    C.invalid(`type ${heapTypeName(heap < 0 ? heap : typeIdxOf(heap))} does not have a descriptor`)
  } else C.pop(refType(true, isExact(heap) ? exactly(descriptor) : descriptor))
}

const refGetDesc: TypingRule = (C, { x }) => {
  const descriptor = C.descriptor(x)
  if (descriptor === undefined) return C.invalid(`type without descriptor: type ${x}`)
  const type = C.popRef()
  const isOfItself = C.isSubtype(type, refType(true, exactly(x)))
  if (!isOfItself) C.matches(type, refType(true, x))
  C.push(refType(false, isOfItself ? exactly(descriptor) : descriptor))
}

const refCastDescEq: TypingRule = (C, im) => {
  popTargetDescriptor(C, im.x)
  refCast(C, im)
}

// prettier-ignore
export const customDescriptors: readonly Instruction[] = [
  ruled(gcOpcode(32), 'struct.new_desc', ['typeidx'], (C, { x }) => {
    const { operands } = fieldsOf(C.structType(x))
    popDescriptor(C, x)
    C.popAll(operands)
    C.push(made(x))
  }, { constant: true }),
  ruled(gcOpcode(33), 'struct.new_default_desc', ['typeidx'], (C, { x }) => {
    const { needsValue } = fieldsOf(C.structType(x))
    popDescriptor(C, x)
    if (needsValue !== undefined) checkDefaultable(C, needsValue)
    C.push(made(x))
  }, { constant: true }),
  ruled(gcOpcode(34), 'ref.get_desc', ['typeidx'], refGetDesc),
  ruled(gcOpcode(35), 'ref.cast_desc_eq', ['reftype'], refCastDescEq, { nullable: gcOpcode(36) }),
  ruled(gcOpcode(36), 'ref.cast_desc_eq', ['nullreftype'], refCastDescEq),
  ruled(gcOpcode(37), 'br_on_cast_desc_eq', ['castop'], (C, im) => {
    popTargetDescriptor(C, im.hi)
    brOnCast(C, im)
  }),
  ruled(gcOpcode(38), 'br_on_cast_desc_eq_fail', ['castop'], (C, im) => {
    popTargetDescriptor(C, im.hi)
    brOnCastFail(C, im)
  }),
]
