// The stub of a function that is the host's own business: its type, and a body that says what it is called with and gives zeros and nulls.

import { V128, type FuncType, type ValType } from '../../syntax/types.ts'
import { closedTypeName } from '../../validate/closed-type-name.ts'
import { parameterNames, propertyKey, stringLiteral, typeScriptType, zero } from './spelling.ts'

/** What stands for an import: a property of the interface, and one of the object; both lines of text without indentation. */
export interface Stub {
  readonly type: readonly string[]
  readonly value: readonly string[]
}

export interface FunctionImport {
  readonly module: string
  readonly name: string
  /** More than one where the same name is imported with several. */
  readonly types: readonly [FuncType, ...FuncType[]]
  /** As the name section has them. */
  readonly paramNames: readonly (string | undefined)[]
}

export function functionStub(request: FunctionImport): Stub {
  return request.types.length === 1 ? stubOfType(request, request.types[0]) : stubOfTypes(request)
}

function stubOfType({ name, paramNames, ...request }: FunctionImport, type: FuncType): Stub {
  const params = parameterNames(type.params.map((_, i) => paramNames[i] ?? `p${i}`))
  const signature = ['ctx: HostContext', ...params.map((param, i) => `${param}: ${typeScriptType(type.params[i]!)}`)]
  return {
    type: [`${propertyKey(name)}: (${signature.join(', ')}) => ${resultType(type.results)}`],
    value: [
      `${propertyKey(name)}(${['ctx', ...params].join(', ')}) {`,
      ...indented([
        announcement(request.module, name, params),
        ...([...type.params, ...type.results].includes(V128) ? NO_VECTORS : giving(type.results)),
      ]),
      '},',
    ],
  }
}

const NO_VECTORS: readonly string[] = ['throw new Error("vectors can\'t pass between wasm and JavaScript")']

/** One function serves all types, so it takes and gives what comes. */
function stubOfTypes({ module, name, types }: FunctionImport): Stub {
  const texts = types.map((type) => `//   ${typeText(type)}`)
  return {
    type: [`${propertyKey(name)}: (ctx: HostContext, ...args: unknown[]) => unknown`],
    value: [
      '// This name is imported with several types, and one function answers for all:',
      ...texts,
      `${propertyKey(name)}(ctx, ...args) {`,
      ...indented([announcement(module, name, ['args']), ...differing(types)]),
      '},',
    ],
  }
}

/** Where all give the same, that. */
function differing(types: FunctionImport['types']): string[] {
  const [first, ...rest] = types.map(({ results }) => giving(results).join('\n'))
  if (rest.every((text) => text === first)) return giving(types[0].results)
  return ["throw new Error('which type is meant, args must tell: give what that one gives')"]
}

export function typeText({ params, results }: FuncType): string {
  const text = (types: readonly ValType[]): string => `[${types.map(closedTypeName).join(' ')}]`
  return `${text(params)} -> ${text(results)}`
}

/** The line that says what a function is called with. */
export function announcement(module: string, name: string, params: readonly string[]): string {
  const called = `${module}.${name}`
  if (params.length === 0) return `console.error(${stringLiteral(`${visible(called)}()`)})`
  // In front of other arguments, a percent sign would be an instruction.
  return `console.error(${stringLiteral(visible(called).replaceAll('%', '%%'))}, { ${params.join(', ')} })`
}

/** What would steer a terminal is told by its code. */
function visible(name: string): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

function resultType(results: readonly ValType[]): string {
  const types = results.map(typeScriptType)
  const value = types.length === 1 ? types[0]! : `[${types.join(', ')}]`
  if (types.length === 0) return 'void | Promise<void>'
  return value === 'unknown' ? value : `${value} | Promise<${value}>`
}

function giving(results: readonly ValType[]): string[] {
  if (results.length === 0) return []
  const values = results.map(zero)
  const lacking = values.indexOf(undefined)
  if (lacking >= 0) {
    return [`throw new Error(${stringLiteral(`give a ${closedTypeName(results[lacking]!)} here: it has no null`)})`]
  }
  return [`return ${values.length === 1 ? values[0]! : `[${values.join(', ')}]`}`]
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`))
}
