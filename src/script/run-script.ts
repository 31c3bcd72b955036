// Runs a `.wast` script: makes its modules in one store, performs its actions, and judges its assertions. A directive that needs what
// this engine does not have is skipped with the proposal's name, and so is every directive that depends on it, and no other. Threads of
// a script take turns, each with a store and instances of its own.
// https://github.com/WebAssembly/spec/tree/main/interpreter#scripts

import { InternalError } from '../errors/heddle-error.ts'
import { LinkError } from '../errors/link-error.ts'
import { ModuleError, type ModuleErrorKind } from '../errors/module-error.ts'
import { quoted } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { interpreter } from '../interpret/interpreter.ts'
import { WasmException } from '../runtime/exception.ts'
import { FuncInstance } from '../runtime/func.ts'
import { Global } from '../runtime/global.ts'
import type { CompiledModule, ExternVal } from '../runtime/instance.ts'
import { instantiate } from '../runtime/instantiate.ts'
import { linkImports } from '../runtime/link.ts'
import { Store } from '../runtime/store.ts'
import type { Tier } from '../runtime/tier.ts'
import { i32Value, type Value } from '../runtime/value.ts'
import { resultTypeName } from '../syntax/types.ts'
import type { Action, Command, Directive, ModuleAssertion, ResultPattern, ScriptModule } from '../text/script.ts'
import { parseScript } from '../text/wast.ts'
import { CLOSED } from '../validate/canonical-types.ts'
import { matchesValType } from '../validate/matching.ts'
import { disabledProposals, type Features } from '../validate/proposals.ts'
import { DEFINITION_LIMITS, checkCustomSections, compileModule, readModule } from './modules.ts'
import type { DirectiveResult, Outcome, ScriptResult } from './result.ts'
import { Deadlock, Schedule, type Steps, type Task } from './schedule.ts'
import { spectest } from './spectest.ts'
import { HostReferences, matchesPattern, patternText, toValue, valueText } from './values.ts'

export interface ScriptOptions {
  /** How the result and its failures call the script. */
  readonly name?: string | undefined
  /** What executes its actions; the interpreter unless another is given. */
  readonly tier?: Tier | undefined
  /** Proposals that its modules may use, switched on and off by name. */
  readonly features?: Features | undefined
}

/** Runs a script to its end, whatever its directives come to. A text that is no script at all is one failed directive. */
export function runScript(source: string | Uint8Array, options: ScriptOptions = {}): ScriptResult {
  const { name = 'script', tier = interpreter, features } = options
  const disabled = disabledProposals(features)
  let directives
  try {
    ;({ directives } = parseScript(source, name))
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    const line = error.place.line ?? 1
    return { name, directives: [{ line, keyword: 'script', status: 'failed', message: error.message }] }
  }
  const schedule = new Schedule()
  const takesTurns = directives.some(({ kind }) => kind === 'thread')
  const main = new ScriptThread({ tier, schedule, takesTurns, disabled }, new Map())
  const reports: Report[] = []
  schedule.start(main.run(directives, reports))
  schedule.run()
  return { name, directives: reports.flatMap(flatten) }
}

/** What a directive came to, and what those inside of it came to. */
interface Report {
  readonly result: DirectiveResult
  readonly inner: readonly Report[]
}

function flatten({ result, inner }: Report): DirectiveResult[] {
  return [result, ...inner.flatMap(flatten)]
}

/** What all threads of a script have in common. */
interface Surroundings {
  readonly tier: Tier
  readonly schedule: Schedule
  /** Names of proposals that are off. */
  readonly disabled: ReadonlySet<string>
  /** Whether there are threads, so that calls are cut into slices. */
  readonly takesTurns: boolean
}

/** Units of fuel that a call has in each turn: few, so that threads meet in the middle of what they do. */
const SLICE = 16

/** What a directive made, or the error because of which it is not there. */
type Made<T> = { readonly value: T } | { readonly error: unknown; readonly line: number }

type Exports = ReadonlyMap<string, ExternVal>

/** An expectation that was not met. */
class Disappointment extends Error {}

class ScriptThread {
  private readonly surroundings: Surroundings
  private readonly store = new Store()
  private readonly hosts = new HostReferences()
  private readonly definitions = new Map<string, Made<CompiledModule>>()
  private lastDefinition: Made<CompiledModule> | undefined
  private readonly instances: Map<string, Made<Exports>>
  private current: Made<Exports> | undefined
  private readonly registered = new Map<string, Made<Exports>>()
  private readonly threads = new Map<string, Task>()
  private lastThread: Task | undefined
  private line = 0

  /** `instances`: those that it begins with. */
  constructor(surroundings: Surroundings, instances: Map<string, Made<Exports>>) {
    this.surroundings = surroundings
    this.instances = instances
    this.registered.set('spectest', { value: spectest(this.store) })
  }

  /** Runs directives one after the other, and reports each as it ends. */
  *run(directives: readonly Directive[], reports: Report[]): Steps<void> {
    for (const directive of directives) {
      const { line, keyword } = directive
      this.line = line
      const inner: Report[] = []
      const outcome = directive.kind === 'thread' ? this.startThread(directive, inner) : yield* this.judge(directive)
      reports.push({ result: { line, keyword, ...outcome }, inner })
      if (this.surroundings.takesTurns) yield 'ready'
    }
  }

  private *judge(command: Command): Steps<Outcome> {
    try {
      return yield* this.perform(command)
    } catch (error) {
      return outcomeOf(error)
    }
  }

  private startThread(command: Extract<Command, { readonly kind: 'thread' }>, reports: Report[]): Outcome {
    const { id, shared, directives } = command
    const { line, surroundings } = this
    const instances = new Map<string, Made<Exports>>()
    for (const name of shared) {
      instances.set(name, this.instances.get(name) ?? { error: new Disappointment(noInstance(name)), line })
    }
    const task = surroundings.schedule.start(new ScriptThread(surroundings, instances).run(directives, reports))
    this.lastThread = task
    if (id !== undefined) this.threads.set(id, task)
    try {
      for (const name of shared) this.instance(name)
      return PASSED
    } catch (error) {
      return outcomeOf(error)
    }
  }

  private *awaitThread(id: string | undefined): Steps<Outcome> {
    const task = id === undefined ? this.lastThread : this.threads.get(id)
    if (task === undefined)
      throw new Disappointment(id === undefined ? 'there is no thread yet' : `there is no thread ${id}`)
    yield* this.surroundings.schedule.awaitTask(task)
    return PASSED
  }

  private *perform(command: Command): Steps<Outcome> {
    switch (command.kind) {
      case 'module':
        return yield* this.makeModule(command.id, command.module)
      case 'definition':
        return this.define(command.id, () =>
          compileModule(command.module, this.surroundings.disabled, DEFINITION_LIMITS),
        )
      case 'instance':
        return yield* this.makeInstance(command.id, () => this.definition(command.of))
      case 'register':
        return this.register(command.name, command.id)
      case 'action':
        yield* this.act(command.action)
        return PASSED
      case 'assert_return':
        return expectResults(command.results, yield* this.act(command.action))
      case 'assert_exception':
        return yield* this.expectException(command.action)
      case 'assert_trap':
        return yield* this.expectTrap(command.subject, command.text)
      case 'assert_suspension':
      case 'assert_exhaustion':
        return yield* this.expectTrap(command.action, command.text)
      case 'wait':
        return yield* this.awaitThread(command.id)
      case 'thread':
        throw new InternalError('a thread is started, not performed')
      case 'faulty':
        throw command.error
      default:
        return yield* this.expectFault(command.kind, command.module, command.text)
    }
  }

  // Modules and instances by name, with what is missing remembered.

  private keep<T>(make: () => T): Made<T> {
    try {
      return { value: make() }
    } catch (error) {
      return { error, line: this.line }
    }
  }

  private define(id: string | undefined, make: () => CompiledModule): Outcome {
    const made = this.keep(make)
    this.lastDefinition = made
    if (id !== undefined) this.definitions.set(id, made)
    return outcomeOfMade(made)
  }

  private *makeInstance(id: string | undefined, module: () => CompiledModule): Steps<Outcome> {
    const { line } = this
    let made: Made<Exports>
    try {
      made = { value: yield* this.instantiate(module()) }
    } catch (error) {
      made = { error, line }
    }
    this.current = made
    if (id !== undefined) this.instances.set(id, made)
    return outcomeOfMade(made)
  }

  /** A module by itself is a definition and an instance of one name. */
  private *makeModule(id: string | undefined, module: ScriptModule): Steps<Outcome> {
    this.define(id, () => compileModule(module, this.surroundings.disabled))
    return yield* this.makeInstance(id, () => this.definition(id))
  }

  private register(name: string, id: string | undefined): Outcome {
    const made = id === undefined ? this.current : this.instances.get(id)
    this.registered.set(name, made ?? { error: new Disappointment(noInstance(id)), line: this.line })
    this.instance(id)
    return PASSED
  }

  private definition(id: string | undefined): CompiledModule {
    return this.use(id === undefined ? this.lastDefinition : this.definitions.get(id), `no module ${id ?? ''}`)
  }

  private instance(id: string | undefined): Exports {
    return this.use(id === undefined ? this.current : this.instances.get(id), noInstance(id))
  }

  private use<T>(made: Made<T> | undefined, absent: string): T {
    if (made === undefined) throw new Disappointment(absent)
    if ('value' in made) return made.value
    if (made.line === this.line || isUnsupported(made.error)) throw made.error
    throw new Disappointment(`depends on the module in line ${made.line}, which failed`)
  }

  private *instantiate(compiled: CompiledModule): Steps<Exports> {
    const imports = linkImports(compiled, ({ module, name }) => {
      const made = this.registered.get(module)
      return made === undefined ? undefined : this.use(made, '').get(name)
    })
    const { instance, start } = instantiate(this.store, compiled, imports)
    if (start !== undefined) yield* this.call(start, [])
    return instance.exports
  }

  // Actions.

  /** To its end: at once, or a slice in each turn where there are threads. */
  private *call(func: FuncInstance, args: readonly Value[]): Steps<readonly Value[]> {
    const { tier, schedule, takesTurns } = this.surroundings
    const options = { waits: schedule.waits }
    if (!takesTurns) return tier.invoke(func, args, options)
    const run = tier.start(func, args, options)
    for (;;) {
      const stop = run.resume(SLICE)
      switch (stop.kind) {
        case 'done':
          return stop.results
        case 'trap':
          throw stop.error
        case 'fuel':
        case 'breakpoint':
        case 'pause':
          yield 'ready'
          break
        case 'host':
          run.settle({ values: [i32Value(yield* schedule.awaitNotification())] })
      }
    }
  }

  private *act(action: Action): Steps<readonly Value[]> {
    const value = this.instance(action.id).get(action.name)
    if (action.kind === 'get') {
      if (!(value instanceof Global)) throw new Disappointment(`no exported global ${quoted(action.name)}`)
      return [value.get()]
    }
    if (!(value instanceof FuncInstance)) throw new Disappointment(`no exported function ${quoted(action.name)}`)
    const args = action.args.map((arg) => toValue(arg, this.hosts))
    const { params } = value.type
    if (args.length !== params.length || args.some(({ type }, i) => !matchesValType(type, params[i]!, CLOSED))) {
      const given = resultTypeName(args.map(({ type }) => type))
      throw new Disappointment(`${quoted(action.name)} takes ${resultTypeName(params)}, not ${given}`)
    }
    return yield* this.call(value, args)
  }

  // Assertions of errors.

  private *expectTrap(
    subject: Action | { readonly kind: 'module'; readonly module: ScriptModule },
    text: string,
  ): Steps<Outcome> {
    let outcome
    try {
      if (subject.kind === 'module') {
        yield* this.instantiate(compileModule(subject.module, this.surroundings.disabled))
        outcome = 'an instance'
      } else outcome = resultText(yield* this.act(subject))
    } catch (error) {
      if (!(error instanceof Trap)) throw error
      if (error.message.startsWith(text)) return { status: 'passed', worded: true }
      outcome = `the trap "${error.message}"`
    }
    throw new Disappointment(`expected the trap "${text}", got ${outcome}`)
  }

  private *expectException(action: Action): Steps<Outcome> {
    let results
    try {
      results = yield* this.act(action)
    } catch (error) {
      if (error instanceof WasmException) return PASSED
      throw error
    }
    throw new Disappointment(`expected an exception, got ${resultText(results)}`)
  }

  private *expectFault(kind: ModuleAssertion, module: ScriptModule, text: string): Steps<Outcome> {
    const { disabled } = this.surroundings
    try {
      if (kind === 'assert_malformed_custom' || kind === 'assert_invalid_custom')
        checkCustomSections(module, FAULTS[kind], disabled)
      else if (FAULTS[kind] === 'malformed') readModule(module, disabled)
      else {
        const compiled = compileModule(module, disabled)
        if (kind === 'assert_unlinkable') yield* this.instantiate(compiled)
      }
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      if (isUnsupported(error)) {
        if (kind === 'assert_unlinkable' || !disabled.has(error.place.proposal ?? '')) throw error
        // In the language that is on there is no such module, which is what the script says.
        return { status: 'passed', worded: fault.reason.startsWith(text) }
      }
      if (fault.kind === FAULTS[kind]) return { status: 'passed', worded: fault.reason.startsWith(text) }
      throw new Disappointment(`expected ${FAULTS[kind]} "${text}", got ${fault.kind} "${fault.reason}"`)
    }
    throw new Disappointment(`expected ${FAULTS[kind]} "${text}", got a module without fault`)
  }
}

const PASSED: Outcome = { status: 'passed' }

const FAULTS: Readonly<Record<ModuleAssertion, ModuleErrorKind | 'unlinkable'>> = {
  assert_malformed: 'malformed',
  assert_malformed_custom: 'malformed',
  assert_invalid: 'invalid',
  assert_invalid_custom: 'invalid',
  assert_unlinkable: 'unlinkable',
}

/** What is wrong with a module or its imports; undefined for an error of any other kind. */
function faultOf(error: unknown): { readonly kind: string; readonly reason: string } | undefined {
  if (error instanceof ModuleError) return error
  return error instanceof LinkError ? { kind: 'unlinkable', reason: error.message } : undefined
}

function isUnsupported(error: unknown): error is ModuleError {
  return error instanceof ModuleError && error.kind === 'unsupported'
}

function outcomeOfMade(made: Made<unknown>): Outcome {
  return 'value' in made ? PASSED : outcomeOf(made.error)
}

/** The outcome of a directive that ended in an error. */
function outcomeOf(error: unknown): Outcome {
  if (isUnsupported(error)) return { status: 'skipped', proposal: error.place.proposal ?? error.reason }
  if (error instanceof Disappointment || error instanceof Deadlock) return { status: 'failed', message: error.message }
  return { status: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
}

function expectResults(patterns: readonly ResultPattern[], results: readonly Value[]): Outcome {
  if (patterns.length === results.length && patterns.every((pattern, i) => matchesPattern(pattern, results[i]!))) {
    return PASSED
  }
  throw new Disappointment(`expected ${listText(patterns.map(patternText))}, got ${resultText(results)}`)
}

function resultText(results: readonly Value[]): string {
  return listText(results.map(valueText))
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.map((item) => `(${item})`).join(' ')
}

function noInstance(id: string | undefined): string {
  return id === undefined ? 'there is no instance yet' : `there is no instance ${id}`
}
