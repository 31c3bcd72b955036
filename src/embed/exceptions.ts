// Tags and exceptions that the host makes.

import { UsageError } from '../errors/heddle-error.ts'
import { ExceptionInstance, WasmException } from '../runtime/exception.ts'
import { Tag } from '../runtime/tag.ts'
import { canonicalFuncType } from '../validate/canonical-types.ts'
import { parseType } from './externs.ts'
import { valueFromJs } from './functions.ts'

/** A tag of the host's, to be imported: `createTag(['i32', 'externref'])`. */
export function createTag(types: readonly string[]): Tag {
  if (!Array.isArray(types)) throw new UsageError("a tag is made of a list of types, such as ['i32', 'externref']")
  return new Tag(canonicalFuncType({ kind: 'func', params: types.map(parseType), results: [] }))
}

/** An exception to be thrown into wasm: a host function throws it. The values are those that a call would take. */
export function createException(tag: Tag, values: readonly unknown[]): WasmException {
  if (!(tag instanceof Tag))
    throw new UsageError('an exception has a tag: one that an instance exports, or that createTag made')
  if (!Array.isArray(values)) throw new UsageError(`the values of an exception are an array, not ${typeof values}`)
  const { params } = tag.type
  if (values.length !== params.length) {
    throw new UsageError(
      `the tag takes ${params.length} ${params.length === 1 ? 'value' : 'values'}, not ${values.length}`,
      'ARITY_MISMATCH',
    )
  }
  const payload = params.map((type, i) => valueFromJs(type, values[i], `value ${i + 1} of the exception`))
  return new WasmException(new ExceptionInstance(tag, payload))
}
