// The script language of the official tests, as data: which module to make, what to call, what to expect. Running it is the business
// of `script/`.
// https://github.com/WebAssembly/spec/tree/main/interpreter#scripts

import type { ModuleError } from '../errors/module-error.ts'
import type { Module } from '../syntax/module.ts'
import type { HeapType, ValType } from '../syntax/types.ts'

export interface Script {
  readonly name: string | undefined
  readonly directives: readonly Directive[]
}

/** One step of a script. */
export type Directive = Placed & Command

interface Placed {
  /** One-based line of its first token. */
  readonly line: number
  /** What it begins with: `assert_return`, `module`, `module definition` … */
  readonly keyword: string
}

export type Command =
  | { readonly kind: 'module'; readonly id: string | undefined; readonly module: ScriptModule }
  /** A module that is defined and not instantiated. */
  | { readonly kind: 'definition'; readonly id: string | undefined; readonly module: ScriptModule }
  /** An instance of the module that was defined under a name, or last. */
  | { readonly kind: 'instance'; readonly id: string | undefined; readonly of: string | undefined }
  | { readonly kind: 'register'; readonly name: string; readonly id: string | undefined }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'assert_return'; readonly action: Action; readonly results: readonly ResultPattern[] }
  | { readonly kind: 'assert_exception'; readonly action: Action }
  | { readonly kind: 'assert_trap'; readonly subject: Action | ModuleSubject; readonly text: string }
  /** Suspends, and nobody handles it. */
  | { readonly kind: 'assert_suspension'; readonly action: Action; readonly text: string }
  | { readonly kind: 'assert_exhaustion'; readonly action: Action; readonly text: string }
  | { readonly kind: ModuleAssertion; readonly module: ScriptModule; readonly text: string }
  /** Directives that run beside what follows, among instances of their own and those that are shared with them by name. */
  | {
      readonly kind: 'thread'
      readonly id: string | undefined
      readonly shared: readonly string[]
      readonly directives: readonly Directive[]
    }
  /** Waits for the end of the thread of that name, or of the one that was started last. */
  | { readonly kind: 'wait'; readonly id: string | undefined }
  /** A directive that could not be parsed: malformed, or in need of something that is not there. The others are not touched by it. */
  | { readonly kind: 'faulty'; readonly error: ModuleError }

/** Assertions about a module's text, bytes or imports. */
export type ModuleAssertion = (typeof MODULE_ASSERTIONS)[number]

export const MODULE_ASSERTIONS = [
  'assert_malformed',
  'assert_invalid',
  'assert_unlinkable',
  'assert_malformed_custom',
  'assert_invalid_custom',
] as const

/** A module as it stands in a script. Text is parsed at once, and what that gave is kept; bytes and quoted text are left as they are. */
export type ScriptModule =
  | { readonly form: 'text'; readonly module: Module }
  | { readonly form: 'faulty text'; readonly error: ModuleError }
  | { readonly form: 'binary'; readonly bytes: Uint8Array }
  /** A text to parse, as UTF-8. */
  | { readonly form: 'quote'; readonly text: Uint8Array }

/** A module whose instantiation is the action. */
export interface ModuleSubject {
  readonly kind: 'module'
  readonly module: ScriptModule
}

/** Of the instance that has the name, or of the current one. */
export type Action =
  | {
      readonly kind: 'invoke'
      readonly id: string | undefined
      readonly name: string
      readonly args: readonly ScriptValue[]
    }
  | { readonly kind: 'get'; readonly id: string | undefined; readonly name: string }

/** A number by its bits: those of i32 and f32 are in `lo`, and `hi` is 0. Both halves are signed. */
export interface NumValue {
  readonly kind: 'num'
  readonly type: ValType
  readonly lo: number
  readonly hi: number
}

/** A vector as four signed words, the lowest first. */
interface VecValue {
  readonly kind: 'vec'
  readonly words: readonly number[]
}

export type ScriptValue =
  | NumValue
  | VecValue
  | { readonly kind: 'null'; readonly heap: HeapType }
  /** A reference of the host's own, told from others by its number. */
  | { readonly kind: 'host'; readonly heap: HeapType; readonly number: number }

/** A NaN of that class. https://webassembly.github.io/spec/core/syntax/values.html#floating-point */
export interface NanPattern {
  readonly kind: 'nan'
  readonly type: ValType
  readonly nan: 'canonical' | 'arithmetic'
}

export type ResultPattern =
  | ScriptValue
  | NanPattern
  /** A vector of floats, the lowest lane first. */
  | { readonly kind: 'lanes'; readonly lanes: readonly (NumValue | NanPattern)[] }
  /** A null reference of any type. */
  | { readonly kind: 'any null' }
  /** A reference of that type, and not null; with an index that function. */
  | { readonly kind: 'ref'; readonly heap: HeapType; readonly index?: number | undefined }
  | { readonly kind: 'either'; readonly patterns: readonly ResultPattern[] }
