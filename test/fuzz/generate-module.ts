// A random module: its shape with code in it. Valid by construction, with all that can be looked at exported: functions as `f5`, globals as
// `g0`, tables as `t0`, memories as `m0`.

import { encodeModule } from '../../src/binary/encode-module.ts'
import type { Code, Elem, Export, Global, Module } from '../../src/syntax/module.ts'
import { EXTERN, EXTERNREF, F32, F64, FUNC, FUNCREF, I32, I64, V128, type ValType } from '../../src/syntax/types.ts'
import { InstructionWriter } from '../../src/instructions/instruction-writer.ts'
import { instructionByName } from '../../src/instructions/table.ts'
import type { Immediates } from '../../src/instructions/immediates.ts'
import { BodyGenerator } from './body-generator.ts'
import { DATA_SEGMENTS, ELEM_SEGMENTS, FUEL, IMPORTS, MEMORY_MAX, TABLE_MAX, TABLE_SIZE } from './module-shape.ts'
import { drawShape, type GenerateOptions, type ModuleShape } from './module-shape.ts'
import { Random } from './random.ts'

export interface GeneratedModule {
  readonly shape: ModuleShape
  readonly module: Module
  readonly bytes: Uint8Array
}

export function generateModule(seed: number, options: GenerateOptions): GeneratedModule {
  const random = new Random(seed)
  const shape = drawShape(random, { ...options, simd: options.simd && random.chance(0.5) })
  const extended = options.extendedConst === true
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
    memories: shape.memories.map((addrType) => ({ addrType, shared: false, limits: { min: 1, max: MEMORY_MAX } })),
    globals: shape.globals.map(({ type, mutable }, x): Global => ({
      type: { type, mutable },
      init: x === 0 ? constant(I32, { x: FUEL }) : extended ? computed(type, random) : constant(type, zeroOf(type)),
    })),
    exports: exportsOf(shape),
    elems: elemsOf(shape, random),
    datas: datasOf(shape, random, extended),
    customs: [],
    spareSections: [],
  }
  return { shape, module, bytes: encodeModule(module) }
}

function exportsOf({ funcs, globals, tables, memories }: ModuleShape): Export[] {
  const exports: Export[] = []
  funcs.forEach(({ exported }, index) => {
    if (exported) exports.push({ name: `f${index}`, kind: 'func', index })
  })
  globals.forEach(({ type }, index) => {
    if (type !== V128) exports.push({ name: `g${index}`, kind: 'global', index })
  })
  tables.forEach((_, index) => exports.push({ name: `t${index}`, kind: 'table', index }))
  memories.forEach((_, index) => exports.push({ name: `m${index}`, kind: 'memory', index }))
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

/** An active segment for each memory, then passive ones. */
function datasOf({ memories }: ModuleShape, random: Random, extended: boolean): Module['datas'] {
  if (memories.length === 0) return []
  const draw = (most: number): Uint8Array => Uint8Array.from({ length: random.below(most) }, () => random.below(256))
  return Array.from({ length: DATA_SEGMENTS }, (_, index) => {
    const addrType = memories[index]
    if (addrType === undefined) return { mode: { kind: 'passive' }, bytes: draw(32) }
    const at = random.below(256)
    const type = addrType === 'i64' ? I64 : I32
    const offset = extended ? sum(type, at, random.below(256)) : constant(type, { x: at, lo: at })
    return { mode: { kind: 'active', index, offset, explicit: false }, bytes: draw(1024) }
  })
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

const ZEROS: Immediates = { x: 0, y: 0, align: 0, lo: 0, hi: 0, list: [], count: 0, vector: new Int32Array(4) }

type Step = readonly [name: string, im?: Partial<Immediates>]

function constant(type: ValType, im: Partial<Immediates>): Code {
  return expression([CONSTANTS.get(type)!, im])
}

function sum(type: ValType, a: number, b: number): Code {
  const prefix = type === I64 ? 'i64' : 'i32'
  return expression([`${prefix}.const`, { x: a, lo: a }], [`${prefix}.const`, { x: b, lo: b }], [`${prefix}.add`])
}

/** A constant expression with arithmetic, where the type has any. */
function computed(type: ValType, random: Random): Code {
  if (type !== I32 && type !== I64) return constant(type, zeroOf(type))
  const prefix = type === I64 ? 'i64' : 'i32'
  const operand = (): Step => {
    const [lo, hi] = random.i64()
    return [`${prefix}.const`, { x: lo, lo, hi }]
  }
  const steps = [operand()]
  for (let n = random.below(4); n > 0; n--) steps.push(operand(), [`${prefix}.${random.pick(['add', 'sub', 'mul'])}`])
  return expression(...steps)
}

function expression(...steps: readonly Step[]): Code {
  const writer = new InstructionWriter()
  for (const [name, im] of [...steps, ['end'] as const]) writer.write(instructionByName(name)!, { ...ZEROS, ...im })
  return { bytes: writer.toBytes(), start: 0, end: writer.length }
}
