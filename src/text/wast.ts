// A `.wast` file to a list of directives. Each is parsed by itself: what is wrong with one, or not supported, is part of its data and
// doesn't touch the next. A file of module fields alone is one module.

import { ModuleError } from '../errors/module-error.ts'
import { MODULE_ANNOTATIONS } from './annotations.ts'
import { lexText } from './lexer.ts'
import { parseFields, parseModuleGroup } from './parse-module.ts'
import { SourceText } from './source-text.ts'
import { TokenCursor } from './token-cursor.ts'
import { EOF, LEFT_PAREN, RIGHT_PAREN } from './tokens.ts'
import { parseResultPattern, parseScriptValue } from './wast-values.ts'
import { MODULE_ASSERTIONS } from './script.ts'
import type { Action, Command, Directive, ModuleAssertion, ModuleSubject, Script, ScriptModule } from './script.ts'

/** The keywords of module fields, where a script may be nothing but fields. */
const FIELDS: ReadonlySet<string> = new Set([
  'type',
  'rec',
  'import',
  'func',
  'table',
  'memory',
  'global',
  'tag',
  'export',
  'start',
  'elem',
  'data',
])

/** `name` is how errors call the script. Throws a ModuleError only if the text is no sequence of tokens, or its parentheses don't match. */
export function parseScript(text: string | Uint8Array, name?: string): Script {
  const tokens = lexText(new SourceText(text, name), { annotations: MODULE_ANNOTATIONS })
  const parser = new ScriptParser(new TokenCursor(tokens))
  return { name, directives: parser.parse() }
}

class ScriptParser {
  private readonly cursor: TokenCursor
  /** Threads around the directive; those of the official scripts are two deep. */
  private depth = 0

  constructor(cursor: TokenCursor) {
    this.cursor = cursor
  }

  parse(): Directive[] {
    const { cursor } = this
    if (FIELDS.has(cursor.clause ?? '')) {
      const line = this.lineOf(cursor.pos)
      const module = this.guardText(() => parseFields(cursor, cursor.tokens.count - 1))
      return [{ line, keyword: 'module', kind: 'module', id: undefined, module }]
    }
    const directives = this.parseDirectives()
    if (cursor.kind !== EOF) throw cursor.unexpected()
    return directives
  }

  private parseDirectives(): Directive[] {
    const directives: Directive[] = []
    while (this.cursor.kind === LEFT_PAREN) directives.push(this.parseDirective())
    return directives
  }

  private parseDirective(): Directive {
    const { cursor } = this
    const start = cursor.pos
    cursor.skipGroup()
    const end = cursor.pos
    cursor.pos = start
    const placed = { line: this.lineOf(start), keyword: this.keywordAt(start) }
    const command = this.guard<Command>(
      () => {
        const parsed = this.parseCommand()
        cursor.expectRight()
        return parsed
      },
      (error) => ({ kind: 'faulty', error }),
    )
    cursor.pos = end
    return { ...placed, ...command }
  }

  private lineOf(token: number): number {
    const { tokens } = this.cursor
    return tokens.source.lineAt(tokens.start(token)) + 1
  }

  private keywordAt(start: number): string {
    const { tokens } = this.cursor
    this.cursor.pos = start
    const keyword = this.cursor.clause ?? tokens.text(start + 1)
    this.cursor.pos = start + 2
    const { word } = this.cursor
    this.cursor.pos = start
    return keyword === 'module' && (word === 'definition' || word === 'instance') ? `module ${word}` : keyword
  }

  /** What `parse` gives, or what is made of the ModuleError that it throws. */
  private guard<T>(parse: () => T, recover: (error: ModuleError) => T): T {
    try {
      return parse()
    } catch (error) {
      if (error instanceof ModuleError) return recover(error)
      throw error
    }
  }

  /** From the opening parenthesis up to the closing one. */
  private parseCommand(): Command {
    const { cursor } = this
    const { clause } = cursor
    switch (clause) {
      case 'module':
        return this.parseModuleCommand()
      case 'invoke':
      case 'get': {
        // An action is a parenthesis of its own, so its closing one is given back.
        const action = this.parseAction()
        cursor.pos--
        return { kind: 'action', action }
      }
      case 'thread':
        return this.parseThread()
      default:
    }
    if (clause === undefined) throw cursor.unexpected(cursor.pos + 1)
    cursor.pos += 2
    switch (clause) {
      case 'wait':
        return { kind: clause, id: this.parseId() }
      case 'register':
        return { kind: clause, name: cursor.readName(), id: this.parseId() }
      case 'assert_return':
        return { kind: clause, action: this.parseAction(), results: this.parseList(parseResultPattern) }
      case 'assert_exception':
        return { kind: clause, action: this.parseAction() }
      case 'assert_suspension':
      case 'assert_exhaustion':
        return { kind: clause, action: this.parseAction(), text: cursor.readName() }
      case 'assert_trap':
        return { kind: clause, subject: this.parseSubject(), text: cursor.readName() }
      default:
        if (!isModuleAssertion(clause)) throw cursor.unexpected(cursor.pos - 1)
        return { kind: clause, module: this.parseModule(), text: cursor.readName() }
    }
  }

  private parseId(): string | undefined {
    const atom = this.cursor.takeId()
    return atom < 0 ? undefined : this.cursor.tokens.atoms.text(atom)
  }

  private parseList<T>(parse: (cursor: TokenCursor) => T): T[] {
    const list: T[] = []
    while (this.cursor.kind === LEFT_PAREN) list.push(parse(this.cursor))
    return list
  }

  private parseModuleCommand(): Command {
    const { cursor } = this
    const start = cursor.pos
    cursor.pos += 2
    if (cursor.takeWord('instance')) return { kind: 'instance', id: this.parseId(), of: this.parseId() }
    const kind = cursor.takeWord('definition') ? 'definition' : 'module'
    const id = this.parseId()
    cursor.pos = start
    const module = this.parseModule()
    cursor.pos--
    return { kind, id, module }
  }

  /** `(module …)`, `(module binary …)`, `(module quote …)`, each perhaps a definition or with an identifier. */
  private parseModule(): ScriptModule {
    const { cursor } = this
    const start = cursor.pos
    cursor.skipGroup()
    const end = cursor.pos
    cursor.pos = start
    cursor.expectClause('module')
    const isDefinition = cursor.takeWord('definition')
    const fields = cursor.pos
    cursor.takeId()
    if (cursor.takeWord('binary')) return { form: 'binary', bytes: this.parseStrings() }
    if (cursor.takeWord('quote')) return { form: 'quote', text: this.parseStrings() }
    cursor.pos = isDefinition ? fields : start
    const module = this.guardText(() => (isDefinition ? parseFields(cursor, end - 1) : parseModuleGroup(cursor)))
    cursor.pos = end
    return module
  }

  private guardText(parse: () => ReturnType<typeof parseFields>): ScriptModule {
    return this.guard<ScriptModule>(
      () => ({ form: 'text', module: parse() }),
      (error) => ({ form: 'faulty text', error }),
    )
  }

  /** Strings up to a closing parenthesis, which is passed. */
  private parseStrings(): Uint8Array {
    const bytes = this.cursor.readStrings()
    this.cursor.expectRight()
    return bytes
  }

  private parseAction(): Action {
    const { cursor } = this
    cursor.expectLeft()
    const kind = cursor.takeWord('get') ? 'get' : 'invoke'
    if (kind === 'invoke') cursor.expectWord(kind)
    const id = this.parseId()
    const name = cursor.readName()
    const action: Action =
      kind === 'get' ? { kind, id, name } : { kind, id, name, args: this.parseList(parseScriptValue) }
    cursor.expectRight()
    return action
  }

  private parseSubject(): Action | ModuleSubject {
    return this.cursor.clause === 'module' ? { kind: 'module', module: this.parseModule() } : this.parseAction()
  }

  /** `(thread $T (shared (module $M))* directive*)` */
  private parseThread(): Command {
    const { cursor } = this
    if (this.depth === MAX_THREAD_DEPTH) throw cursor.tokens.error(cursor.pos, 'threads are nested too deep')
    cursor.pos += 2
    const id = this.parseId()
    const shared: string[] = []
    while (cursor.clause === 'shared') shared.push(this.parseShared())
    this.depth++
    const directives = this.parseDirectives()
    this.depth--
    if (cursor.kind !== RIGHT_PAREN) throw cursor.unexpected()
    return { kind: 'thread', id, shared, directives }
  }

  private parseShared(): string {
    const { cursor } = this
    cursor.expectClause('shared')
    cursor.expectClause('module')
    const id = this.parseId()
    if (id === undefined) throw cursor.unexpected()
    cursor.expectRight()
    cursor.expectRight()
    return id
  }
}

/** Threads within threads beyond which a script is not looked into, since that recurses. */
const MAX_THREAD_DEPTH = 100

function isModuleAssertion(word: string): word is ModuleAssertion {
  return MODULE_ASSERTIONS.some((assertion) => assertion === word)
}
