// Runs a random module on the host's own WebAssembly and on ours in every way that ours can run, and tells where they differ: in results,
// kinds of traps, what host functions saw, memory, globals, tables, and in the fuel that our ways of running used.

import type { Engine } from 'heddle'
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, type ValType } from '../../src/syntax/types.ts'
import { generateModule } from './generate-module.ts'
import type { GenerateOptions, ModuleShape } from './module-shape.ts'
import { Random } from './random.ts'
import { WAYS, loneSubject, nativeSubject, ourSubject, type Subject } from './subjects.ts'

export interface Verdict {
  /** Undefined where all agree. */
  readonly difference: string | undefined
  /** How each call ended on the host: `value`, or the kind of trap. */
  readonly endings: readonly string[]
}

interface Call {
  readonly name: string
  /** Functions by the name of an export. */
  readonly args: readonly unknown[]
}

/** Generates the module of the seed and runs it in all ways. Exceptions that are no traps go on. */
export async function compareSeed(engine: Engine, seed: number, options: GenerateOptions): Promise<Verdict> {
  const { shape, bytes } = generateModule(seed, options)
  const host = nativeSubject(bytes)
  if (host === undefined) return { difference: 'the host refuses the module', endings: [] }
  const error = engine.check(bytes)
  if (error !== undefined) return { difference: `we refuse the module: ${error.message}`, endings: [] }
  const module = engine.compile(bytes)
  const calls = drawCalls(shape, new Random(seed ^ 0x5eed))
  const expected = await observe(host, calls)
  const endings = expected.map((line) => line.split(' ')[0]!).slice(0, calls.length)
  // How deep calls may nest is each engine's own choice.
  if (endings.includes('STACK')) return { difference: undefined, endings }
  const memories = host.memories()
  let fuelUsed = 0
  for (const way of WAYS) {
    const subject = ourSubject(module, way, new Random(seed ^ 0xd01))
    const actual = await observe(subject, calls)
    const at = expected.findIndex((line, i) => line !== actual[i])
    if (at >= 0) {
      const place = at < calls.length ? spellCall(calls[at]!) : 'state'
      return { difference: `${way}, ${place}:\n  host ${expected[at]!}\n  ours ${actual[at]!}`, endings }
    }
    const ours = subject.memories()
    for (const [i, memory] of memories.entries()) {
      if (Buffer.compare(memory, ours[i]!) === 0) continue
      const address = memory.findIndex((byte, at) => byte !== ours[i]![at])
      return { difference: `${way}: memory ${i} differs at ${address}`, endings }
    }
    if (way === 'called') continue
    if (way === 'metered') fuelUsed = subject.fuelUsed()
    if (subject.fuelUsed() !== fuelUsed) {
      return { difference: `${way}: ${subject.fuelUsed()} units of fuel, metered ${fuelUsed}`, endings }
    }
  }
  return { difference: undefined, endings }
}

/** Runs the module of the seed through, and carried elsewhere now and then; tells where the two differ. */
export async function compareCarried(
  engine: Engine,
  seed: number,
  options: GenerateOptions,
): Promise<string | undefined> {
  const { shape, bytes } = generateModule(seed, options)
  const module = engine.compile(bytes)
  const calls = drawCalls(shape, new Random(seed ^ 0x5eed))
  const through = loneSubject(module, undefined)
  const carried = loneSubject(module, new Random(seed ^ 0xca2))
  const [expected, actual] = [await observe(through, calls), await observe(carried, calls)]
  const at = expected.findIndex((line, i) => line !== actual[i])
  if (at >= 0)
    return `${at < calls.length ? spellCall(calls[at]!) : 'state'}:\n  through ${expected[at]!}\n  carried ${actual[at]!}`
  if (carried.fuelUsed() === through.fuelUsed()) return undefined
  return `${carried.fuelUsed()} units of fuel, through ${through.fuelUsed()}`
}

/** A line for each call, with what the host functions saw, and one for the state after all. */
async function observe(subject: Subject, calls: readonly Call[]): Promise<string[]> {
  const lines: string[] = []
  for (const { name, args } of calls) {
    const resolved = args.map((arg) => (arg instanceof ExportName ? subject.exports[arg.name] : arg))
    const outcome = await subject.call(name, resolved)
    lines.push(`${outcome} after ${subject.takeTrace()}`)
  }
  lines.push(subject.state())
  return lines
}

class ExportName {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

function drawCalls({ funcs }: ModuleShape, random: Random): Call[] {
  const exported = funcs.flatMap(({ exported: isExported }, x) => (isExported ? [x] : []))
  return exported.flatMap((x) =>
    random.list(2, () => ({
      name: `f${x}`,
      args: funcs[x]!.type.params.map((type) => drawArgument(type, `f${random.pick(exported)}`, random)),
    })),
  )
}

const scratch = new DataView(new ArrayBuffer(8))

function drawArgument(type: ValType, func: string, random: Random): unknown {
  const [lo, hi] = type === I64 ? random.i64() : random.f64Bits()
  scratch.setInt32(0, type === F32 ? random.f32Bits() : lo, true)
  scratch.setInt32(4, hi, true)
  switch (type) {
    case I32:
      return random.i32()
    case I64:
      return scratch.getBigInt64(0, true)
    case F32:
      return scratch.getFloat32(0, true)
    case F64:
      return scratch.getFloat64(0, true)
    case FUNCREF:
      return random.chance(0.3) ? null : new ExportName(func)
    case EXTERNREF:
      return random.pick([null, 'text', 7])
    default:
      throw new Error(`no argument of type ${type}`)
  }
}

function spellCall({ name, args }: Call): string {
  return `${name}(${args.map((arg) => (arg instanceof ExportName ? arg.name : String(arg))).join(', ')})`
}
