// Differential: our verdict on random code is that of the host's own WebAssembly. Bodies are drawn instruction by instruction from the
// whole table, mostly such that the code so far is valid, then closed, then changed in one place.

import { setFlagsFromString } from 'node:v8'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import type { Instruction } from '../../../src/instructions/define.ts'
import type { ImmediateKind, Immediates } from '../../../src/instructions/immediates.ts'
import { InstructionWriter } from '../../../src/instructions/instruction-writer.ts'
import { instructionByName, proposalOf } from '../../../src/instructions/table.ts'
import type { Code, Module } from '../../../src/syntax/module.ts'
import { EMPTY_BLOCK, EXTERN, EXTERNREF, F32, F64, FUNC, FUNCREF, I32, I64, V128 } from '../../../src/syntax/types.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { HOST_ROWS } from '../../fuzz/host-features.ts'
import { NO_IMMEDIATES, code, codeOf, funcType, hostAccepts, moduleOf } from './hand-assembled.ts'

interface Drawn {
  readonly row: Instruction
  readonly im: Immediates
}

const VAL_TYPES = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF]
const TYPES = [
  '->',
  '-> i32',
  'i32 ->',
  'i64 f32 -> f32',
  'i32 i32 -> i64 i32',
  'funcref -> externref',
  'v128 i32 -> v128',
].map(funcType)

/** What the bodies may refer to; the function under test has the type of the given index and comes last. */
function inContext(typeIdx: number, body: Code): Module {
  return { ...CONTEXT, funcs: [{ typeIdx, code: body }] }
}

function zero(type: number): Code {
  const constants = new Map([
    [I32, 'i32.const'],
    [I64, 'i64.const'],
    [F32, 'f32.const'],
    [F64, 'f64.const'],
    [V128, 'v128.const 0 0 0 0'],
    [FUNCREF, 'ref.null func'],
    [EXTERNREF, 'ref.null extern'],
  ])
  return code(constants.get(type)!)
}

const CONTEXT: Module = moduleOf({
  types: TYPES,
  imports: TYPES.map((_, x) => ({ module: 'm', name: `f${x}`, type: { kind: 'func', typeIdx: x } })),
  tables: [FUNCREF, EXTERNREF].map((elem) => ({ type: { addrType: 'i32', elem, limits: { min: 1 } } })),
  memories: [{ addrType: 'i32', limits: { min: 1 }, shared: false }],
  globals: VAL_TYPES.flatMap((type) => [true, false].map((mutable) => ({ type: { type, mutable }, init: zero(type) }))),
  elems: [
    { type: FUNCREF, mode: { kind: 'passive' }, items: Uint32Array.from(TYPES.keys()).subarray(1) },
    { type: EXTERNREF, mode: { kind: 'passive' }, items: [code('ref.null extern')] },
  ],
  datas: [{ mode: { kind: 'passive' }, bytes: new Uint8Array(1) }],
})

/** How many of each there are in that context. A memory index other than 0 is left out: hosts without multi-memory read it otherwise. */
const COUNTS: Readonly<Partial<Record<ImmediateKind, number>>> = {
  labelidx: 3,
  localidx: VAL_TYPES.length,
  globalidx: VAL_TYPES.length * 2,
  funcidx: TYPES.length,
  typeidx: TYPES.length,
  tableidx: 2,
  elemidx: 2,
  dataidx: 1,
}

/** mulberry32: the same numbers in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

// Vectors have more rows than all others together: every fourth body is mostly made of them, the others of the rest.
// They need not all be met: their types are fixed, and test/table.test.ts asks the host about each.
// Proposals that are off by default are left out: atomic accesses have a test of their own, and handlers stand nowhere by chance.
const DEFAULT_ROWS = HOST_ROWS.filter((row) => proposalOf(row).on)
const SCALAR = DEFAULT_ROWS.filter(({ opcode }) => opcode >>> 16 !== 0xfd)
const STRUCTURED = DEFAULT_ROWS.filter(({ structure }) => structure !== undefined)
const VECTORIAL = DEFAULT_ROWS.filter(({ opcode }) => opcode >>> 16 === 0xfd)

const CONSTANTS = DEFAULT_ROWS.filter((row) => row.constant)
const LEAVES = CONSTANTS.filter((row) => row.signature === undefined)
const OPERATIONS = CONSTANTS.filter((row) => row.signature !== undefined)

class Generator {
  private readonly random: () => number

  private readonly vectorial: boolean

  constructor(seed: number) {
    this.random = randomFrom(seed)
    this.vectorial = seed % 4 === 0
  }

  below(n: number): number {
    return Math.floor(this.random() * n)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  instruction(rows: readonly Instruction[] = this.rows()): Drawn {
    const row = this.pick(rows)
    return { row, im: this.immediates(row) }
  }

  private rows(): readonly Instruction[] {
    if (this.vectorial) return this.chance(0.75) ? VECTORIAL : SCALAR
    return this.chance(0.04) ? STRUCTURED : SCALAR
  }

  private immediates({ immediates, access, atomic }: Instruction): Immediates {
    const [x, y] = immediates.map((kind) => this.index(kind))
    const [kind] = immediates
    switch (kind) {
      case 'memarg':
        return {
          ...NO_IMMEDIATES,
          align: this.alignment(Math.log2(access!.bytes), atomic !== undefined),
          lo: this.below(1000),
          y: this.lane(),
        }
      case 'laneidx':
        return { ...NO_IMMEDIATES, y: this.lane() }
      case 'v128':
        return { ...NO_IMMEDIATES, vector: Int32Array.from({ length: 4 }, () => this.below(2 ** 32)) }
      case 'lanes': {
        const bytes = Uint8Array.from({ length: 16 }, () => this.below(this.chance(0.01) ? 256 : 32))
        return { ...NO_IMMEDIATES, vector: new Int32Array(bytes.buffer) }
      }
      case 'blocktype':
        return { ...NO_IMMEDIATES, x: this.chance(0.3) ? EMPTY_BLOCK : this.pick([...VAL_TYPES, ...TYPES.keys()]) }
      case 'heaptype':
        return { ...NO_IMMEDIATES, x: this.pick([FUNC, EXTERN]) }
      case 'labels': {
        const list = Array.from({ length: this.below(4) }, () => this.below(3))
        return { ...NO_IMMEDIATES, list, count: list.length, x: this.below(3) }
      }
      case 'valtypes': {
        const list = Array.from({ length: this.chance(0.1) ? this.below(3) : 1 }, () => this.pick(VAL_TYPES))
        return { ...NO_IMMEDIATES, list, count: list.length }
      }
      default:
        return { ...NO_IMMEDIATES, x: x ?? 0, y: y ?? 0 }
    }
  }

  /** Now and then it is too large. Not every host refuses one that is too small for an atomic access. */
  private alignment(natural: number, exact: boolean): number {
    const excess = this.chance(0.1) ? 1 : 0
    return exact ? natural + excess : this.below(natural + 1 + excess)
  }

  /** Of two lanes at least, and of sixteen at most; now and then one too many. */
  private lane(): number {
    return this.chance(0.9) ? this.below(2) : this.below(17)
  }

  private index(kind: ImmediateKind): number {
    const count = COUNTS[kind]
    return count === undefined ? 0 : this.below(count + (this.chance(0.03) ? 1 : 0))
  }

  /** Mostly valid up to its end, which may come early. */
  body(typeIdx: number): Drawn[] {
    const drawn: Drawn[] = []
    const accepts = (next: Drawn): boolean => verdict(inContext(typeIdx, assemble([...drawn, next]))) !== 'invalid'
    for (let left = this.below(30); left > 0; left--) {
      let next = this.instruction()
      for (let tries = 0; tries < 5 && !accepts(next); tries++) next = this.instruction()
      // What takes nothing goes nearly everywhere.
      drawn.push(accepts(next) || this.chance(0.01) ? next : this.instruction(LEAVES))
    }
    for (let open = openBlocks(drawn); open > 0; open--) {
      if (!accepts(END)) drawn.push(UNREACHABLE)
      drawn.push(END)
    }
    return drawn
  }

  /** The same with one instruction replaced, added, removed, or exchanged with the next. */
  changed(drawn: readonly Drawn[]): Drawn[] {
    const at = this.below(drawn.length)
    switch (this.below(4)) {
      case 0:
        return drawn.with(at, this.instruction())
      case 1:
        return drawn.toSpliced(at, 0, this.instruction())
      case 2:
        return drawn.toSpliced(at, 1)
      default:
        return drawn.toSpliced(at, 2, ...drawn.slice(at, at + 2).toReversed())
    }
  }
}

const END: Drawn = { row: instructionByName('end')!, im: NO_IMMEDIATES }
const UNREACHABLE: Drawn = { row: instructionByName('unreachable')!, im: NO_IMMEDIATES }

/** Blocks without their `end`, the body among them. */
function openBlocks(drawn: readonly Drawn[]): number {
  return drawn.reduce((n, { row }) => n + (row.structure === 'open' ? 1 : row.structure === 'end' ? -1 : 0), 1)
}

/** A body with a local of each type behind the parameters. */
function assemble(drawn: readonly Drawn[]): Code {
  return codeOf((writer) => {
    writer.writeBytes(Uint8Array.of(VAL_TYPES.length, 1, 0x7f, 1, 0x7e, 1, 0x7d, 1, 0x7c, 1, 0x7b, 1, 0x70, 1, 0x6f))
    for (const { row, im } of drawn) writer.write(row, im)
  })
}

/** `open`: valid as far as it goes, but without its end. */
function verdict(module: Module): 'valid' | 'invalid' | 'open' {
  try {
    validateModule(module)
    return 'valid'
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    return error.reason.startsWith('unexpected end') ? 'open' : 'invalid'
  }
}

function spell(drawn: readonly Drawn[]): string {
  return drawn
    .map(({ row, im }) => [row.name, row.immediates.length > 0 ? JSON.stringify(im) : ''].join(' ').trim())
    .join('\n')
}

describe('the host agrees', () => {
  const { stackTraceLimit } = Error
  afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

  beforeAll(() => {
    // Most of the time would go into stack traces that nobody reads.
    Error.stackTraceLimit = 0
    const global = { type: { type: I32, mutable: false }, init: code('i32.const 1', 'i32.const 2', 'i32.add') }
    const later = { type: { type: I32, mutable: false }, init: code('global.get 0') }
    // On by default in newer hosts, which don't know the flags any more.
    if (!hostAccepts(moduleOf({ globals: [global] }))) setFlagsFromString('--experimental-wasm-extended-const')
    if (!hostAccepts(moduleOf({ globals: [global, later] }))) setFlagsFromString('--experimental-wasm-gc')
  })

  it('on 2,000 random bodies and 8,000 changes to them', () => {
    const counts = { valid: 0, invalid: 0, open: 0 }
    const seen = new Set<string>()
    for (let seed = 1; seed <= 2_000; seed++) {
      const random = new Generator(seed)
      const typeIdx = random.below(TYPES.length)
      const drawn = random.body(typeIdx)
      const bodies = [drawn, ...Array.from({ length: 4 }, () => random.changed(drawn))]
      for (const each of bodies) {
        const module = inContext(typeIdx, assemble(each))
        const ours = verdict(module)
        counts[ours]++
        if (ours === 'valid') for (const { row } of each) seen.add(row.name)
        if ((ours === 'valid') !== hostAccepts(module))
          expect.fail(`seed ${seed}, type ${typeIdx}: we say ${ours}\n${spell(each)}`)
      }
    }
    expect(counts.valid).toBeGreaterThan(2_000)
    expect(counts.invalid).toBeGreaterThan(2_000)
    expect(SCALAR.filter(({ name }) => !seen.has(name)).map(({ name }) => name)).toEqual([])
    expect(VECTORIAL.filter(({ name }) => seen.has(name)).length).toBeGreaterThan(150)
  })

  it('on 1,000 random constant expressions of every type', () => {
    const counts = { valid: 0, invalid: 0, open: 0 }
    const context = inContext(0, assemble([END]))
    for (let seed = 1; seed <= 1_000; seed++) {
      const random = new Generator(seed)
      const drawn = [random.instruction(random.chance(0.05) ? HOST_ROWS : LEAVES)]
      if (random.chance(0.5)) drawn.push(random.instruction(LEAVES), random.instruction(OPERATIONS))
      const writer = new InstructionWriter()
      for (const { row, im } of [...drawn, END]) writer.write(row, im)
      const init = { bytes: writer.toBytes(), start: 0, end: writer.length }
      for (const type of VAL_TYPES) {
        const module = { ...context, globals: [...context.globals, { type: { type, mutable: false }, init }] }
        const ours = verdict(module)
        counts[ours]++
        if ((ours === 'valid') !== hostAccepts(module)) expect.fail(`seed ${seed}: we say ${ours}\n${spell(drawn)}`)
      }
    }
    expect(counts.valid).toBeGreaterThan(300)
    expect(counts.invalid).toBeGreaterThan(500)
  })
})
