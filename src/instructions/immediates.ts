// The kinds of immediates, as the grammar spells them, and the fields in which a reader leaves their values.

export type ImmediateKind =
  | 'labelidx'
  | 'localidx'
  | 'globalidx'
  | 'funcidx'
  | 'typeidx'
  | 'tableidx'
  | 'memidx'
  | 'elemidx'
  | 'dataidx'
  | 'fieldidx'
  | 'tagidx'
  | 'memarg'
  | 'laneidx'
  | 'blocktype'
  | 'heaptype'
  | 'reftype'
  | 'nullreftype'
  | 'castop'
  | 'labels'
  | 'catches'
  | 'onclauses'
  | 'valtypes'
  | 'u32'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'lanes'
  | 'reserved'

/** Immediates that are one index into an index space. A lane is none: it is a byte. */
export type IndexKind = Exclude<Extract<ImmediateKind, `${string}idx`>, 'laneidx'>

export function isIndexKind(kind: ImmediateKind): kind is IndexKind {
  return kind.endsWith('idx') && kind !== 'laneidx'
}

/** The immediates of one instruction. Which fields count is told by its row; the others hold leftovers. */
export interface Immediates {
  /**
   * The first index; for `memarg` the memory; for `blocktype` a `BlockType`; for `heaptype` a `HeapType`; for `reftype` and
   * `nullreftype` a `RefType`, of which the binary format has the heap type only; for `labels` the default label; for `castop` the label;
   * for `i32` the value; for `f32` its bits.
   */
  readonly x: number
  /** The second index, in binary order; for `laneidx` the lane; for `u32` the number. */
  readonly y: number
  /** `memarg`: the alignment as an exponent of two. */
  readonly align: number
  /** `i64`, `f64` (bits) and the offset of a `memarg`, as halves; for `castop` the types before and after the cast. */
  readonly lo: number
  readonly hi: number
  /**
   * `labels`: the targets without the default; `valtypes`: the types; `catches` and `onclauses`: `CLAUSE_NUMBERS` numbers for each clause, its
   * code, its tag and its label (0 where it has none). The first `count` entries are meant.
   */
  readonly list: readonly number[]
  readonly count: number
  /** `v128`: the constant; `lanes`: sixteen lanes, a byte each. Four words of 32 bits, the lowest first. */
  readonly vector: Int32Array
}

/** Numbers that a clause of `catches` or `onclauses` takes in the list. */
export const CLAUSE_NUMBERS = 3

interface Catch {
  readonly name: string
  /** Catches the exceptions of one tag, and hands over their values. */
  readonly tagged: boolean
  /** Hands over the exception itself, behind the values. */
  readonly ref: boolean
}

/** The clauses of `catches`, by their code. https://webassembly.github.io/spec/core/binary/instructions.html#binary-catch */
export const CATCHES: readonly Catch[] = [
  { name: 'catch', tagged: true, ref: false },
  { name: 'catch_ref', tagged: true, ref: true },
  { name: 'catch_all', tagged: false, ref: false },
  { name: 'catch_all_ref', tagged: false, ref: true },
]

// The clauses of `onclauses`, by their code: `(on tag label)` and `(on tag switch)`.
export const ON_LABEL = 0
export const ON_SWITCH = 1
