// An event of a recording as people read it, where a replay goes another way.

import { f32_reinterpret_i32, f64_reinterpret_i64 } from '../numeric/convert.ts'
import { toBigInt } from '../numeric/i64.ts'
import { listed, nameText, quoted, shortened } from '../errors/quote.ts'
import type { RecordedEvent, RecordedThrow, RecordedValue } from './recording-data.ts'

/** What a host function is called. */
type HostNames = (func: number) => string

export function eventText(event: RecordedEvent, hostName: HostNames): string {
  switch (event.kind) {
    case 'host-call':
      return `a call of ${nameText(hostName(event.func))}${valuesText(event.args)}${fuelText(event.fuel)}`
    case 'done':
      return `the end with ${valuesText(event.values)}${fuelText(event.fuel)}`
    case 'trap':
      return `the end by ${throwText(event.thrown)}${fuelText(event.fuel)}`
    case 'fuel':
      return `a stop${fuelText(event.fuel)}`
    case 'awaiting':
      return `a stop for a promise${fuelText(event.fuel)}`
    case 'interrupt':
      return `an end from outside by ${throwText(event.thrown)}${fuelText(event.fuel)}`
    case 'ask':
      return `growth of a ${event.what} from ${event.current} to ${event.desired}`
    case 'wait':
      return `a wait at address ${event.address} of memory ${event.memory} for ${event.expected} (${event.timeout} ns)`
    case 'notify':
      return `a notification of ${event.count} at address ${event.address} of memory ${event.memory}`
    case 'return':
      return `a return of ${valuesText(event.values)}`
    case 'throw':
      return `a throw of ${throwText(event.thrown)}`
    default:
      return `the event "${event.kind}"`
  }
}

function fuelText(fuel: number): string {
  return fuel === 0 ? '' : ` after ${fuel} units of fuel`
}

function valuesText(values: readonly RecordedValue[]): string {
  return `(${listed(values, valueText, ', ')})`
}

function valueText(value: RecordedValue): string {
  switch (value.kind) {
    case 'i32':
      return `i32 ${value.lo}`
    case 'i64':
      return `i64 ${toBigInt(value.lo, value.hi)}`
    case 'f32':
      return floatText('f32', f32_reinterpret_i32(value.lo), hex(value.lo))
    case 'f64':
      return floatText('f64', f64_reinterpret_i64(value.lo, value.hi), hex(value.hi) + hex(value.lo))
    case 'v128':
      return `v128 i32x4:${value.words.join(',')}`
    case 'number':
      return String(value.value)
    case 'bigint':
      return shortened(`0x${value.text}`)
    case 'string':
      return quoted(value.text)
    case 'func':
      return `function ${value.funcIdx} of instance ${value.instance}`
    case 'host':
      return `host function ${value.func}`
    case 'ref':
      return `reference ${value.id}`
    case 'object':
      return `host object ${value.id}`
    case 'element':
      return `element ${value.index} of table ${value.table}`
    case 'global':
      return `global ${value.global}`
    case 'exception':
      return `an exception ${valuesText(value.values)}`
    default:
      return value.kind
  }
}

/** A NaN by its bits: they may be all that differs. */
function floatText(type: string, value: number, bits: string): string {
  return Number.isNaN(value) ? `${type} nan:0x${bits}` : `${type} ${Object.is(value, -0) ? '-0' : value}`
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

function throwText(thrown: RecordedThrow): string {
  switch (thrown.kind) {
    case 'trap':
    case 'error':
      return nameText(thrown.code)
    case 'exception':
      return `an exception ${valuesText(thrown.values)} of ${'tag' in thrown.tag ? `tag ${thrown.tag.tag}` : "a tag of the host's"}`
    case 'thrown':
      return `an error of the host's, ${valueText(thrown.value)}`
  }
}
