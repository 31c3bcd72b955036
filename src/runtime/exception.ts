// Exceptions: what wasm throws and catches, and the error as which one leaves wasm where nobody caught it.
// https://webassembly.github.io/spec/core/exec/runtime.html#exception-instances

import { HeddleError } from '../errors/heddle-error.ts'
import { HostThrow } from '../errors/host-throw.ts'
import type { StackFrame } from '../errors/trap.ts'
import { EXTERNREF } from '../syntax/types.ts'
import { canonicalFuncType } from '../validate/canonical-types.ts'
import { closedResultTypeName } from '../validate/closed-type-name.ts'
import { HeapObject } from './heap.ts'
import { Tag } from './tag.ts'
import { refValue, toJs, type Ref, type Value } from './value.ts'

/** An exception: plain data. Its identity is the identity of a reference to it. */
export class ExceptionInstance extends HeapObject {
  readonly tag: Tag
  readonly values: readonly Value[]

  constructor(tag: Tag, values: readonly Value[]) {
    super()
    this.tag = tag
    this.values = values
  }

  get byteSize(): number {
    return exceptionBytes(this.values.length)
  }

  references(): Iterable<Ref> {
    return this.values.map(({ ref }) => ref)
  }
}

export function exceptionBytes(valueCount: number): number {
  return 64 + 64 * valueCount
}

/** The tag of what a host function throws that is no exception of wasm: its one value is the object thrown. */
export const HOST_TAG: Tag = new Tag(canonicalFuncType({ kind: 'func', params: [EXTERNREF], results: [] }))

const errors = new WeakMap<ExceptionInstance, WasmException>()

/** Shows a value to the host. */
type Presenter = (value: Value) => unknown

let present: Presenter = toJs

/** For the embedding, whose functions are other objects than the store's. */
export function presentValuesBy(presenter: Presenter): void {
  present = presenter
}

/**
 * An exception that came out of wasm, or is to be thrown into it by a host function. The same exception is the same error, however often it
 * passes. `tag` tells of which kind it is: compare it with an exported tag.
 */
export class WasmException extends HeddleError {
  override readonly name: string = 'WasmException'
  /** For the engine. */
  readonly exception: ExceptionInstance
  /** The call stack where wasm threw it, innermost first; empty where the host made it. Of a deep stack the innermost and the outermost frames. */
  readonly frames: readonly StackFrame[]
  /** How many frames the stack had in truth. */
  readonly depth: number

  constructor(exception: ExceptionInstance, frames: readonly StackFrame[] = [], depth: number = frames.length) {
    super('EXCEPTION', `uncaught exception of a tag with ${closedResultTypeName(exception.tag.type.params)}`)
    this.exception = exception
    this.frames = frames
    this.depth = depth
    errors.set(exception, this)
  }

  get tag(): Tag {
    return this.exception.tag
  }

  /** What it carries, as JavaScript has it. Throws where that is a v128 or another value that JavaScript has not got. */
  get values(): readonly unknown[] {
    return this.exception.values.map(present)
  }
}

/** The exception that something thrown by a host function is to wasm; undefined where no handler may catch it. */
export function exceptionOf(thrown: unknown): ExceptionInstance | undefined {
  if (thrown instanceof WasmException) return thrown.exception
  if (thrown instanceof HostThrow) return exceptionOf(thrown.cause)
  // Traps, quotas and whatever else the engine itself reports ends the run.
  if (thrown instanceof HeddleError) return undefined
  return new ExceptionInstance(HOST_TAG, [refValue(EXTERNREF, thrown)])
}

/** What the host is thrown for an exception that nobody caught. `trace` is asked where it leaves wasm for the first time. */
export function errorOf(
  exception: ExceptionInstance,
  trace: () => { readonly frames: readonly StackFrame[]; readonly depth: number },
): Error {
  if (exception.tag === HOST_TAG) {
    const thrown = exception.values[0]!.ref
    return thrown instanceof Error ? thrown : new HostThrow(thrown)
  }
  const known = errors.get(exception)
  if (known !== undefined) return known
  const { frames, depth } = trace()
  return new WasmException(exception, frames, depth)
}
