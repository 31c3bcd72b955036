// Every row that has a vector among its operands and results, and of these only one meaning (relaxed-simd.test.ts has the others), through decoder, validator and interpreter, against the host's own
// WebAssembly: the same bytes on the same memory. Operands come from memory and results go there, so that no bit is lost on the way.

import { describe, expect, test } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import type { Instruction } from '../../../src/instructions/define.ts'
import { instructionByName } from '../../../src/instructions/table.ts'
import type { InstructionWriter } from '../../../src/instructions/instruction-writer.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { isExpression, isVectorial } from '../../../src/interpret/ops.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { CompiledModule } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { Store } from '../../../src/runtime/store.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { I32, V128, valTypeName, type ValType } from '../../../src/syntax/types.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { DETERMINED_HOST_ROWS } from '../../fuzz/host-features.ts'
import { f32Edges, f64Edges, i64Edges, randomI32 } from '../numeric/operands.ts'
import { NO_IMMEDIATES, codeOf, encode, funcType, moduleOf, writeLine } from '../validate/hand-assembled.ts'

interface HostWebAssembly {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => {
    readonly exports: { readonly run: () => void; readonly memory: { readonly buffer: ArrayBuffer } }
  }
}
const host = (globalThis as unknown as { WebAssembly: HostWebAssembly }).WebAssembly

/** Where operand number i, the result and what an address points to lie in memory. */
const operandAt = (i: number): number => 16 * i
const RESULT = 64
const DATA = 256
const OFFSET = 3
const USED = 512

/** Where the operands are when the instruction runs, and where its result goes: a value's slot may be a result's, too. */
const VARIANTS = ['on the stack', 'in locals, the result in the first', 'in locals, the result in the last'] as const

interface Immediate {
  readonly lane: number
  readonly words: readonly number[]
}

const rows = DETERMINED_HOST_ROWS.filter(isExpression).filter(isVectorial)

function paramsOf(row: Instruction): readonly ValType[] {
  const { params } = row.signature!
  return row.access === undefined ? params : [I32, ...params]
}

function writeInstruction(
  writer: InstructionWriter,
  row: Instruction,
  { lane, words }: Immediate,
  memory: number,
): void {
  writer.write(row, { ...NO_IMMEDIATES, lo: OFFSET, x: memory, y: lane, vector: Int32Array.from(words) })
}

function writeFunction(
  writer: InstructionWriter,
  row: Instruction,
  immediate: Immediate,
  variant: (typeof VARIANTS)[number],
  memory: number,
  constant: number | undefined,
): void {
  const params = paramsOf(row)
  const [result] = row.signature!.results
  const lines = (...all: readonly string[]): void => all.forEach((line) => writeLine(writer, line))
  const load = (type: ValType, i: number): void =>
    lines('i32.const 0', `${valTypeName(type)}.load 0 ${operandAt(i)} ${memory}`)
  const store = (): void => lines(`${valTypeName(result!)}.store 0 ${RESULT} ${memory}`)

  if (variant === 'on the stack') {
    writer.writeU32(0)
    if (result !== undefined) lines('i32.const 0')
    params.forEach((type, i) => {
      if (type === I32 && constant !== undefined) lines(`i32.const ${constant}`)
      else load(type, i)
    })
    writeInstruction(writer, row, immediate, memory)
    if (result !== undefined) store()
  } else {
    const types = result === undefined ? params : [...params, result]
    const targets = types.flatMap((type, i) => (type === result ? i : []))
    const target = variant.endsWith('first') ? targets[0]! : (targets.at(-2) ?? targets[0]!)
    writer.writeU32(types.length)
    for (const type of types) {
      writer.writeU32(1)
      writer.writeByte(type & 0x7f)
    }
    params.forEach((type, i) => {
      load(type, i)
      lines(`local.set ${i}`)
    })
    params.forEach((_, i) => lines(`local.get ${i}`))
    writeInstruction(writer, row, immediate, memory)
    if (result !== undefined) {
      lines(`local.set ${target}`, 'i32.const 0', `local.get ${target}`)
      store()
    }
  }
  lines('end')
}

/** `constant`: on the stack in the place of an i32 operand. */
function moduleFor(
  row: Instruction,
  immediate: Immediate,
  variant: (typeof VARIANTS)[number],
  memory = 0,
  constant?: number,
): Module {
  const one = { addrType: 'i32', limits: { min: 1 }, shared: false } as const
  return moduleOf({
    types: [funcType('->')],
    funcs: [{ typeIdx: 0, code: codeOf((writer) => writeFunction(writer, row, immediate, variant, memory, constant)) }],
    memories: Array.from({ length: memory + 1 }, () => one),
    exports: [
      { name: 'run', kind: 'func', index: 0 },
      { name: 'memory', kind: 'memory', index: memory },
    ],
  })
}

type Runner = (before: Uint8Array) => Uint8Array

/** `fuel`: how much is given at a time; the run is stopped and resumed in between. */
function ourRunner(module: Module, fuel?: number): Runner {
  const decoded = decodeModule(encode(module))
  validateModule(decoded)
  const { instance } = instantiate(new Store(), new CompiledModule(decoded), [])
  const run = instance.exports.get('run')
  if (!(run instanceof FuncInstance)) throw new Error('no function')
  const memory = instance.memories.at(-1)!
  return (before) => {
    memory.bytes.set(before)
    if (fuel === undefined) interpreter.invoke(run, [])
    else {
      const handle = interpreter.start(run, [])
      while (handle.resume(fuel).kind === 'fuel');
    }
    return memory.bytes.slice(0, USED)
  }
}

function hostRunner(module: Module): Runner {
  const { run, memory } = new host.Instance(new host.Module(encode(module))).exports
  return (before) => {
    const bytes = new Uint8Array(memory.buffer)
    bytes.set(before)
    run()
    return bytes.slice(0, USED)
  }
}

const next = randomI32(7)
const pick = <T>(from: readonly T[]): T => from[(next() >>> 0) % from.length]!

/** Sixteen bytes of lanes of one width, floats where the instruction looks at floats. */
function fillVector(view: DataView, at: number, name: string): void {
  const float = /f32x4|f64x2/.exec(name)?.[0]
  const width = float === 'f32x4' ? 4 : float === 'f64x2' ? 8 : pick([1, 2, 4, 8])
  for (let i = 0; i < 16; i += width) {
    if (float === 'f32x4') view.setInt32(at + i, pick(f32Edges), true)
    else if (float === 'f64x2') view.setBigInt64(at + i, pick(f64Edges), true)
    else {
      const value = pick([
        pick(i64Edges),
        BigInt(next()),
        1n << BigInt(8 * width - 1),
        (1n << BigInt(8 * width - 1)) - 1n,
      ])
      if (width === 1) view.setInt8(at + i, Number(BigInt.asIntN(8, value)))
      else if (width === 2) view.setInt16(at + i, Number(BigInt.asIntN(16, value)), true)
      else if (width === 4) view.setInt32(at + i, Number(BigInt.asIntN(32, value)), true)
      else view.setBigInt64(at + i, BigInt.asIntN(64, value), true)
    }
  }
}

function memoryFor(row: Instruction): Uint8Array {
  const bytes = new Uint8Array(USED)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < USED; at += 16) fillVector(view, at, row.name)
  if (row.access !== undefined) view.setInt32(0, DATA + ((next() >>> 0) % 64), true)
  return bytes
}

/** The results of these may be any NaN that is quiet, where they are one. */
const ARITHMETIC = /^f(32x4|64x2)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote\w+|promote\w+)$/

function sameResult(name: string, ours: Uint8Array, theirs: Uint8Array): boolean {
  const wide = name.startsWith('f64')
  const [a, b] = [new DataView(ours.buffer), new DataView(theirs.buffer)]
  for (let at = 0; at < USED; at += wide ? 8 : 4) {
    const isNaNAt = (view: DataView): boolean =>
      Number.isNaN(wide ? view.getFloat64(at, true) : view.getFloat32(at, true))
    const equal =
      a.getInt32(at, true) === b.getInt32(at, true) && (!wide || a.getInt32(at + 4, true) === b.getInt32(at + 4, true))
    if (equal) continue
    const quiet = wide ? a.getInt32(at + 4, true) & 0x80000 : a.getInt32(at, true) & 0x400000
    if (!ARITHMETIC.test(name) || !isNaNAt(a) || !isNaNAt(b) || quiet === 0) return false
  }
  return true
}

/** Every lane that the instruction can name, or a few choices of sixteen lanes. */
function immediatesFor(row: Instruction): Immediate[] {
  if (row.immediates.includes('laneidx')) {
    const bits = Number(/(?:load|store|^[if])(8|16|32|64)/.exec(row.name)![1])
    return Array.from({ length: 128 / bits }, (_, lane) => ({ lane, words: [0, 0, 0, 0] }))
  }
  const lanes = (): Immediate => ({ lane: 0, words: [0, 0, 0, 0].map(() => next() & 0x1f1f1f1f) })
  return row.immediates.includes('lanes') ? Array.from({ length: 8 }, lanes) : [lanes()]
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function differences(row: Instruction, ours: Runner, theirs: Runner, rounds: number): string[] {
  const found: string[] = []
  for (let round = 0; round < rounds && found.length < 3; round++) {
    const before = memoryFor(row)
    const [a, b] = [ours(before), theirs(before)]
    if (!sameResult(row.name, a, b)) {
      found.push(
        `${hex(before.subarray(0, 48))} gives ${hex(a.subarray(RESULT, RESULT + 16))}, not ${hex(b.subarray(RESULT, RESULT + 16))}`,
      )
    }
  }
  return found
}

const ROUNDS = 120

describe.each(rows.map((row) => [row.name, row] as const))('%s gives what the host gives', (_, row) => {
  const immediates = immediatesFor(row)

  test.each(VARIANTS)('with operands %s', (variant) => {
    const found = immediates.flatMap((immediate) => {
      const module = moduleFor(row, immediate, variant)
      return differences(row, ourRunner(module), hostRunner(module), ROUNDS / immediates.length)
    })
    expect(found).toEqual([])
  })

  test('with a stop after each instruction', () => {
    const module = moduleFor(row, immediates[0]!, VARIANTS[0])
    expect(differences(row, ourRunner(module, 1), hostRunner(module), 10)).toEqual([])
  })
})

const withScalar = rows.filter(({ signature }) => signature.params[1] === I32)

describe.each(withScalar.map((row) => [row.name, row] as const))('%s by a constant', (_, row) => {
  test.each([0, 1, 7, 8, 33, 127, -1])('%i gives what the host gives', (constant) => {
    for (const immediate of immediatesFor(row)) {
      const module = moduleFor(row, immediate, VARIANTS[0], 0, constant)
      expect(differences(row, ourRunner(module), hostRunner(module), 4)).toEqual([])
    }
  })
})

const accesses = rows.filter(({ access }) => access !== undefined)

describe.each(accesses.map((row) => [row.name, row] as const))('%s accesses', (_, row) => {
  const immediates = immediatesFor(row)

  test('a memory other than the first in the same way', () => {
    const found = immediates.flatMap((immediate) => {
      const ours = ourRunner(moduleFor(row, immediate, VARIANTS[0], 1))
      const theirs = hostRunner(moduleFor(row, immediate, VARIANTS[0]))
      return differences(row, ours, theirs, ROUNDS / immediates.length)
    })
    expect(found).toEqual([])
  })

  test.each([0, 1])('memory %i up to its last byte, and traps behind it', (memory) => {
    const ours = ourRunner(moduleFor(row, immediates.at(-1)!, VARIANTS[0], memory))
    const at = (address: number): Uint8Array => {
      const before = memoryFor(row)
      new DataView(before.buffer).setInt32(0, address, true)
      return before
    }
    const last = 65_536 - OFFSET - row.access!.bytes
    expect(() => ours(at(last))).not.toThrow()
    expect(() => ours(at(last + 1))).toThrow('out of bounds memory access')
    expect(() => ours(at(-1))).toThrow('out of bounds memory access')
  })
})

test('a vector constant arrives as it is', () => {
  const row = instructionByName('v128.const')!
  const words = [1, -2, 0x7fa00001, 0x12345678]
  for (const variant of VARIANTS) {
    const module = moduleFor({ ...row, signature: { params: [], results: [V128] } }, { lane: 0, words }, variant)
    expect(new Int32Array(ourRunner(module)(new Uint8Array(USED)).buffer, RESULT, 4)).toEqual(Int32Array.from(words))
  }
})
