// Runs a `.wast` script on the host's own WebAssembly, through its JavaScript interface: the same directives, read by our parser and made
// into bytes by our encoder. What cannot be seen through JavaScript is neither passed nor failed.

import { encodeModule } from '../src/binary/encode-module.ts'
import { ModuleError } from '../src/errors/module-error.ts'
import { parseModule } from '../src/text/parse-module.ts'
import type { Action, Directive, ResultPattern, ScriptModule } from '../src/text/script.ts'
import { parseScript } from '../src/text/wast.ts'
import type { ValType } from '../src/syntax/types.ts'
import { matchesPattern } from '../src/script/values.ts'
import { callThroughLens, isOpaque, readThroughLens, typeOf } from './host-lens.ts'
import { HostObjects, Unobservable, matches, toJs, type Verdict } from './host-values.ts'
import { host, hostSpectest, type HostExports } from './host-webassembly.ts'

export type HostOutcome = 'passed' | 'failed' | 'not observable'

export interface HostResult {
  readonly line: number
  readonly keyword: string
  readonly outcome: HostOutcome
}

/** The outcomes in the order of the script; those of directives inside of a thread follow it. */
export function runOnHost(source: Uint8Array, name: string): HostResult[] {
  const runner = new HostRunner()
  return parseScript(source, name).directives.flatMap((directive) => runner.run(directive))
}

/** What a directive made, or why there is nothing. */
type Made<T> = { readonly value: T } | { readonly error: unknown }

class HostRunner {
  private readonly objects = new HostObjects()
  private readonly modules = new Map<string | undefined, Made<object>>()
  private readonly instances = new Map<string | undefined, Made<HostExports>>()
  private readonly registered = new Map<string, Made<HostExports>>([['spectest', { value: hostSpectest() }]])

  run(directive: Directive): HostResult[] {
    const { line, keyword } = directive
    const inner = directive.kind === 'thread' ? directive.directives : []
    return [{ line, keyword, outcome: this.judge(directive) }, ...inner.flatMap((each) => this.pass(each))]
  }

  /** Threads are not run. */
  private pass(directive: Directive): HostResult[] {
    const { line, keyword } = directive
    const inner = directive.kind === 'thread' ? directive.directives : []
    return [{ line, keyword, outcome: 'not observable' }, ...inner.flatMap((each) => this.pass(each))]
  }

  private judge(directive: Directive): HostOutcome {
    try {
      return this.perform(directive)
    } catch (error) {
      return error instanceof Unobservable ? 'not observable' : 'failed'
    }
  }

  private perform(directive: Directive): HostOutcome {
    switch (directive.kind) {
      case 'module':
        this.define(directive.id, () => new host.Module(bytesOf(directive.module)))
        return this.makeInstance(directive.id, directive.id)
      case 'definition':
        return this.define(directive.id, () => new host.Module(bytesOf(directive.module)))
      case 'instance':
        return this.makeInstance(directive.id, directive.of)
      case 'register':
        this.registered.set(directive.name, this.instances.get(directive.id) ?? { error: new Error('no instance') })
        return this.use(this.instances, directive.id) === undefined ? 'failed' : 'passed'
      case 'action':
        this.act(directive.action)
        return 'passed'
      case 'assert_return':
        return this.expectResults(directive.action, directive.results)
      case 'assert_exception':
        return endsIn(() => this.act(directive.action), host.Exception)
      case 'assert_trap': {
        const { subject } = directive
        return endsIn(
          () =>
            subject.kind === 'module' ? this.instantiate(new host.Module(bytesOf(subject.module))) : this.act(subject),
          host.RuntimeError,
        )
      }
      case 'assert_exhaustion':
        return endsIn(() => this.act(directive.action), RangeError, host.RuntimeError)
      case 'assert_malformed':
      case 'assert_invalid':
      case 'assert_malformed_custom':
      case 'assert_invalid_custom': {
        const bytes = bytesOf(directive.module)
        return endsIn(() => new host.Module(bytes), host.CompileError)
      }
      case 'assert_unlinkable': {
        const module = new host.Module(bytesOf(directive.module))
        return endsIn(() => this.instantiate(module), host.LinkError)
      }
      default:
        throw new Unobservable()
    }
  }

  private define(id: string | undefined, make: () => object): HostOutcome {
    const made = keep(make)
    this.modules.set(id, made)
    this.modules.set(undefined, made)
    return outcomeOf(made)
  }

  private makeInstance(id: string | undefined, of: string | undefined): HostOutcome {
    const made = keep(() => this.instantiate(this.use(this.modules, of)))
    this.instances.set(id, made)
    this.instances.set(undefined, made)
    return outcomeOf(made)
  }

  private use<K, T>(map: ReadonlyMap<K, Made<T>>, key: K): T {
    const made = map.get(key) ?? { error: new Error('there is none') }
    if ('error' in made) throw made.error
    return made.value
  }

  private instantiate(module: object): HostExports {
    const imports: Record<string, HostExports> = {}
    for (const { module: from } of host.Module.imports(module)) {
      imports[from] = this.registered.has(from) ? this.use(this.registered, from) : {}
    }
    return new host.Instance(module, imports).exports
  }

  /** Through the lens where there is something that JavaScript would not show. */
  private expectResults(action: Action, patterns: readonly ResultPattern[]): HostOutcome {
    const args = action.kind === 'get' ? [] : action.args
    const params = args.map(typeOf)
    const results = patterns.map(typeOf)
    const types = [...params, ...results]
    const exported = this.use(this.instances, action.id)[action.name] as object | undefined
    if (exported === undefined || !types.every(isSeen) || !types.some(isOpaque)) {
      return matches(patterns, this.act(action), this.objects)
    }
    const values =
      action.kind === 'get'
        ? readThroughLens(exported, results[0]!)
        : callThroughLens(exported, params.filter(isSeen), args, results.filter(isSeen))
    return patterns.every((pattern, i) => matchesPattern(pattern, values[i]!)) ? 'passed' : 'failed'
  }

  private act(action: Action): unknown[] {
    const exported = this.use(this.instances, action.id)[action.name]
    try {
      if (action.kind === 'get') return [(exported as { readonly value: unknown }).value]
      const args = action.args.map((arg) => toJs(arg, this.objects))
      const result: unknown = (exported as (...args: unknown[]) => unknown)(...args)
      return Array.isArray(result) ? result : result === undefined ? [] : [result]
    } catch (error) {
      // Vectors and references to exceptions are what does not pass between WebAssembly and JavaScript.
      throw error instanceof TypeError && exported !== undefined ? new Unobservable() : error
    }
  }
}

/** The host reads bytes alone: of texts it sees what ours are encoded to, and of malformed ones nothing. */
function bytesOf(module: ScriptModule): Uint8Array {
  try {
    if (module.form === 'binary') return module.bytes
    if (module.form === 'faulty text') throw new Unobservable()
    return encodeModule(module.form === 'text' ? module.module : parseModule(module.text))
  } catch (error) {
    throw error instanceof ModuleError ? new Unobservable() : error
  }
}

function isSeen(type: ValType | undefined): type is ValType {
  return type !== undefined
}

function keep<T>(make: () => T): Made<T> {
  try {
    return { value: make() }
  } catch (error) {
    return { error }
  }
}

function outcomeOf(made: Made<unknown>): Verdict {
  if ('value' in made) return 'passed'
  return made.error instanceof Unobservable ? 'not observable' : 'failed'
}

function endsIn(attempt: () => unknown, ...classes: readonly (abstract new (...args: never) => Error)[]): HostOutcome {
  try {
    attempt()
    return 'failed'
  } catch (error) {
    if (error instanceof Unobservable) return 'not observable'
    return classes.some((each) => error instanceof each) ? 'passed' : 'failed'
  }
}
