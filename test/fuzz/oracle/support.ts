// The functions that binaryen's random modules import under `fuzzing-support`: to log, to throw, and to call back in. One text for both
// sides of the comparison; what differs between the engines is behind `World`.

import { spell, valueOf, type Session } from './session.ts'

/** An instance, as the imported functions see it. */
export interface World {
  /** Of the export; undefined where there is none. */
  readonly exported: (name: string) => unknown
  readonly call: (func: unknown, args: readonly unknown[]) => unknown
  /** The table that is exported as `table`. */
  readonly table: () => WorldTable | undefined
  /** Throws an exception with the tag that the module imports as `wasmtag`. */
  readonly throwTagged: (value: number) => never
  /** Whether it is an exception, which may be caught; a trap may not. */
  readonly isException: (error: unknown) => boolean
}

export interface WorldTable {
  readonly length: number
  /** Whether elements are functions. */
  readonly get: (index: number) => unknown
  readonly set: (index: number, value: unknown) => void
}

/** What the host throws by itself. */
export class HostError extends Error {
  override readonly name = 'HostError'
}

export type SupportFunctions = Readonly<Record<string, (...args: never[]) => unknown>>

// How often a module may have its exports called: it does so recursively.
const CALLBACKS = 200

export class Support {
  private readonly session: Session
  private readonly world: World
  private readonly log: string[] = []
  private callbacks = 0

  constructor(session: Session, world: World) {
    this.session = session
    this.world = world
  }

  /** What was logged since the last time. */
  takeLog(): string {
    return this.log.splice(0).join(' ')
  }

  /** The name of the first export that the function is. */
  nameOf(func: unknown): string | undefined {
    return this.session.exports.find((each) => each !== null && this.world.exported(each.name) === func)?.name
  }

  spell(value: unknown): string {
    return spell(value, (func) => this.nameOf(func))
  }

  functions(): SupportFunctions {
    const types = ['i32', 'i64', 'f32', 'f64', 'anyref', 'funcref', 'externref']
    const logs = types.map((type) => [`log-${type}`, (value: unknown) => this.note(`${type} ${this.spell(value)}`)])
    return {
      ...(Object.fromEntries(logs) as SupportFunctions),
      'log-v128': () => this.refuseVector(),
      'log-branch': (actual: number, expected: number, id: number) => {
        this.note(`branch ${actual} ${expected} ${id}`)
        return actual
      },
      throw: (value: number) => {
        this.note(`throw ${value}`)
        if (value === 0) throw new HostError('thrown by the host')
        return this.world.throwTagged(value)
      },
      'table-get': (index: number) => this.table(index).get(index >>> 0),
      'table-set': (index: number, value: unknown) => {
        if (value !== null && typeof value !== 'function') throw new HostError('no function')
        this.table(index).set(index >>> 0, value)
      },
      'call-export': (index: number) => this.callExport(index),
      'call-export-catch': (index: number) => this.caught(() => this.callExport(index)),
      'call-ref': (func: unknown) => this.callRef(func),
      'call-ref-catch': (func: unknown) => this.caught(() => this.callRef(func)),
      sleep: (_milliseconds: number, id: number) => id,
    }
  }

  /** JavaScript has no vectors. */
  refuseVector(): never {
    throw new HostError('a vector')
  }

  private note(line: string): void {
    this.log.push(`(${line})`)
  }

  private table(index: number): WorldTable {
    const table = this.world.table()
    if (table === undefined || index >>> 0 >= table.length) throw new HostError('no such element')
    return table
  }

  private callExport(index: number): void {
    this.callNamed(this.session.exports[index]?.name)
  }

  private callRef(func: unknown): void {
    this.callNamed(this.nameOf(func))
  }

  private callNamed(name: string | undefined): void {
    const func = this.session.exports.find((each) => each?.name === name)
    if (!func || this.callbacks >= CALLBACKS) throw new HostError('no function to call')
    this.callbacks++
    const args = func.args.map((arg) => valueOf(arg, (other) => this.world.exported(other)))
    this.world.call(this.world.exported(func.name), args)
  }

  private caught(call: () => void): number {
    try {
      call()
      return 0
    } catch (error) {
      if (this.world.isException(error)) return 1
      throw error
    }
  }
}
