// What is known of a place where a frame may stand: an instruction of a function, the types of what the frame holds there, and what the
// instruction takes and gives where it is one that calls.

import type { Instruction } from '../instructions/define.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import type { CompiledModule } from '../runtime/instance.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { EXN, refType, type ContType, type FuncType, type ValType } from '../syntax/types.ts'
import type { FrameTypes } from '../validate/code.ts'
import { FrameTyping } from '../validate/frame-types.ts'
import { wordsOf } from './frame-values.ts'
import { rowArity } from './row-arity.ts'

/** An instruction during which others run: how many operands it takes, and the types of its results. */
interface CallSite {
  readonly taken: number
  readonly results: readonly ValType[]
}

/** All types are closed. */
export interface FrameSite {
  readonly compiled: CompiledModule
  readonly funcIdx: number
  readonly offset: number
  readonly row: Instruction
  readonly locals: readonly ValType[]
  /** Locals that have no value here. */
  readonly unset: ReadonlySet<number>
  /** With the exceptions that legacy handlers keep among them. */
  readonly operands: readonly ValType[]
  readonly localWords: number
  readonly call: CallSite | undefined
  /** Of an access by addresses of 64 bits. */
  readonly isWideAccess: boolean
}

interface ModuleSites {
  readonly typing: FrameTyping
  readonly sites: Map<string, FrameSite | undefined>
}

const bySite = new WeakMap<CompiledModule, ModuleSites>()

/** Of a module, the last ones: a recursion asks for the same over and over, and so does whoever saves often. */
const KEPT = 1000

/** The place at an offset of a function that the module defines; undefined where no instruction begins there that can be reached. */
export function frameSite(compiled: CompiledModule, funcIdx: number, offset: number): FrameSite | undefined {
  let known = bySite.get(compiled)
  if (known === undefined) {
    const { module, spaces, types } = compiled
    known = { typing: new FrameTyping(module, spaces, types), sites: new Map() }
    bySite.set(compiled, known)
  }
  const { typing, sites } = known
  const key = `${funcIdx} ${offset}`
  if (sites.has(key)) return sites.get(key)
  const types = typing.at(funcIdx, offset)
  const site = types === undefined ? undefined : describe(compiled, funcIdx, offset, types)
  if (sites.size >= KEPT) sites.clear()
  sites.set(key, site)
  return site
}

function describe(compiled: CompiledModule, funcIdx: number, offset: number, types: FrameTypes): FrameSite {
  const { module, spaces } = compiled
  const { bytes, end } = module.funcs[funcIdx - spaces.importedFuncs]!.code
  const reader = InstructionReader.of({ bytes, start: offset, end })
  const row = reader.next()
  const close = (type: ValType): ValType => compiled.types.close(type)
  const locals = types.locals.map(close)
  const isWideAccess = row.access !== undefined && spaces.memories[reader.x]!.addrType === 'i64'
  return {
    compiled,
    funcIdx,
    offset,
    row,
    locals,
    unset: types.unset,
    operands: withExceptions(types).map(close),
    localWords: wordsOf(locals),
    call: callSite(row, reader, compiled, close),
    isWideAccess,
  }
}

/** A legacy handler keeps its exception below its values. */
function withExceptions({ operands, handlers }: FrameTypes): readonly ValType[] {
  const caught = refType(false, EXN)
  return [...operands, undefined].flatMap((type, i) => [
    ...handlers.filter((height) => height === i).map(() => caught),
    ...(type === undefined ? [] : [type]),
  ])
}

/** Whether the instruction resumes a continuation. */
export function isResumption({ row }: FrameSite): boolean {
  return resumes(row)
}

const resumes = ({ transfer }: Instruction): boolean => transfer !== undefined && transfer.startsWith('resume')

/** Whether a continuation is suspended there. */
export function isSuspension({ row }: FrameSite): boolean {
  return row.transfer === 'suspend'
}

/** Whether the instruction waits for a notification. */
export function isWait({ row }: FrameSite): boolean {
  return row.atomic === 'wait'
}

function callSite(
  row: Instruction,
  reader: InstructionReader,
  compiled: CompiledModule,
  close: (type: ValType) => ValType,
): CallSite | undefined {
  if (resumes(row)) {
    const { module, spaces } = compiled
    const { params, results } = funcTypeOf(module, (module.types[reader.x] as ContType).typeIdx)
    return {
      taken: 1 + resumedWith(row, params, () => funcTypeOf(module, spaces.tags[reader.y]!)),
      results: results.map(close),
    }
  }
  if (row.transfer === undefined && row.atomic !== 'wait') return undefined
  const { params, results } = rowArity(row, reader, compiled)
  return { taken: params, results: results.map(close) }
}

/** How many operands a resumption gives to the continuation. */
function resumedWith({ transfer }: Instruction, params: readonly ValType[], tag: () => FuncType): number {
  if (transfer === 'resume with exnref') return 1
  return transfer === 'resume with exception' ? tag().params.length : params.length
}
