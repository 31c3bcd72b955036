// What both sides of the comparison are given besides the module: which functions to call with what, and what to look at afterwards.
// Plain data, since it goes to another process and into fixtures.

/** `i32:-1`, `i64:12`, `f32:` and `f64:` with the bits as hex, `null`, `object:7`, `func:NAME` of an export. */
export type SpelledValue = string

export interface SessionFunction {
  readonly name: string
  /** What it is called with when the module itself asks for that. */
  readonly args: readonly SpelledValue[]
}

export interface SessionCall {
  readonly name: string
  readonly args: readonly SpelledValue[]
}

export interface Session {
  /** For each export of the module its function; null where it is none that can be called from outside. */
  readonly exports: readonly (SessionFunction | null)[]
  /** Imported globals of type externref, to be given objects. */
  readonly globals: readonly { readonly module: string; readonly name: string }[]
  readonly calls: readonly SessionCall[]
  /** Exports whose final state is compared. */
  readonly visible: {
    readonly memories: readonly string[]
    readonly tables: readonly string[]
    readonly globals: readonly string[]
  }
}

/** An object that wasm can only hand around. */
export interface Payload {
  readonly payload: number
}

const scratch = new DataView(new ArrayBuffer(8))
const payloads = new Map<string, Payload>()

/** The same object for the same text: what goes in and comes out again is itself. */
function payloadOf(text: string): Payload {
  let found = payloads.get(text)
  if (found === undefined) payloads.set(text, (found = { payload: Number(text) }))
  return found
}

export function valueOf(spelled: SpelledValue, funcNamed: (name: string) => unknown): unknown {
  const at = spelled.indexOf(':')
  const text = spelled.slice(at + 1)
  switch (at < 0 ? spelled : spelled.slice(0, at)) {
    case 'null':
      return null
    case 'i32':
      return Number(text)
    case 'i64':
      return BigInt(text)
    case 'f32':
      scratch.setUint32(0, Number(`0x${text}`))
      return scratch.getFloat32(0)
    case 'f64':
      scratch.setBigUint64(0, BigInt(`0x${text}`))
      return scratch.getFloat64(0)
    case 'object':
      return payloadOf(text)
    case 'func':
      return funcNamed(text)
    default:
      throw new Error(`no value is spelled ${spelled}`)
  }
}

/** The object that stands for an imported global, by its names. */
export function payloadFor({ module, name }: { readonly module: string; readonly name: string }): Payload {
  let sum = 0
  for (const char of module + name) sum = (sum * 31 + char.codePointAt(0)!) % 997
  return payloadOf(String(sum))
}

/** What a value from wasm looks like. Functions by an export that they are; whether references are the same objects is seen by payloads. */
export function spell(value: unknown, nameOf: (func: unknown) => string | undefined): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'undefined':
      return 'nothing'
    case 'function':
      return nameOf(value) ?? 'a function'
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'object':
      if (Object.hasOwn(value, 'payload')) return `object ${(value as Payload).payload}`
      return value instanceof Error ? 'an error' : 'an object'
    default:
      return typeof value === 'string' ? JSON.stringify(value) : `a ${typeof value}`
  }
}
