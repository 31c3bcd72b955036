// The breakpoints of a run. Only precise code has a place for each instruction where one can stop: its charge, which makes way for an operation
// that leaves the loop while this run is in there. So the code can be shared, and what is not executed knows nothing of breakpoints.

import { UsageError } from '../errors/heddle-error.ts'
import { nameText } from '../errors/quote.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { readValType } from '../instructions/type-codes.ts'
import type { Breakpoint, Breakpoints } from '../runtime/breakpoint.ts'
import { Instance, type CompiledModule } from '../runtime/instance.ts'
import type { Stop } from '../runtime/tier.ts'
import { firstChargeFrom, placeFunction } from './code-heap.ts'
import type { Execution } from './execution.ts'
import { machine } from './machine.ts'
import { OPS, REASON } from './ops.ts'
import { CHARGE_WORDS } from './save-frames.ts'
import { stage } from './stage.ts'

/** A breakpoint, and the charge in whose place it stands. */
interface Placed {
  readonly breakpoint: Breakpoint
  readonly position: number
  readonly cost: number
}

export class RunBreakpoints implements Breakpoints {
  private placed: readonly Placed[] = []
  /** Those that are in the code at this moment. */
  private standing: readonly Placed[] = []

  get size(): number {
    return this.placed.length
  }

  *[Symbol.iterator](): Generator<Breakpoint, void> {
    for (const { breakpoint } of this.placed) yield breakpoint
  }

  add(within: Breakpoint['within'], funcIdx: number, offset?: number): Breakpoint {
    if (stage.closed) throw new UsageError('a limiter or a poll must not set breakpoints', 'REENTRANT')
    const compiled = within instanceof Instance ? within.compiled : within
    const { module, spaces } = compiled
    const func = module.funcs[funcIdx - spaces.importedFuncs]
    if (func === undefined) throw new UsageError(`the module defines no function ${funcIdx}`)
    const from = instructionFrom(compiled, funcIdx, offset)
    const charge = firstChargeFrom(placeFunction(compiled, funcIdx, 'precise'), from)
    if (charge === undefined) {
      throw new UsageError(`nothing can be reached at ${hex(from)} in ${funcText(compiled, funcIdx)}, or behind that`)
    }
    const known = this.placed.find(({ breakpoint: b, position }) => b.within === within && position === charge.position)
    if (known !== undefined) return known.breakpoint
    const breakpoint: Breakpoint = { within, funcIdx, offset: charge.offset }
    this.placed = [...this.placed, { breakpoint, position: charge.position, cost: charge.cost }]
    return breakpoint
  }

  delete(breakpoint: Breakpoint): boolean {
    const { size } = this
    this.placed = this.placed.filter((placed) => placed.breakpoint !== breakpoint)
    return this.size < size
  }

  clear(): void {
    this.placed = []
  }

  /** Whether the run is to stop at a position. */
  has(position: number, instance: Instance): boolean {
    return this.placed.some(
      ({ breakpoint: { within }, position: at }) =>
        at === position && (within === instance || within === instance.compiled),
    )
  }

  /** Puts them into the code, for a stay in the loop. */
  set(): void {
    const { code } = machine()
    this.standing = this.placed
    for (const { position } of this.standing) {
      code[position] = OPS.leave
      code[position + 1] = REASON.breakpoint
    }
  }

  lift(): void {
    const { code } = machine()
    for (const { position, cost } of this.standing) {
      code[position] = OPS.charge
      code[position + 1] = cost
    }
  }
}

/** The run has come to the charge of an instruction where a breakpoint is set, in this instance or in another one. */
export function reachBreakpoint(run: Execution): Stop | undefined {
  if (!run.ownBreakpoints!.has(run.pc, run.instance!)) return passCharge(run)
  run.isAtBreakpoint = true
  return { kind: 'breakpoint', frame: run.backtrace().frames[0]! }
}

/** Goes on behind the charge at the run's position. */
export function passCharge(run: Execution): Stop | undefined {
  const cost = machine().code[run.pc + 1]!
  if (run.fuel < cost) return { kind: 'fuel' }
  run.charge(cost)
  run.pc += CHARGE_WORDS
  run.isAtBreakpoint = false
  return undefined
}

/** The offset, where an instruction of the function begins; by default that of the first. */
function instructionFrom(compiled: CompiledModule, funcIdx: number, offset: number | undefined): number {
  const { module, spaces } = compiled
  const { code } = module.funcs[funcIdx - spaces.importedFuncs]!
  const reader = InstructionReader.of(code)
  for (let groups = reader.readU32(); groups > 0; groups--) {
    reader.readU32()
    readValType(reader)
  }
  if (offset === undefined) return reader.pos
  let before: number | undefined
  while (reader.pos < offset && reader.pos < code.end) {
    before = reader.pos
    reader.next()
  }
  const after = reader.pos < code.end ? reader.pos : undefined
  if (after === offset) return offset
  const nearest = [before, after].filter((near) => near !== undefined).map(hex)
  throw new UsageError(
    `no instruction begins at ${hex(offset)} in ${funcText(compiled, funcIdx)}: the nearest ${nearest.length > 1 ? 'are' : 'is'} at ${nearest.join(' and ')}`,
  )
}

function funcText(compiled: CompiledModule, funcIdx: number): string {
  const name = compiled.funcName(funcIdx)
  return name === undefined ? `function ${funcIdx}` : nameText(name)
}

function hex(offset: number): string {
  return Number.isInteger(offset) ? `0x${offset.toString(16)}` : String(offset)
}
