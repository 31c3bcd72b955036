// Lowered functions in the code heap: each function of each module in each mode at most once, found again by a position in it.
// A module that nobody holds any more gives its code back.

import type { CompiledModule } from '../runtime/instance.ts'
import { Lowering, type Mode } from './lower.ts'
import { installCode, machine, releaseCode } from './machine.ts'
import { OPS } from './ops.ts'
import { meetOperations } from './warm-up.ts'

/** A function in the code heap. */
export interface PlacedCode {
  readonly start: number
  readonly end: number
  readonly entry: number
  readonly frameWords: number
  readonly funcIdx: number
  readonly mode: Mode
  readonly module: WeakRef<CompiledModule>
  /** Pairs of position (from `start`) and offset of each basic block; empty in fast mode. */
  readonly blocks: readonly number[]
}

/** What is placed, by ascending start. */
const placed: PlacedCode[] = []
const byModule = new WeakMap<CompiledModule, Map<string, PlacedCode>>()

const dropped = new FinalizationRegistry<Map<string, PlacedCode>>((codes) => {
  for (const code of codes.values()) {
    placed.splice(indexBefore(code.start), 1)
    releaseCode(code.start, code.end)
  }
})

/** Position of the last placed code that starts at or before `pc`. */
function indexBefore(pc: number): number {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (placed[middle]!.start <= pc) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The function, lowered and placed; done when first asked for. */
export function placeFunction(compiled: CompiledModule, funcIdx: number, mode: Mode): PlacedCode {
  let codes = byModule.get(compiled)
  if (codes === undefined) {
    codes = new Map()
    byModule.set(compiled, codes)
    dropped.register(compiled, codes)
  }
  const key = `${mode} ${funcIdx}`
  let code = codes.get(key)
  if (code === undefined) {
    code = place(compiled, funcIdx, mode)
    codes.set(key, code)
  }
  return code
}

function place(compiled: CompiledModule, funcIdx: number, mode: Mode): PlacedCode {
  const { words, opcodes, targets, entry, frameWords, blocks } = new Lowering(compiled, funcIdx, mode).lower()
  const start = installCode(words)
  meetOperations(machine(), opcodes)
  const { code } = machine()
  for (const at of targets) code[start + at] = code[start + at]! + start
  const module = new WeakRef(compiled)
  const result: PlacedCode = {
    start,
    end: start + words.length,
    entry: start + entry,
    frameWords,
    funcIdx,
    mode,
    module,
    blocks: mode === 'fast' ? [] : blocks,
  }
  placed.splice(indexBefore(start) + 1, 0, result)
  return result
}

/** The function that the position belongs to. */
export function codeAt(pc: number): PlacedCode | undefined {
  const code = placed[indexBefore(pc)]
  return code !== undefined && pc < code.end ? code : undefined
}

/** Offset in the module's bytes of the instruction that the operation at `pc` is part of: found by lowering the function once more. */
export function offsetAt(code: PlacedCode, pc: number): number | undefined {
  const compiled = code.module.deref()
  if (compiled === undefined) return undefined
  return lookUp(new Lowering(compiled, code.funcIdx, code.mode).lower().map, pc - code.start)
}

/** In ascending pairs, the second of the last pair whose first is at most `key`. */
function lookUp(pairs: readonly number[], key: number): number | undefined {
  let low = 0
  let high = pairs.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (pairs[middle * 2]! <= key) low = middle + 1
    else high = middle
  }
  return low === 0 ? undefined : pairs[low * 2 - 1]
}

/** The offset of the instruction that the basic block whose charge is at `pc` begins with. */
export function blockOffset(code: PlacedCode, pc: number): number | undefined {
  return lookUp(code.blocks, pc - code.start)
}

/** The position of the charge of the basic block that begins with the instruction at `offset`. */
export function blockPosition(code: PlacedCode, offset: number): number | undefined {
  const { blocks } = code
  let low = 0
  let high = blocks.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (blocks[middle * 2 + 1]! < offset) low = middle + 1
    else high = middle
  }
  return blocks[low * 2 + 1] === offset ? code.start + blocks[low * 2]! : undefined
}

/** How much of the running block's cost has not been charged yet at `pc` in stepping code: the instructions behind it. */
export function restOfBlock(code: PlacedCode, pc: number): number {
  const compiled = code.module.deref()
  if (compiled === undefined) return 0
  const { map, blocks, words } = new Lowering(compiled, code.funcIdx, code.mode).lower()
  const at = pc - code.start
  let block = -1
  for (let i = 0; i < blocks.length && blocks[i]! <= at; i += 2) block = blocks[i]!
  if (block < 0) return 0
  const charged = chargedUpTo(map, words, block, at)
  return words[block + 1]! - charged
}

/** Instructions with a cost from the block's charge at `block` up to the position `at`. */
function chargedUpTo(map: readonly number[], words: Int32Array, block: number, at: number): number {
  let count = 0
  for (let i = 0; i < map.length && map[i]! <= at; i += 2) {
    // Structure has no operations of its own: it shares the position of what follows.
    const isFirst = map[i] !== map[i - 2]
    if (isFirst && map[i]! >= block && isCharge(words[map[i]!]!)) count++
  }
  return count
}

function isCharge(opcode: number): boolean {
  return opcode === OPS.charge || opcode === OPS.charge_block
}
