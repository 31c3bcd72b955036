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
  | 'memarg'
  | 'blocktype'
  | 'heaptype'
  | 'labels'
  | 'valtypes'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'

/** Immediates that are one unsigned index. */
export type IndexKind = Extract<ImmediateKind, `${string}idx`>

export function isIndexKind(kind: ImmediateKind): kind is IndexKind {
  return kind.endsWith('idx')
}

/** The immediates of one instruction. Which fields count is told by its row; the others hold leftovers. */
export interface Immediates {
  /**
   * The first index; for `memarg` the memory; for `blocktype` a `BlockType`; for `heaptype` a `HeapType`; for `labels` the default label;
   * for `i32` the value; for `f32` its bits.
   */
  readonly x: number
  /** The second index, in binary order. */
  readonly y: number
  /** `memarg`: the alignment as an exponent of two. */
  readonly align: number
  /** `i64`, `f64` (bits) and the offset of a `memarg`, as halves. */
  readonly lo: number
  readonly hi: number
  /** `labels`: the targets without the default; `valtypes`: the types. The first `count` entries are meant. */
  readonly list: readonly number[]
  readonly count: number
}

/** The offset of a memarg as a number; exact below 2^53. */
export function memargOffset(im: Immediates): number {
  return (im.hi >>> 0) * 4294967296 + (im.lo >>> 0)
}
