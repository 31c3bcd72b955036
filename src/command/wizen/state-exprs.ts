// Values that an instance holds as constant expressions that make them anew. What has identity is made once: further references to it are
// references to an immutable global that holds it, and where there is none, or where a value is no constant at all, that is an error.

import { ConstExprWriter } from '../../instructions/const-expr-writer.ts'
import { ArrayInstance, StructInstance } from '../../runtime/aggregate.ts'
import { ContinuationInstance } from '../../runtime/continuation.ts'
import { ExceptionInstance } from '../../runtime/exception.ts'
import { FuncInstance } from '../../runtime/func.ts'
import type { CompiledModule, Instance } from '../../runtime/instance.ts'
import { hasHeapType } from '../../runtime/reference.ts'
import type { Ref, Value } from '../../runtime/value.ts'
import { MODULE_LIMITS } from '../../syntax/limits.ts'
import type { Code } from '../../syntax/module.ts'
import { EXTERN, F64, FUNC, I31, I64, V128, exactly, heapTypeOf, isNullable, isRefType } from '../../syntax/types.ts'
import { refType, unpacked } from '../../syntax/types.ts'
import type { ArrayType, RefType, StructType, ValType } from '../../syntax/types.ts'
import type { CanonicalType } from '../../validate/canonical-types.ts'
import { matchesValType, topOf } from '../../validate/matching.ts'
import { inexpressible } from './wizen-error.ts'

type Aggregate = StructInstance | ArrayInstance

/** Names what holds a value. */
type Place = () => string

/** What is left to write of an expression, the next last: nesting has no limit. */
type Tasks = (() => void)[]

export class StateExprs {
  private readonly instance: Instance
  private readonly compiled: CompiledModule
  private readonly typeIndices: ReadonlyMap<CanonicalType, number>
  private readonly importedFuncs: ReadonlyMap<FuncInstance, number>
  /** What an expression has made, with the immutable globals that hold it. */
  private readonly made: Map<Aggregate, number[]> = new Map()
  private writer = new ConstExprWriter()
  /** What holds the value that is being written, for errors. */
  private where: Place = () => ''

  constructor(instance: Instance) {
    const { compiled } = instance
    this.instance = instance
    this.compiled = compiled
    const { types } = compiled.module
    // Of equal definitions, the first.
    this.typeIndices = new Map(types.map((_, i) => [compiled.types.canonical(i), i] as const).reverse())
    const { importedFuncs } = compiled.spaces
    this.importedFuncs = new Map(
      Array.from({ length: importedFuncs }, (_, i) => [instance.func(i), i] as const).reverse(),
    )
  }

  /** To be called once for each global, in order: later expressions may refer to it. */
  global(globalIdx: number, where: Place): Code {
    const { type, mutable } = this.compiled.spaces.globals[globalIdx]!
    const value = this.instance.globals[globalIdx]!.get()
    if (!isRefType(type)) return this.number(type, value)
    const code = this.reference(value.ref, type, where)
    if (!mutable && isAggregate(value.ref)) this.made.get(value.ref)!.push(globalIdx)
    return code
  }

  /** A reference that must be of the type, whose indices are the module's. */
  reference(ref: Ref, type: RefType, where: Place): Code {
    this.writer = new ConstExprWriter()
    this.where = where
    const tasks: Tasks = [() => this.writeReference(ref, type, tasks)]
    while (tasks.length > 0) tasks.pop()!()
    return this.writer.end()
  }

  /** The index of a function of the type. */
  funcIdx(ref: Ref, type: RefType, where: Place): number {
    this.where = where
    if (!FuncInstance.is(ref)) throw this.holds('what is no function')
    if (ref.instance === this.instance) return ref.funcIdx
    const funcIdx = this.importedFuncs.get(ref)
    if (funcIdx === undefined) throw this.holds('a function that is not of this module')
    // What was given for an import may be of a subtype, which its index doesn't say.
    if (this.isOf(refType(false, this.compiled.spaces.funcs[funcIdx]!), type)) return funcIdx
    throw this.holds('an imported function that is of a more special type than its import')
  }

  private number(type: ValType, { lo, hi, upper }: Value): Code {
    const writer = new ConstExprWriter()
    writer.number(type, [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0])
    return writer.end()
  }

  private writeReference(ref: Ref, type: RefType, tasks: Tasks): void {
    const { writer, compiled } = this
    if (ref === null) return writer.null(heapTypeOf(type))
    const top = topOf(heapTypeOf(type), compiled.types)
    if (top === FUNC) return writer.func(this.funcIdx(ref, type, this.where))
    if (isAggregate(ref) && this.made.has(ref)) return this.writeKnown(ref, type)
    if (top === EXTERN) tasks.push(() => writer.convertTo('extern'))
    if (hasHeapType(ref, I31, compiled.types)) return writer.i31(ref as number)
    if (isAggregate(ref)) return this.writeAggregate(ref, tasks)
    if (ref instanceof ExceptionInstance) throw this.holds('an exception')
    if (ref instanceof ContinuationInstance) throw this.holds('a continuation')
    throw this.holds("a reference of the host's")
  }

  /** By a global whose type says enough: constant expressions have no casts, but for those between the hierarchies. */
  private writeKnown(ref: Aggregate, type: RefType): void {
    const { writer, compiled } = this
    const top = topOf(heapTypeOf(type), compiled.types)
    for (const globalIdx of this.made.get(ref)!) {
      const held = compiled.spaces.globals[globalIdx]!.type
      if (this.isOf(held, type)) return writer.global(globalIdx)
      const isConverted = topOf(heapTypeOf(held), compiled.types) !== top
      if (!isConverted || !this.isOf(refType(isNullable(held), top), type)) continue
      writer.global(globalIdx)
      return writer.convertTo(top === EXTERN ? 'extern' : 'any')
    }
    throw this.holds(
      `${aggregateName(ref)} that something else refers to, too: a constant expression would make a second one`,
    )
  }

  private writeAggregate(ref: Aggregate, tasks: Tasks): void {
    this.made.set(ref, [])
    const typeIdx = this.typeIndices.get(ref.type)
    if (typeIdx === undefined) throw this.holds(`${aggregateName(ref)} of a type that the module doesn't define`)
    if (ref instanceof StructInstance) this.writeStruct(ref, typeIdx, tasks)
    else this.writeArray(ref, typeIdx, tasks)
  }

  private writeStruct({ values, descriptor }: StructInstance, typeIdx: number, tasks: Tasks): void {
    const { writer, compiled } = this
    const { fields } = compiled.structLayout(typeIdx)
    const types = (compiled.module.types[typeIdx] as StructType).fields
    tasks.push(() => writer.struct(typeIdx, descriptor !== null))
    const described = compiled.module.descriptors?.get(typeIdx)?.descriptor
    if (descriptor !== null && described !== undefined) {
      tasks.push(() => this.writeReference(descriptor, refType(false, exactly(described)), tasks))
    }
    for (let i = fields.length - 1; i >= 0; i--) {
      const { at } = fields[i]!
      tasks.push(() => this.writeField(unpacked(types[i]!.type), values, at, tasks))
    }
  }

  private writeArray(array: ArrayInstance, typeIdx: number, tasks: Tasks): void {
    const { writer, compiled } = this
    const { length, layout } = array
    const type = unpacked((compiled.module.types[typeIdx] as ArrayType).elem.type)
    const elements: ArrayLike<Ref> = layout.kind === 'ref' ? array.refs : array.words
    const write = (i: number): void => this.writeField(type, elements, i * layout.stride, tasks)
    if (length > 1 && isUniform(elements, layout.stride)) {
      tasks.push(() => writer.uniformArray(typeIdx, length))
      return write(0)
    }
    if (length > MODULE_LIMITS.fields) {
      throw this.holds(
        `an array of ${length} different elements: a constant expression makes ${MODULE_LIMITS.fields} at most`,
      )
    }
    tasks.push(() => writer.fixedArray(typeIdx, length))
    for (let i = length - 1; i >= 0; i--) tasks.push(() => write(i))
  }

  /** Of a field or element: the words, or the reference, from `at` on. */
  private writeField(type: ValType, values: ArrayLike<Ref>, at: number, tasks: Tasks): void {
    if (isRefType(type)) return this.writeReference(values[at], type, tasks)
    const words = type === V128 ? 4 : type === I64 || type === F64 ? 2 : 1
    this.writer.number(
      type,
      Array.from({ length: words }, (_, i) => values[at + i] as number),
    )
  }

  private isOf(found: RefType, type: RefType): boolean {
    return matchesValType(found, type, this.compiled.types)
  }

  private holds(what: string): Error {
    return inexpressible(this.where(), what)
  }
}

function isAggregate(ref: Ref): ref is Aggregate {
  return ref instanceof StructInstance || ref instanceof ArrayInstance
}

function aggregateName(ref: Aggregate): string {
  return ref instanceof StructInstance ? 'a structure' : 'an array'
}

/** Whether all elements of `stride` words, or references, are the same. */
function isUniform(elements: ArrayLike<Ref>, stride: number): boolean {
  for (let i = stride; i < elements.length; i++) if (elements[i] !== elements[i - stride]) return false
  return true
}
