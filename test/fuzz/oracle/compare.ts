// Compares what a current V8 and our engine make of one random module: the verdict, and what running it comes to, in all our ways.

import type { Engine, Module } from 'heddle'
import { observe } from './observe.ts'
import { EndlessError, ourSide, type Way } from './our-side.ts'
import type { Prepared } from './draw-session.ts'
import type { Session } from './session.ts'

/** At once, stopped after so many units of fuel, and carried elsewhere. */
export const WAYS: readonly Way[] = ['called', 1, 3, 1000, 'carried']

const FUEL_LIMIT = 2_000_000

export interface OurRun {
  readonly lines: readonly string[]
  /** Why ours differ among themselves. */
  readonly difference?: string | undefined
}

/** Runs the module in all our ways. Undefined where a call doesn't end in time. */
export function runOurs(engine: Engine, { bytes, session }: Prepared): OurRun | undefined {
  const module = engine.compile(bytes)
  const expected = runInWay(module, session, FUEL_LIMIT)
  if (expected === undefined) return undefined
  const { lines, fuel } = expected
  for (const way of WAYS) {
    const actual = runInWay(module, session, way)
    if (actual === undefined) return { lines, difference: `${way}: the calls don't end` }
    const difference = firstDifference(lines, actual.lines)
    if (difference !== undefined) return { lines, difference: `at once, and ${spellWay(way)}: ${difference}` }
    if (way !== 'called' && actual.fuel !== fuel) {
      return { lines, difference: `${spellWay(way)}: ${actual.fuel} units of fuel, at once ${fuel}` }
    }
  }
  return { lines }
}

function runInWay(
  module: Module,
  session: Session,
  way: Way,
): { readonly lines: string[]; readonly fuel: number } | undefined {
  const side = ourSide(module, session, way, FUEL_LIMIT)
  try {
    return { lines: observe(session, side), fuel: side.fuelUsed() }
  } catch (error) {
    if (error instanceof EndlessError) return undefined
    throw error
  }
}

function spellWay(way: Way): string {
  return typeof way === 'string' ? way : `in stretches of ${way}`
}

/** The first pair of lines that differ. */
export function firstDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  const at = expected.findIndex((line, i) => line !== actual[i])
  if (at < 0) return expected.length === actual.length ? undefined : 'one side has more to show'
  return `\n  ${expected[at]!}\n  ${actual[at] ?? 'nothing'}`
}
