// The stub of a function of WASI, from the table of functions: its parameters by their names, what lies behind the pointers, and a body
// that answers so that a program goes on: zeros as results, everything written, and no descriptor that isn't there.

import { Abi } from '../../wasi/preview1/abi.ts'
import { coreType, dialectOf, type Dialect } from '../../wasi/preview1/dialect.ts'
import { errnoCode } from '../../wasi/preview1/errno.ts'
import { functionType, type FunctionName, type PointerType } from '../../wasi/preview1/functions.ts'
import type { FuncType } from '../../syntax/types.ts'
import { valTypeName } from '../../syntax/types.ts'
import { announcement, indented, type Stub } from './function-stub.ts'
import { parameterNames, propertyKey } from './spelling.ts'

/** Undefined for what is no function of WASI, or is imported with a type that is not the standard's. */
export function wasiStub(module: string, name: string, type: FuncType): Stub | undefined {
  const dialect = dialectOf(module)
  const core = dialect && coreType(name, dialect)
  if (dialect === undefined || core === undefined) return undefined
  const isStandard =
    type.params.map(valTypeName).join() === core.params.join() &&
    type.results.map(valTypeName).join() === core.results.join()
  return isStandard ? standardStub(dialect, name as FunctionName, type) : undefined
}

interface CoreParam {
  readonly name: string
  /** What it is, and what lies there. */
  readonly meaning: string
}

/** The parameters that a function has as an import, in words: a path is two of them, and so is each result one. */
export function coreParams(abi: Abi, name: FunctionName): CoreParam[] {
  const { params, results } = functionType(name)
  return [...params.flatMap(([param, of]) => paramsOf(abi, param, of)), ...results.map(resultPointer(abi))]
}

function standardStub(dialect: Dialect, name: FunctionName, type: FuncType): Stub {
  const abi = new Abi(dialect.types)
  const { noreturn } = functionType(name)
  const core = coreParams(abi, name)
  const names = parameterNames(core.map((param) => param.name))
  const coreTypes = type.params.map((each) => (valTypeName(each) === 'i64' ? 'bigint' : 'number'))
  const signature = ['ctx: HostContext', ...names.map((param, i) => `${param}: ${coreTypes[i]!}`)]
  const returned = noreturn === true ? 'never' : 'number | Promise<number>'
  return {
    type: [
      '/**',
      ...core.map(({ meaning }, i) => ` * @param ${names[i]!} ${meaning}`),
      ` * @returns ${noreturn === true ? 'never' : 'an errno: 0 is success'}`,
      ' */',
      `${propertyKey(name)}: (${signature.join(', ')}) => ${returned}`,
    ],
    value: [
      `${propertyKey(name)}(${['ctx', ...names].join(', ')}) {`,
      ...indented([announcement(dialect.module, name, names), ...answer(abi, name, names)]),
      '},',
    ],
  }
}

function paramsOf(abi: Abi, name: string, of: string | PointerType): CoreParam[] {
  if (typeof of !== 'string') {
    const count = of.count === undefined ? '' : `${of.count} × `
    return [{ name, meaning: `pointer to ${count}${of.pointer} (${bytes(abi, of.pointer)})` }]
  }
  const type = abi.type(of)
  switch (type.kind) {
    case 'string':
      return [
        { name, meaning: 'pointer to UTF-8' },
        { name: `${name}_len`, meaning: 'its length in bytes' },
      ]
    case 'list':
      return [
        { name, meaning: `pointer to ${name}_len × ${type.element} (${bytes(abi, type.element)})` },
        { name: `${name}_len`, meaning: 'how many' },
      ]
    case 'enum':
      return [{ name, meaning: `${of}: ${type.names.map((each, i) => `${i} ${each}`).join(', ')}` }]
    case 'flags': {
      const bits = type.names.map((each, bit) => `1<<${bit} ${each}`)
      // Rights are too many to be read beside each function.
      return [{ name, meaning: bits.length === 0 || bits.length > 8 ? of : `${of}: ${bits.join(', ')}` }]
    }
    case 'int':
    case 'record':
    case 'union':
      return [{ name, meaning: of }]
  }
}

function resultPointer(abi: Abi): (result: readonly [name: string, type: string]) => CoreParam {
  return ([name, type]) => ({ name, meaning: `where the result goes: ${type} (${bytes(abi, type)})` })
}

function bytes(abi: Abi, type: string): string {
  const { size } = abi.layout(type)
  return size === 1 ? '1 byte' : `${size} bytes`
}

function answer(abi: Abi, name: FunctionName, names: readonly string[]): string[] {
  const { params, results, noreturn } = functionType(name)
  if (noreturn === true) {
    const code = names[0]!
    return [`throw Object.assign(new Error(\`the program exits with \${${code}}\`), { exitCode: ${code} })`]
  }
  if (results.some(([, type]) => type === 'fd' || type === 'prestat')) {
    return [`return ${errnoCode('badf')} // EBADF: there is no such descriptor`]
  }
  const isWrite = params.some(([, type]) => type === 'ciovec_array')
  const pointers = names.slice(names.length - results.length)
  return [...(isWrite ? allWritten(abi, names[1]!, names[2]!, pointers[0]!) : zeros(abi, name, pointers)), 'return 0']
}

function zeros(abi: Abi, name: FunctionName, pointers: readonly string[]): string[] {
  return functionType(name).results.map(([, type], i) => {
    return `ctx.memory.write(${pointers[i]!}, new Uint8Array(${abi.layout(type).size}))`
  })
}

/** A program that is told that nothing was written tries again for ever. */
function allWritten(abi: Abi, list: string, count: string, result: string): string[] {
  const { size, offsets } = abi.layout('ciovec')
  const at = `${list} + i * ${size} + ${offsets[1]!}`
  return [
    'let total = 0',
    `for (let i = 0; i < ${count}; i++) total += ctx.memory.view.getUint32(${at}, true)`,
    `ctx.memory.view.setUint32(${result}, total, true)`,
  ]
}
