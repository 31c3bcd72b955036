// The keywords of the text format: which exist, and the atoms and rows by which the parsers recognise them. Keywords that are an
// instruction's name come from the table and are not spelled here.

import type { Instruction } from '../instructions/define.ts'
import { CATCHES } from '../instructions/immediates.ts'
import { INSTRUCTIONS, instructionByName } from '../instructions/table.ts'
import { HEAP_TYPES_BY_NAME, VAL_TYPES_BY_NAME, type ValType } from '../syntax/types.ts'
import type { AtomTable } from './atoms.ts'
import { parseNanPattern } from './number.ts'

function rowOf(structure: Instruction['structure']): Instruction {
  return INSTRUCTIONS.find((row) => row.structure === structure)!
}

/** The instructions that continue and end a block. */
export const ELSE: Instruction = rowOf('else')
export const END: Instruction = rowOf('end')

/** Keywords of the grammar that are neither an instruction nor a type. */
// prettier-ignore
const GRAMMAR_WORDS: ReadonlySet<string> = new Set([
  'type', 'func', 'extern', 'rec', 'sub', 'final', 'field', 'i8', 'i16', 'param', 'result', 'local', 'mut', 'null', 'then', 'do', 'on', 'import', 'export', 'table', 'memory', 'global', 'tag', 'start',
  'elem', 'data', 'offset', 'item', 'declare', 'module', 'binary', 'quote', 'definition', 'instance', 'register', 'invoke', 'get', 'either', 'shared',
  'thread', 'wait', 'pagesize', 'descriptor', 'describes', 'exact',
])

/** How a vector literal divides its 128 bits. */
export interface VectorShape {
  readonly lanes: number
  readonly bits: 8 | 16 | 32 | 64
  readonly float: boolean
}

// prettier-ignore
export const VECTOR_SHAPES: ReadonlyMap<string, VectorShape> = new Map([
  ['i8x16', { lanes: 16, bits: 8, float: false }],
  ['i16x8', { lanes: 8, bits: 16, float: false }],
  ['i32x4', { lanes: 4, bits: 32, float: false }],
  ['i64x2', { lanes: 2, bits: 64, float: false }],
  ['f32x4', { lanes: 4, bits: 32, float: true }],
  ['f64x2', { lanes: 2, bits: 64, float: true }],
])

/** Whether the text format has that keyword at all: where it stands wrongly it is an unexpected token, else an unknown operator. */
export function isKnownWord(word: string): boolean {
  return (
    GRAMMAR_WORDS.has(word) ||
    VECTOR_SHAPES.has(word) ||
    CATCHES.some(({ name }) => name === word) ||
    VAL_TYPES_BY_NAME.has(word) ||
    HEAP_TYPES_BY_NAME.has(word) ||
    instructionByName(word) !== undefined ||
    word.startsWith('assert_') ||
    parseNanPattern(word) !== undefined ||
    assignedNat(word, 'offset') !== undefined ||
    assignedNat(word, 'align') !== undefined
  )
}

const NATURAL = /^(?:\d(?:_?\d)*|0x[\da-fA-F](?:_?[\da-fA-F])*)$/

/** The number in a keyword such as `offset=16`, as it is spelled; undefined if the keyword is not of that form. */
export function assignedNat(word: string, key: string): string | undefined {
  if (!word.startsWith(key) || word[key.length] !== '=') return undefined
  const value = word.slice(key.length + 1)
  return NATURAL.test(value) ? value : undefined
}

/** The keywords of one token table: its parsers compare atoms, not texts. */
export class Words {
  readonly type: number
  readonly param: number
  readonly result: number
  readonly local: number
  readonly ref: number
  readonly mut: number
  readonly thenClause: number
  readonly elseClause: number
  /** By atom, 0 for none: the place of a row in the table, plus one. */
  private readonly rows: Uint16Array
  private readonly valTypes = new Map<number, ValType>()

  constructor(atoms: AtomTable) {
    this.rows = new Uint16Array(atoms.size)
    INSTRUCTIONS.forEach((row, i) => {
      const atom = atoms.find(row.name)
      // The plain form of an instruction stands before its annotated one.
      if (atom !== undefined && this.rows[atom] === 0) this.rows[atom] = i + 1
    })
    for (const [name, type] of VAL_TYPES_BY_NAME) this.valTypes.set(atoms.intern(name), type)
    this.type = atoms.intern('type')
    this.param = atoms.intern('param')
    this.result = atoms.intern('result')
    this.local = atoms.intern('local')
    this.ref = atoms.intern('ref')
    this.mut = atoms.intern('mut')
    this.thenClause = atoms.intern('then')
    this.elseClause = atoms.intern(ELSE.name)
  }

  /** The plain form of the instruction that the keyword names. */
  row(atom: number): Instruction | undefined {
    const number = this.rows[atom] ?? 0
    return number === 0 ? undefined : INSTRUCTIONS[number - 1]
  }

  valType(atom: number): ValType | undefined {
    return this.valTypes.get(atom)
  }
}
