// Inputs made to be hard: each shape that takes a quadratic, recursive or greedy engine down, at the size that the limits still allow.
// https://webassembly.github.io/spec/js-api/#limits

import { ByteBuffer, I32, NO_RESULT, moduleBytes, u32, type Bytes } from './module-bytes.ts'

/** `limit`: refused for its size, valid or not. */
export type Verdict = 'valid' | 'invalid' | 'limit'

export interface Adversary {
  readonly name: string
  readonly bytes: () => Uint8Array
  /** What we may say: a valid module may still be too much, where the design says so. */
  readonly verdicts: readonly Verdict[]
  /** Its `run` returns when called. */
  readonly runs: boolean
  /** What it may cost, validation and run together, at full size. */
  readonly bar?: { readonly ms: number; readonly megabytes: number } | undefined
}

const [UNREACHABLE, BLOCK, END, BR_TABLE, DROP, CONST, ADD] = [0x00, 0x02, 0x0b, 0x0e, 0x1a, 0x41, 0x6a] as const
const EMPTY = 0x40
const [REC, NULLABLE] = [0x4e, 0x63] as const
const NO_LOCALS: Bytes = [0]
const MAX_BODY = 7_654_321
const RESULTS = 1000

/** `scale` below 1 makes all of them smaller, to see that they still work. */
export function adversaries(scale: number): readonly Adversary[] {
  const scaled = (count: number): number => Math.max(2, Math.round(count * scale))
  const million = scaled(1_000_000)
  const runnable = (name: string, bytes: () => Uint8Array): Adversary => ({
    name,
    bytes,
    verdicts: ['valid'],
    runs: true,
  })
  const judged = (name: string, verdicts: readonly Verdict[], bytes: () => Uint8Array): Adversary => ({
    name,
    bytes,
    verdicts,
    runs: false,
  })
  const blocks = scaled(1000)
  return [
    ...[scaled(10_000), scaled(100_000), million].map((depth) =>
      runnable(`${depth} nested blocks`, () => nestedBlocks(depth)),
    ),
    runnable(`${million} operands on the stack`, () => tallStack(million)),
    judged(`${blocks} blocks × br_table of as many × ${RESULTS} results`, ['valid'], () => wideBranches(blocks, false)),
    judged('the same, each block with a type of its own', ['valid', 'limit'], () => wideBranches(blocks, true)),
    runnable(`a body of ${scaled(MAX_BODY)} bytes`, () => longBody(scaled(MAX_BODY))),
    judged(`a body of ${MAX_BODY + 1} bytes`, ['limit'], () => longBody(MAX_BODY + 1)),
    {
      ...runnable(`${million} functions`, () => moduleBytes({ funcs: million })),
      bar: { ms: 3_000, megabytes: 600 },
    },
    runnable(`${million} types, all equal`, () =>
      moduleBytes({ types: { count: million, bytes: new ByteBuffer().repeat(million, NO_RESULT).done() } }),
    ),
    judged(`${million} types, all different`, ['valid'], () => distinctTypes(million)),
    runnable(`a recursion group of ${million} types`, () => largeGroup(million)),
    judged(`${million} exports, the last one twice`, ['invalid'], () => manyExports(million)),
    runnable(`a constant expression of ${million} additions`, () => longConstant(million)),
    runnable(`${million} drops behind unreachable`, () => deadCode(million)),
    runnable(`${scaled(100_000)} passive segments`, () => passiveSegments(scaled(100_000))),
    runnable(`a segment of ${scaled(100)} MB`, () => largeSegment(scaled(100) * 1024 ** 2)),
  ]
}

function nestedBlocks(depth: number): Uint8Array {
  const body = new ByteBuffer()
    .add(NO_LOCALS)
    .repeat(depth, [BLOCK, EMPTY])
    .repeat(depth + 1, [END])
  return moduleBytes({ body: body.done() })
}

function tallStack(height: number): Uint8Array {
  const body = new ByteBuffer()
    .add(NO_LOCALS)
    .repeat(height, [CONST, 1])
    .repeat(height - 1, [ADD])
    .add([DROP, END])
  return moduleBytes({ body: body.done() })
}

/** Each block ends in a br_table to all the blocks around it, over 1,000 operands: count² × 1,000 comparisons, if one is naive. */
function wideBranches(count: number, ownTypes: boolean): Uint8Array {
  const wide: Bytes = [0x60, 0, ...u32(RESULTS), ...new Array<number>(RESULTS).fill(I32)]
  const types = new ByteBuffer().add(NO_RESULT).repeat(ownTypes ? count : 1, wide)
  const body = new ByteBuffer().add(NO_LOCALS)
  for (let i = 0; i < count; i++) body.add([BLOCK], signed(ownTypes ? i + 1 : 1))
  body.repeat(RESULTS, [CONST, 0])
  for (let open = count; open > 0; open--) {
    body.add([CONST, 0, BR_TABLE], u32(open - 1))
    for (let label = 0; label < open; label++) body.add(u32(label))
    body.add([END])
  }
  body.repeat(RESULTS, [DROP]).add([END])
  return moduleBytes({ types: { count: 1 + (ownTypes ? count : 1), bytes: types.done() }, body: body.done() })
}

/** A type index that stands where a block's type may: a signed number that is not negative. */
function signed(index: number): number[] {
  return index < 0x40 ? [index] : [(index & 0x7f) | 0x80, index >> 7]
}

function longBody(size: number): Uint8Array {
  const pair = [CONST, 0, DROP]
  const body = new ByteBuffer().add(NO_LOCALS).repeat(Math.floor((size - 2) / pair.length), pair)
  body.repeat(size - 1 - body.done().length, [0x01]).add([END])
  return moduleBytes({ body: body.done() })
}

function manyExports(count: number): Uint8Array {
  const bytes = new ByteBuffer()
  const encoder = new TextEncoder()
  for (let i = 0; i < count; i++) {
    const name = encoder.encode(`prefix${Math.min(i, count - 2)}`)
    bytes.add(u32(name.length), name, [0, 0])
  }
  return moduleBytes({ exports: { count, bytes: bytes.done() } })
}

/** Needs the proposal extended-const. */
function longConstant(additions: number): Uint8Array {
  const bytes = new ByteBuffer().add([I32, 0, CONST, 1]).repeat(additions, [CONST, 1, ADD]).add([END])
  return moduleBytes({ globals: { count: 1, bytes: bytes.done() } })
}

/** The unreachable code is itself behind a branch, so that `run` returns. */
function deadCode(drops: number): Uint8Array {
  const body = new ByteBuffer()
    .add(NO_LOCALS, [BLOCK, EMPTY, 0x0c, 0, UNREACHABLE])
    .repeat(drops, [DROP])
    .add([END, END])
  return moduleBytes({ body: body.done() })
}

/** Twenty bits of its number say which parameters of a type are i32 and which i64. */
function distinctTypes(count: number): Uint8Array {
  const bytes = new ByteBuffer().add(NO_RESULT)
  for (let i = 1; i < count; i++) {
    bytes.add([0x60, 20, ...Array.from({ length: 20 }, (_, bit) => I32 - ((i >> bit) & 1)), 0])
  }
  return moduleBytes({ types: { count, bytes: bytes.done() } })
}

/** Each type refers to the next, and the last to the first; the function that runs, which is exported, is of a type in front of them. */
function largeGroup(count: number): Uint8Array {
  const group = new ByteBuffer().add(NO_RESULT, [REC], u32(count - 1))
  for (let i = 1; i < count; i++) group.add([0x60, 1, NULLABLE], fiveBytes(i + 1 < count ? i + 1 : 1), [0])
  return moduleBytes({ types: { count: 2, bytes: group.done() }, funcTypes: [0, 1] })
}

/** LEB128 of five bytes, which may be read as signed. */
function fiveBytes(value: number): number[] {
  return [0, 7, 14, 21, 28].map((shift) => ((value >> shift) & 0x7f) | (shift < 28 ? 0x80 : 0))
}

function passiveSegments(count: number): Uint8Array {
  return moduleBytes({ datas: { count, bytes: new ByteBuffer().repeat(count, [1, 1, 0x2a]).done() } })
}

function largeSegment(size: number): Uint8Array {
  return moduleBytes({ datas: { count: 1, bytes: new ByteBuffer().add([1], u32(size), new Uint8Array(size)).done() } })
}
