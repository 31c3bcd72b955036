// A random module: its shape with code in it. Valid by construction, with all that can be looked at exported: functions as `f5`, globals as
// `g0`, tables as `t0`, the memory as `m`.

import { encodeModule } from '../../src/binary/encode-module.ts'
import type { Code, Elem, Export, Global, Module } from '../../src/syntax/module.ts'
import { EXTERN, EXTERNREF, F32, F64, FUNC, FUNCREF, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'
import { InstructionWriter } from '../../src/instructions/instruction-writer.ts'
import { instructionByName } from '../../src/instructions/table.ts'
import type { Immediates } from '../../src/instructions/immediates.ts'
import { BodyGenerator } from './body-generator.ts'
import { DATA_SEGMENTS, ELEM_SEGMENTS, FUEL, IMPORTS, MEMORY_MAX, TABLE_MAX, TABLE_SIZE } from './module-shape.ts'
import { drawShape, type ModuleShape } from './module-shape.ts'
import { Random } from './random.ts'

export interface GeneratedModule {
  readonly shape: ModuleShape
  readonly module: Module
  readonly bytes: Uint8Array
}

export interface GenerateOptions {
  /** Whether vectors occur. */
  readonly simd: boolean
}

export function generateModule(seed: number, { simd }: GenerateOptions): GeneratedModule {
  const random = new Random(seed)
  const shape = drawShape(random, simd && random.chance(0.5))
  const defined = shape.funcs.slice(IMPORTS.length)
  const module: Module = {
    types: shape.types,
    subtypes: new Map(),
    recGroups: [],
    tags: [],
    imports: IMPORTS.map(({ name }, typeIdx) => ({ module: 'host', name, type: { kind: 'func', typeIdx } })),
    funcs: defined.map(({ typeIdx, type }) => ({ typeIdx, code: new BodyGenerator(random, shape, type).generate() })),
    tables: shape.tables.map((elem) => ({
      type: { addrType: 'i32', elem, limits: { min: TABLE_SIZE, max: TABLE_MAX } },
    })),
    memories: shape.hasMemory ? [{ addrType: 'i32', shared: false, limits: { min: 1, max: MEMORY_MAX } }] : [],
    globals: shape.globals.map(({ type, mutable }, x): Global => ({
      type: { type, mutable },
      init: x === 0 ? constant(I32, { x: FUEL }) : constant(type, zeroOf(type)),
    })),
    exports: exportsOf(shape),
    elems: elemsOf(shape, random),
    datas: shape.hasMemory ? datasOf(random) : [],
    customs: [],
    spareSections: [],
  }
  return { shape, module, bytes: encodeModule(module) }
}

function exportsOf({ funcs, globals, tables, hasMemory }: ModuleShape): Export[] {
  const exports: Export[] = []
  funcs.forEach(({ exported }, index) => {
    if (exported) exports.push({ name: `f${index}`, kind: 'func', index })
  })
  globals.forEach(({ type }, index) => {
    if (type !== V128) exports.push({ name: `g${index}`, kind: 'global', index })
  })
  tables.forEach((_, index) => exports.push({ name: `t${index}`, kind: 'table', index }))
  if (hasMemory) exports.push({ name: 'm', kind: 'memory', index: 0 })
  return exports
}

/** The passive segments; the first table, filled but for its end; and all functions, declared. */
function elemsOf({ funcs, items }: ModuleShape, random: Random): Elem[] {
  const draw = (count: number): Uint32Array => Uint32Array.from({ length: count }, () => random.below(funcs.length))
  const passive = Array.from({ length: ELEM_SEGMENTS }, (): Elem => ({
    type: FUNCREF,
    mode: { kind: 'passive' },
    items: draw(random.below(4)),
  }))
  const offset = constant(I32, { x: 0 })
  return [
    ...passive,
    { type: FUNCREF, mode: { kind: 'active', index: 0, offset, explicit: false }, items: Uint32Array.from(items) },
    { type: FUNCREF, mode: { kind: 'declarative' }, items: Uint32Array.from(funcs.keys()) },
  ]
}

function datasOf(random: Random): Module['datas'] {
  const draw = (most: number): Uint8Array => Uint8Array.from({ length: random.below(most) }, () => random.below(256))
  const active = (): Module['datas'][number] => ({
    mode: { kind: 'active', index: 0, offset: constant(I32, { x: random.below(256) }), explicit: false },
    bytes: draw(1024),
  })
  return Array.from({ length: DATA_SEGMENTS }, (_, i) =>
    i === 0 ? active() : { mode: { kind: 'passive' }, bytes: draw(32) },
  )
}

const CONSTANTS: ReadonlyMap<ValType, string> = new Map([
  [I32, 'i32.const'],
  [I64, 'i64.const'],
  [F32, 'f32.const'],
  [F64, 'f64.const'],
  [V128, 'v128.const'],
  [FUNCREF, 'ref.null'],
  [EXTERNREF, 'ref.null'],
])

function zeroOf(type: ValType): Partial<Immediates> {
  return type === FUNCREF ? { x: FUNC } : type === EXTERNREF ? { x: EXTERN } : { lo: 0x12345678 }
}

function constant(type: ValType, im: Partial<Immediates>): Code {
  const writer = new InstructionWriter()
  const zeros = { x: 0, y: 0, align: 0, lo: 0, hi: 0, list: [], count: 0, vector: new Int32Array(4) }
  writer.write(instructionByName(CONSTANTS.get(type)!)!, { ...zeros, ...im })
  writer.write(instructionByName('end')!, zeros)
  return { bytes: writer.toBytes(), start: 0, end: writer.length }
}
