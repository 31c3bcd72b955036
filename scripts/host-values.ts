// Values of scripts as the host's WebAssembly takes and gives them in JavaScript, where vectors and the bits of NaNs cannot be seen.

import { EXTERN, F32, F64, FUNC, I32, I64 } from '../src/syntax/types.ts'
import type { NumValue, ResultPattern, ScriptValue } from '../src/text/script.ts'

export type Verdict = 'passed' | 'failed' | 'not observable'

/** Thrown where something does not pass between JavaScript and WebAssembly. */
export class Unobservable extends Error {}

/** The references of the host's own that scripts name by numbers. */
export class HostObjects {
  private readonly known = new Map<number, object>()

  get(number: number): object {
    const object = this.known.get(number) ?? { number }
    this.known.set(number, object)
    return object
  }
}

export function toJs(value: ScriptValue, objects: HostObjects): unknown {
  switch (value.kind) {
    case 'num': {
      const number = numberOf(value)
      if (Number.isNaN(number) && !isCanonicalNan(value)) throw new Unobservable()
      return number
    }
    case 'null':
      return null
    case 'host':
      return objects.get(value.number)
    default:
      throw new Unobservable()
  }
}

const view = new DataView(new ArrayBuffer(8))

function numberOf({ type, lo, hi }: NumValue): unknown {
  view.setInt32(0, lo, true)
  view.setInt32(4, hi, true)
  switch (type) {
    case I32:
      return lo
    case I64:
      return view.getBigInt64(0, true)
    case F32:
      return view.getFloat32(0, true)
    case F64:
      return view.getFloat64(0, true)
    default:
      throw new Unobservable()
  }
}

function isCanonicalNan({ type, lo, hi }: NumValue): boolean {
  return type === F32 ? lo === 0x7fc00000 : lo === 0 && hi === 0x7ff80000
}

/** The worst of the verdicts on each result. */
export function matches(
  patterns: readonly ResultPattern[],
  results: readonly unknown[],
  objects: HostObjects,
): Verdict {
  if (patterns.length !== results.length) return 'failed'
  const verdicts = patterns.map((pattern, i) => matchOne(pattern, results[i], objects))
  if (verdicts.includes('failed')) return 'failed'
  return verdicts.includes('not observable') ? 'not observable' : 'passed'
}

function matchOne(pattern: ResultPattern, result: unknown, objects: HostObjects): Verdict {
  switch (pattern.kind) {
    case 'num': {
      const expected = numberOf(pattern)
      return Number.isNaN(expected) ? isNanResult(result) : passedIf(Object.is(result, expected))
    }
    case 'nan':
      return isNanResult(result)
    case 'null':
    case 'any null':
      return passedIf(result === null)
    case 'host':
      return passedIf(result === objects.get(pattern.number))
    case 'ref':
      if (pattern.heap === FUNC) return passedIf(typeof result === 'function')
      return pattern.heap === EXTERN || result === null ? passedIf(result !== null) : 'not observable'
    case 'either': {
      const verdicts = pattern.patterns.map((each) => matchOne(each, result, objects))
      return verdicts.find((verdict) => verdict === 'passed') ?? verdicts.find((v) => v !== 'failed') ?? 'failed'
    }
    default:
      return 'not observable'
  }
}

/** That it is a NaN can be seen, but not which. */
function isNanResult(result: unknown): Verdict {
  return Number.isNaN(result) ? 'not observable' : 'failed'
}

function passedIf(condition: boolean): Verdict {
  return condition ? 'passed' : 'failed'
}
