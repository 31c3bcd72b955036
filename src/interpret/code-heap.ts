// Lowered functions in the code heap: each function of each module in each mode at most once, found again by a position in it.
// A module that nobody holds any more gives its code back.

import type { CompiledModule } from '../runtime/instance.ts'
import { valueAt } from '../syntax/ascending-pairs.ts'
import { Lowering, type Lowered, type Mode } from './lower.ts'
import type { Handler, ResumeSite } from './lower-exceptions.ts'
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
  /** As lowering gave them: positions are from `start`. */
  readonly handlers: readonly Handler[]
  readonly regions: readonly number[]
  readonly sites: readonly ResumeSite[]
}

/** What is placed, by ascending start. */
let placed: PlacedCode[] = []

/** The lowered functions of a module, and what they take together. */
interface ModuleCode {
  readonly functions: Map<string, PlacedCode>
  words: number
  /** More than this is refused: lowered code is bounded by the size of the code that it comes from. */
  readonly limit: number
}

const byModule = new WeakMap<CompiledModule, ModuleCode>()

const dropped = new FinalizationRegistry<ModuleCode>(({ functions }) => {
  const gone = new Set(functions.values())
  placed = placed.filter((code) => !gone.has(code))
  releaseCode([...gone])
})

/** Words that a module's code may take: 16 MiB, and 64 words for each byte of its bodies. Compilers' output takes about two. */
const BASE_WORDS = 1 << 22
const WORDS_PER_BYTE = 64

function moduleCode(compiled: CompiledModule): ModuleCode {
  let code = byModule.get(compiled)
  if (code === undefined) {
    const bytes = compiled.module.funcs.reduce((sum, { code: { start, end } }) => sum + end - start, 0)
    code = { functions: new Map(), words: 0, limit: BASE_WORDS + WORDS_PER_BYTE * bytes }
    byModule.set(compiled, code)
    dropped.register(compiled, code)
  }
  return code
}

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
  const all = moduleCode(compiled)
  const key = `${mode} ${funcIdx}`
  let code = all.functions.get(key)
  if (code === undefined) {
    code = place(compiled, funcIdx, mode, all.limit - all.words)
    all.functions.set(key, code)
    all.words += code.end - code.start
  }
  return code
}

function place(compiled: CompiledModule, funcIdx: number, mode: Mode, maxWords: number): PlacedCode {
  const lowering = new Lowering(compiled, funcIdx, mode, maxWords)
  const { words, opcodes, targets, entry, frameWords, blocks, handlers, regions, sites } = lowering.lower()
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
    handlers,
    regions,
    sites,
  }
  placed.splice(indexBefore(start) + 1, 0, result)
  return result
}

/** The function that the position belongs to. */
export function codeAt(pc: number): PlacedCode | undefined {
  const code = placed[indexBefore(pc)]
  return code !== undefined && pc < code.end ? code : undefined
}

/** The functions that were lowered once more for their maps, the last ones: a recursion asks for the same over and over. */
const recent: { readonly code: PlacedCode; readonly lowered: Lowered }[] = []
const RECENT = 4

/** The function lowered once more, for what is not kept: its map. Undefined where the module is gone. */
function lowerAgain(code: PlacedCode): Lowered | undefined {
  const known = recent.find((entry) => entry.code === code)
  if (known !== undefined) return known.lowered
  const compiled = code.module.deref()
  if (compiled === undefined) return undefined
  const lowered = new Lowering(compiled, code.funcIdx, code.mode, Infinity).lower()
  recent.push({ code, lowered })
  if (recent.length > RECENT) recent.shift()
  return lowered
}

/** The operations of one instruction: from `start` to `end`. */
interface Operations {
  readonly start: number
  readonly end: number
}

/** The operations of the instruction at `offset`; undefined where it has none: structure, and what can't be reached. */
export function operationsOf(code: PlacedCode, offset: number): Operations | undefined {
  const { map = [], mainWords = 0 } = lowerAgain(code) ?? {}
  // The landings of clauses lie behind the code itself; up to there offsets ascend.
  let low = 0
  let high = map.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (map[middle * 2]! < mainWords && map[middle * 2 + 1]! < offset) low = middle + 1
    else high = middle
  }
  const [at, found, next = mainWords] = [map[low * 2], map[low * 2 + 1], map[low * 2 + 2]]
  if (at === undefined || found !== offset || at >= mainWords) return undefined
  return { start: code.start + at, end: code.start + next }
}

/** The charge of an instruction in precise code. */
interface Charge {
  readonly position: number
  readonly cost: number
  readonly offset: number
}

/** Of the first instruction from `offset` on that has a charge and can be reached. */
export function firstChargeFrom(code: PlacedCode, offset: number): Charge | undefined {
  const lowered = lowerAgain(code)
  if (lowered === undefined) return undefined
  const { map, mainWords, words } = lowered
  for (let i = 0; i < map.length && map[i]! < mainWords; i += 2) {
    const [at, found] = [map[i]!, map[i + 1]!]
    if (found >= offset && isChargeOf(words[at]!)) {
      return { position: code.start + at, cost: words[at + 1]!, offset: found }
    }
  }
  return undefined
}

/** Offset in the module's bytes of the instruction that the operation at `pc` is part of. */
export function offsetAt(code: PlacedCode, pc: number): number | undefined {
  const lowered = lowerAgain(code)
  return lowered === undefined ? undefined : valueAt(lowered.map, pc - code.start)
}

/** The offset of the instruction that the basic block whose charge is at `pc` begins with. */
export function blockOffset(code: PlacedCode, pc: number): number | undefined {
  return valueAt(code.blocks, pc - code.start)
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

/**
 * How much of the running block's cost has not been charged yet at `pc` in code that charges each instruction: the instructions behind it, or from
 * it on where it is the charge of one. Where it is the charge of a block, that has not begun.
 */
export function restOfBlock(code: PlacedCode, pc: number): number {
  const lowered = lowerAgain(code)
  if (lowered === undefined) return 0
  const { map, blocks, costs, words } = lowered
  const at = pc - code.start
  let block = -1
  for (let i = 0; i < blocks.length && blocks[i]! <= at; i += 2) block = i
  return block < 0 || blocks[block] === at ? 0 : costs[block / 2]! - chargedUpTo(map, words, blocks[block]!, at)
}

/** Instructions with a cost whose charges stand from the block's at `block` up to the position `at`. */
function chargedUpTo(map: readonly number[], words: Int32Array, block: number, at: number): number {
  let count = 0
  for (let i = 0; i < map.length && map[i]! < at; i += 2) {
    // Structure has no operations of its own: it shares the position of what follows.
    const isFirst = map[i] !== map[i - 2]
    if (isFirst && map[i]! >= block && isCharge(words, map[i]!)) count++
  }
  return count
}

/** Whether an instruction is charged there that costs something. */
function isCharge(words: Int32Array, at: number): boolean {
  return isChargeOf(words[at]!) && words[at + 1]! > 0
}

/** Whether an operation is the charge of what follows it. */
export function isChargeOf(opcode: number): boolean {
  return opcode === OPS.charge || opcode === OPS.charge_block
}
