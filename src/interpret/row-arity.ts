// How many operands an instruction takes and what it gives, for rows whose type depends on the context: their typing rule, run over a
// stack that only counts what is popped and collects what is pushed.

import { InternalError } from '../errors/heddle-error.ts'
import type { Instruction } from '../instructions/define.ts'
import type { Immediates } from '../instructions/immediates.ts'
import type { Typing } from '../instructions/typing.ts'
import type { CompiledModule } from '../runtime/instance.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { BOT, BOT_HEAP, I32, I64, refType } from '../syntax/types.ts'
import type { ArrayType, ContType, StructType, ValType } from '../syntax/types.ts'
import { topOf } from '../validate/matching.ts'

interface RowArity {
  readonly params: number
  readonly results: readonly ValType[]
}

/** The row is not one that opens, ends or leaves a block: those have handlers of their own. */
export function rowArity(row: Instruction, im: Immediates, compiled: CompiledModule): RowArity {
  const { signature, access } = row
  if (signature !== undefined) {
    return { params: signature.params.length + (access === undefined ? 0 : 1), results: signature.results }
  }
  const { module, spaces } = compiled
  let params = 0
  const results: ValType[] = []
  const none = (): never => {
    throw new InternalError(`${row.name} needs a handler of its own in the interpreter`)
  }
  const counter: Typing = {
    pop: () => void params++,
    popAny: () => {
      params++
      return BOT
    },
    popRef: () => {
      params++
      return refType(false, BOT_HEAP)
    },
    popRefOf: (top) => {
      params++
      return refType(false, top)
    },
    popCopies: (_, count) => void (params += count),
    push: (type) => void results.push(type),
    popAll: (types) => void (params += types.length),
    pushAll: (types) => void results.push(...types),
    addr: (type) => (type === 'i64' ? I64 : I32),
    global: (x) => spaces.globals[x]!,
    table: (x) => spaces.tables[x]!,
    memory: (x) => spaces.memories[x]!,
    func: (x) => funcTypeOf(module, spaces.funcs[x]!),
    funcTypeIdx: (x) => spaces.funcs[x]!,
    isExactFunc: () => true,
    descriptor: (x) => module.descriptors?.get(x)?.descriptor,
    type: (x) => funcTypeOf(module, x),
    structType: (x) => module.types[x] as StructType,
    arrayType: (x) => module.types[x] as ArrayType,
    contType: (x) => module.types[x] as ContType,
    tag: (x) => funcTypeOf(module, spaces.tags[x]!),
    valType: (type) => type,
    heapType: (heap) => heap,
    topOf: (heap) => topOf(heap, compiled.types),
    elem: (x) => module.elems[x]!.type,
    data: () => undefined,
    matches: () => undefined,
    isSubtype: () => true,
    isOn: () => true,
    matchAll: () => undefined,
    declaredFunc: () => undefined,
    readLocal: none,
    setLocal: none,
    peekAll: none,
    blockType: none,
    label: none,
    labelKind: none,
    returns: none,
    pushControl: none,
    popControl: none,
    unreachable: none,
    invalid: none,
  }
  row.rule!(counter, im)
  return { params, results }
}
