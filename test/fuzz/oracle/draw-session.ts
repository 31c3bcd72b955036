// Prepares a module of binaryen's for the comparison: everything that it has is exported, so that it can be looked at, and calls of its
// functions are drawn.

import { decodeModule, encodeModule } from 'heddle/wat'
import { indexSpaces, type Export, type Module } from '../../../src/syntax/module.ts'
import { F32, F64, I32, I64, valTypeName, type FuncType, type ValType } from '../../../src/syntax/types.ts'
import type { Random } from '../random.ts'
import type { Session, SessionFunction, SpelledValue } from './session.ts'

export interface Prepared {
  readonly bytes: Uint8Array
  readonly session: Session
}

/** Values of these types don't cross the boundary to JavaScript: the JS API has a TypeError for them. */
const CONFINED = /^(v128|(null)?exnref|\(ref (null )?(no)?exn\))$/

export function prepare(original: Uint8Array, random: Random): Prepared {
  const syntax = decodeModule(original)
  const spaces = indexSpaces(syntax)
  const kinds = [
    ['func', spaces.funcs.length, spaces.importedFuncs],
    ['memory', spaces.memories.length, 0],
    ['table', spaces.tables.length, 0],
    ['global', spaces.globals.length, 0],
  ] as const
  const added = kinds.flatMap(([kind, count, first]) =>
    Array.from({ length: count - first }, (_, i): Export => ({ name: `${kind} ${first + i}`, kind, index: first + i })),
  )
  const exports = [...syntax.exports, ...added]
  const open = (type: ValType): boolean => !CONFINED.test(valTypeName(type))
  const visible = (kind: Export['kind'], shown: (index: number) => boolean): string[] =>
    added.filter((each) => each.kind === kind && shown(each.index)).map(({ name }) => name)
  const functions = drawFunctions(syntax, exports, random)
  return {
    bytes: encodeModule({ ...syntax, exports }),
    session: {
      exports: functions.map((each) => (each === null ? null : { name: each.name, args: each.args })),
      globals: syntax.imports.flatMap(({ module, name, type }) => (type.kind === 'global' ? [{ module, name }] : [])),
      calls: functions.flatMap((each) => (each === null ? [] : each.calls)),
      visible: {
        memories: visible('memory', () => true),
        tables: visible('table', (x) => open(spaces.tables[x]!.elem)),
        globals: visible('global', (x) => open(spaces.globals[x]!.type)),
      },
    },
  }
}

interface DrawnFunction extends SessionFunction {
  readonly calls: Session['calls']
}

function drawFunctions(syntax: Module, exports: readonly Export[], random: Random): (DrawnFunction | null)[] {
  const { funcs } = indexSpaces(syntax)
  const names = exports.flatMap(({ kind, name }) => (kind === 'func' ? [name] : []))
  const draw = (type: FuncType): SpelledValue[] | undefined => drawArguments(type, names, random)
  return exports.map(({ name, kind, index }) => {
    if (kind !== 'func') return null
    const type = syntax.types[funcs[index]!] as FuncType
    const args = draw(type)
    if (args === undefined) return null
    // Functions that have no export of their own are called once.
    const again = type.params.length > 0 && !name.startsWith('func ') ? [draw(type)!] : []
    return { name, args, calls: [args, ...again].map((each) => ({ name, args: each })) }
  })
}

/** Undefined where the function can't be called from outside. */
function drawArguments(type: FuncType, funcs: readonly string[], random: Random): SpelledValue[] | undefined {
  if ([...type.params, ...type.results].some((each) => CONFINED.test(valTypeName(each)))) return undefined
  const args = type.params.map((param) => drawArgument(param, funcs, random))
  return args.includes(undefined) ? undefined : (args as SpelledValue[])
}

function drawArgument(type: ValType, funcs: readonly string[], random: Random): SpelledValue | undefined {
  switch (type) {
    case I32:
      return `i32:${random.i32()}`
    case I64: {
      const [lo, hi] = random.i64()
      return `i64:${BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0))}`
    }
    case F32:
      return `f32:${(random.f32Bits() >>> 0).toString(16)}`
    case F64: {
      const [lo, hi] = random.f64Bits()
      return `f64:${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, '0')}`
    }
    default:
      return drawReference(valTypeName(type), funcs, random)
  }
}

function drawReference(type: string, funcs: readonly string[], random: Random): SpelledValue | undefined {
  const nullable = !type.startsWith('(ref ') || type.startsWith('(ref null ')
  if (nullable && random.chance(0.5)) return 'null'
  if (/^(externref|\(ref (null )?extern\))$/.test(type)) return `object:${random.below(10)}`
  if (/^(funcref|\(ref (null )?func\))$/.test(type)) return `func:${random.pick(funcs)}`
  return nullable ? 'null' : undefined
}
