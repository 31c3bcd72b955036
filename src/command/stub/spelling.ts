// How names and types of a module are spelled in TypeScript. Names are whatever bytes a module has: as a string they are quoted, as an
// identifier they are made one, and in neither can they end a literal, a comment or a line.

import { FUNC, I64, V128, heapTypeOf, isDefaultable, isNullable, isRefType, type ValType } from '../../syntax/types.ts'
import { CLOSED } from '../../validate/canonical-types.ts'
import { closedTypeName } from '../../validate/closed-type-name.ts'
import { topOf } from '../../validate/matching.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** Words that can't name a parameter in a module, and what a stub uses itself. */
// prettier-ignore
const TAKEN: readonly string[] = [
  'arguments', 'await', 'break', 'case', 'catch', 'class', 'const', 'continue', 'debugger', 'default', 'delete', 'do', 'else', 'enum', 'eval',
  'export', 'extends', 'false', 'finally', 'for', 'function', 'if', 'implements', 'import', 'in', 'instanceof', 'interface', 'let', 'new', 'null',
  'package', 'private', 'protected', 'public', 'return', 'static', 'super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var', 'void',
  'while', 'with', 'yield', 'undefined', 'NaN', 'Infinity', 'console', 'ctx', 'heddle', 'total', 'Error', 'Object', 'Uint8Array',
]

/** Everything but visible ASCII is escaped, so that no reader and no tool takes a part of it for something else. */
const NEEDS_ESCAPE = /[^ -~]|['\\]/gu

/** `'a name'`: a string literal. */
export function stringLiteral(text: string): string {
  return `'${text.replace(NEEDS_ESCAPE, escape)}'`
}

function escape(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`
  if (character === '\n') return '\\n'
  const code = character.codePointAt(0)!
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** A property's name in an object literal or a type. `__proto__` as such would set the prototype. */
export function propertyKey(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return IDENTIFIER.test(name) ? name : stringLiteral(name)
}

/** Identifiers for parameters, each another one: as they are called where that can be, else with underscores. */
export function parameterNames(wanted: readonly string[]): string[] {
  const taken = new Set(TAKEN)
  return wanted.map((name) => {
    const plain = name.replace(/[^\w$]+/g, '_').replace(/^(?=\d)/, '_')
    const start = plain === '' ? '_' : plain
    let unique = start
    for (let n = 2; taken.has(unique); n++) unique = TAKEN.includes(start) && n === 2 ? `${start}_` : `${start}_${n}`
    taken.add(unique)
    return unique
  })
}

function isFunction(type: ValType): boolean {
  return isRefType(type) && topOf(heapTypeOf(type), CLOSED) === FUNC
}

/** What JavaScript has for values of the type. */
export function typeScriptType(type: ValType): string {
  if (type === I64) return 'bigint'
  if (type === V128) return 'never'
  if (!isRefType(type)) return 'number'
  if (!isFunction(type)) return 'unknown'
  return isNullable(type) ? 'ExportedFunction | null' : 'ExportedFunction'
}

/** What a variable of the type has at the beginning; undefined where it has nothing that JavaScript could give. */
export function zero(type: ValType): string | undefined {
  if (type === I64) return '0n'
  if (type === V128 || !isDefaultable(type)) return undefined
  return isRefType(type) ? 'null' : '0'
}

/** Whether `createGlobal` and its like know the type by its text: all that name no definition of a module. */
export function hasName(type: ValType): boolean {
  return !isRefType(type) || heapTypeOf(type) < 0
}

/** `'i32'` */
export function typeLiteral(type: ValType): string {
  return stringLiteral(closedTypeName(type))
}
