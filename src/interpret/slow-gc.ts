// Structures, arrays, i31 and casts in the second function.
// https://webassembly.github.io/spec/core/exec/instructions.html#aggregate-reference-instructions

import { ArrayInstance, StructInstance, arrayBytes, structBytes } from '../runtime/aggregate.ts'
import type { ArrayLayout, FieldKind, StructLayout } from '../runtime/aggregate.ts'
import type { Instance } from '../runtime/instance.ts'
import { hasRefType, i31, isDescribedBy } from '../runtime/reference.ts'
import type { Ref } from '../runtime/value.ts'
import { claim, copyRefs, spend, trap, type SlowHandler, type Slots } from './slow-handler.ts'

const NULL_STRUCTURE = trap('TRAP_NULL_STRUCTURE')
const NULL_ARRAY = trap('TRAP_NULL_ARRAY')
const NULL_I31 = trap('TRAP_NULL_I31')
const NULL_REFERENCE = trap('TRAP_NULL_REFERENCE')
const ARRAY_TRAP = trap('TRAP_ARRAY_OUT_OF_BOUNDS')
const DATA_TRAP = trap('TRAP_OUT_OF_BOUNDS')
const ELEM_TRAP = trap('TRAP_TABLE_OUT_OF_BOUNDS')
const CAST_TRAP = trap('TRAP_CAST')
const NULL_DESCRIPTOR = trap('TRAP_NULL_DESCRIPTOR')
const DESCRIPTOR_CAST_TRAP = trap('TRAP_DESCRIPTOR_CAST')
const HEAP_TRAP = trap('HEAP_EXHAUSTED')

/** Structures of so many words take time. */
const LARGE = 16

/** Words that an operand of the kind takes on the stack. */
const slotWordsOf = (kind: FieldKind): number => (kind === 'vector' ? 4 : 2)

/** The words of a value, as they lie in a slot, at a place of a structure. */
function storeField(values: Ref[], at: number, kind: FieldKind, { I32, R }: Slots, slot: number): void {
  switch (kind) {
    case 'ref':
      values[at] = R[slot >> 1]
      return
    case 'i8':
      values[at] = (I32[slot]! << 24) >> 24
      return
    case 'i16':
      values[at] = (I32[slot]! << 16) >> 16
      return
    case 'vector':
      values[at + 2] = I32[slot + 2]!
      values[at + 3] = I32[slot + 3]!
      values[at] = I32[slot]!
      values[at + 1] = I32[slot + 1]!
      return
    case 'wide':
      values[at] = I32[slot]!
      values[at + 1] = I32[slot + 1]!
      return
    case 'word':
      values[at] = I32[slot]!
  }
}

function loadField(values: readonly Ref[], at: number, kind: FieldKind, { I32, R }: Slots, slot: number): void {
  if (kind === 'ref') {
    R[slot >> 1] = values[at]
    return
  }
  I32[slot] = values[at] as number
  if (kind !== 'wide' && kind !== 'vector') return
  I32[slot + 1] = values[at + 1] as number
  if (kind !== 'vector') return
  I32[slot + 2] = values[at + 2] as number
  I32[slot + 3] = values[at + 3] as number
}

/** The element at an index; a packed one is extended by its sign. */
function loadElement({ layout, words, refs }: ArrayInstance, index: number, { I32, R }: Slots, slot: number): void {
  if (layout.kind === 'ref') R[slot >> 1] = refs[index]
  else for (let i = 0; i < layout.stride; i++) I32[slot + i] = words[index * layout.stride + i]!
}

/** Sets `count` elements to the value in a slot. */
function fillElements(array: ArrayInstance, index: number, count: number, { I32, R }: Slots, slot: number): void {
  const { layout, words, refs } = array
  const { stride } = layout
  if (layout.kind === 'ref') refs.fill(R[slot >> 1], index, index + count)
  else if (stride === 1) words.fill(I32[slot]!, index, index + count)
  else for (let i = index * stride; i < (index + count) * stride; i++) words[i] = I32[slot + (i % stride)]!
}

/** A new array of zeros or nulls; undefined where the store allows no more, or the host has no memory. `end`: see `claim`. */
function newArray(
  slots: Slots,
  instance: Instance,
  layout: ArrayLayout,
  length: number,
  end: number,
): ArrayInstance | undefined {
  if (!claim(slots, instance, arrayBytes(layout, length), end)) return undefined
  try {
    return new ArrayInstance(layout, length)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A new structure of zeros and nulls, likewise. `end`: the slot above the operands. */
function newStruct(
  slots: Slots,
  instance: Instance,
  layout: StructLayout,
  descriptor: StructInstance | null,
  end: number,
): StructInstance | undefined {
  const { length } = layout
  if (!claim(slots, instance, structBytes(length), end)) return undefined
  if (length > LARGE) spend(slots.S, length >>> 4)
  return StructInstance.zero(layout, descriptor)
}

/** The slot above those of the fields. */
function fieldsEnd({ fields }: StructLayout, base: number): number {
  return fields.reduce((slot, { kind }) => slot + slotWordsOf(kind), base)
}

/** The operands are the fields, from `base` on, and above them the descriptor, where the type has one. */
const structNew =
  (isDescribed: boolean): SlowHandler =>
  (slots, instance, base, x) => {
    const { R } = slots
    const layout = instance.compiled.structLayout(x)
    const above = fieldsEnd(layout, base)
    const descriptor = isDescribed ? (R[above >> 1] as StructInstance | null) : null
    if (isDescribed && descriptor === null) return NULL_DESCRIPTOR
    const struct = newStruct(slots, instance, layout, descriptor, isDescribed ? above + 2 : above)
    if (struct === undefined) return HEAP_TRAP
    let slot = base
    for (const { kind, at } of layout.fields) {
      storeField(struct.values, at, kind, slots, slot)
      slot += slotWordsOf(kind)
    }
    R[base >> 1] = struct
    return 0
  }

const structNewDefault =
  (isDescribed: boolean): SlowHandler =>
  (slots, instance, base, x) => {
    const { R } = slots
    const descriptor = isDescribed ? (R[base >> 1] as StructInstance | null) : null
    if (isDescribed && descriptor === null) return NULL_DESCRIPTOR
    const struct = newStruct(
      slots,
      instance,
      instance.compiled.structLayout(x),
      descriptor,
      isDescribed ? base + 2 : base,
    )
    if (struct === undefined) return HEAP_TRAP
    R[base >> 1] = struct
    return 0
  }

const structGet =
  (mask: boolean): SlowHandler =>
  (slots, { compiled }, base, x, y) => {
    const struct = slots.R[base >> 1] as StructInstance | null
    if (struct === null) return NULL_STRUCTURE
    const { kind, at } = compiled.structLayout(x).fields[y]!
    loadField(struct.values, at, kind, slots, base)
    if (mask) slots.I32[base] = slots.I32[base]! & (kind === 'i8' ? 0xff : 0xffff)
    return 0
  }

const arrayGet =
  (mask: boolean): SlowHandler =>
  (slots, _, base) => {
    const array = slots.R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    const index = slots.I32[base + 2]! >>> 0
    if (index >= array.length) return ARRAY_TRAP
    loadElement(array, index, slots, base)
    if (mask) slots.I32[base] = slots.I32[base]! & (array.layout.kind === 'i8' ? 0xff : 0xffff)
    return 0
  }

/** The array with its new elements, or the reason why there is none. */
function arrayOf(
  slots: Slots,
  instance: Instance,
  base: number,
  operandWords: number,
  x: number,
  length: number,
  fill: (array: ArrayInstance) => void,
): number {
  const array = newArray(slots, instance, instance.compiled.arrayLayout(x), length, base + operandWords)
  if (array === undefined) return HEAP_TRAP
  fill(array)
  spend(slots.S, length >>> 4)
  slots.R[base >> 1] = array
  return 0
}

const convert: SlowHandler = () => 0

// prettier-ignore
export const GC_HANDLERS: Readonly<Record<string, SlowHandler>> = {
  'ref.eq': ({ I32, R }, _, base) => {
    I32[base] = R[base >> 1] === R[(base + 2) >> 1] ? 1 : 0
    return 0
  },
  'ref.as_non_null': ({ R }, _, base) => (R[base >> 1] === null ? NULL_REFERENCE : 0),
  'struct.new': structNew(false),
  'struct.new_default': structNewDefault(false),
  'struct.new_desc': structNew(true),
  'struct.new_default_desc': structNewDefault(true),
  'struct.get': structGet(false),
  'struct.get_s': structGet(false),
  'struct.get_u': structGet(true),
  'struct.set': (slots, { compiled }, base, x, y) => {
    const struct = slots.R[base >> 1] as StructInstance | null
    if (struct === null) return NULL_STRUCTURE
    const { kind, at } = compiled.structLayout(x).fields[y]!
    storeField(struct.values, at, kind, slots, base + 2)
    return 0
  },
  'array.new': (slots, instance, base, x) => {
    const words = slotWordsOf(instance.compiled.arrayLayout(x).kind)
    const length = slots.I32[base + words]! >>> 0
    return arrayOf(slots, instance, base, words + 2, x, length, (array) => fillElements(array, 0, length, slots, base))
  },
  'array.new_default': (slots, instance, base, x) =>
    arrayOf(slots, instance, base, 2, x, slots.I32[base]! >>> 0, () => undefined),
  'array.new_fixed': (slots, instance, base, x, y) => {
    const words = slotWordsOf(instance.compiled.arrayLayout(x).kind)
    return arrayOf(slots, instance, base, y * words, x, y, (array) => {
      for (let i = 0; i < y; i++) fillElements(array, i, 1, slots, base + i * words)
    })
  },
  'array.new_data': (slots, instance, base, x, y) => {
    const [from, length] = [slots.I32[base]! >>> 0, slots.I32[base + 2]! >>> 0]
    const bytes = instance.datas[y]
    const size = length * instance.compiled.arrayLayout(x).bytes
    if (from + size > (bytes?.length ?? 0)) return DATA_TRAP
    return arrayOf(slots, instance, base, 4, x, length, (array) => {
      if (bytes !== undefined) array.bytes.set(bytes.subarray(from, from + size))
    })
  },
  'array.new_elem': (slots, instance, base, x, y) => {
    const [from, length] = [slots.I32[base]! >>> 0, slots.I32[base + 2]! >>> 0]
    const refs = instance.elems[y] ?? []
    if (from + length > refs.length) return ELEM_TRAP
    return arrayOf(slots, instance, base, 4, x, length, (array) => copyRefs(array.refs, 0, refs, from, length))
  },
  'array.get': arrayGet(false),
  'array.get_s': arrayGet(false),
  'array.get_u': arrayGet(true),
  'array.set': (slots, _, base) => {
    const array = slots.R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    const index = slots.I32[base + 2]! >>> 0
    if (index >= array.length) return ARRAY_TRAP
    fillElements(array, index, 1, slots, base + 4)
    return 0
  },
  'array.len': ({ I32, R }, _, base) => {
    const array = R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    I32[base] = array.length
    return 0
  },
  'array.fill': (slots, { compiled }, base, x) => {
    const array = slots.R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    const index = slots.I32[base + 2]! >>> 0
    const length = slots.I32[base + 4 + slotWordsOf(compiled.arrayLayout(x).kind)]! >>> 0
    if (!array.contains(index, length)) return ARRAY_TRAP
    fillElements(array, index, length, slots, base + 4)
    spend(slots.S, length >>> 4)
    return 0
  },
  'array.copy': ({ I32, R, S }, _, base) => {
    const target = R[base >> 1] as ArrayInstance | null
    const source = R[(base + 4) >> 1] as ArrayInstance | null
    if (target === null || source === null) return NULL_ARRAY
    const [to, from, length] = [I32[base + 2]! >>> 0, I32[base + 6]! >>> 0, I32[base + 8]! >>> 0]
    if (!target.contains(to, length) || !source.contains(from, length)) return ARRAY_TRAP
    const { kind, stride } = target.layout
    if (kind === 'ref') copyRefs(target.refs, to, source.refs, from, length)
    else target.words.set(source.words.subarray(from * stride, (from + length) * stride), to * stride)
    spend(S, length >>> 4)
    return 0
  },
  'array.init_data': ({ I32, R, S }, { datas }, base, _, y) => {
    const array = R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    const [to, from, length] = [I32[base + 2]! >>> 0, I32[base + 4]! >>> 0, I32[base + 6]! >>> 0]
    const bytes = datas[y]
    const unit = array.layout.bytes
    if (!array.contains(to, length)) return ARRAY_TRAP
    if (from + length * unit > (bytes?.length ?? 0)) return DATA_TRAP
    if (bytes !== undefined) array.bytes.set(bytes.subarray(from, from + length * unit), to * unit)
    spend(S, length >>> 4)
    return 0
  },
  'array.init_elem': ({ I32, R, S }, { elems }, base, _, y) => {
    const array = R[base >> 1] as ArrayInstance | null
    if (array === null) return NULL_ARRAY
    const [to, from, length] = [I32[base + 2]! >>> 0, I32[base + 4]! >>> 0, I32[base + 6]! >>> 0]
    const refs = elems[y] ?? []
    if (!array.contains(to, length)) return ARRAY_TRAP
    if (from + length > refs.length) return ELEM_TRAP
    copyRefs(array.refs, to, refs, from, length)
    spend(S, length >>> 4)
    return 0
  },
  'ref.test': ({ I32, R }, { compiled }, base, x) => {
    I32[base] = hasRefType(R[base >> 1], x, compiled.types) ? 1 : 0
    return 0
  },
  'ref.cast': ({ R }, { compiled }, base, x) => (hasRefType(R[base >> 1], x, compiled.types) ? 0 : CAST_TRAP),
  'ref.get_desc': ({ R }, _, base) => {
    const struct = R[base >> 1] as StructInstance | null
    if (struct === null) return NULL_REFERENCE
    R[base >> 1] = struct.descriptor
    return 0
  },
  'ref.cast_desc_eq': ({ R }, _, base, x) => {
    const descriptor = R[(base + 2) >> 1]
    if (descriptor === null) return NULL_DESCRIPTOR
    return isDescribedBy(R[base >> 1], x, descriptor) ? 0 : DESCRIPTOR_CAST_TRAP
  },
  // What the branches on such a cast ask; they leave by operations of the loop.
  'br_on_cast_desc_eq': ({ I32, R }, _, base, x) => {
    const descriptor = R[(base + 2) >> 1]
    if (descriptor === null) return NULL_DESCRIPTOR
    I32[base] = isDescribedBy(R[base >> 1], x, descriptor) ? 1 : 0
    return 0
  },
  'any.convert_extern': convert,
  'extern.convert_any': convert,
  'ref.i31': ({ I32, R }, _, base) => {
    R[base >> 1] = i31(I32[base]!)
    return 0
  },
  'i31.get_s': ({ I32, R }, _, base) => {
    const ref = R[base >> 1] as number | null
    if (ref === null) return NULL_I31
    I32[base] = ref
    return 0
  },
  'i31.get_u': ({ I32, R }, _, base) => {
    const ref = R[base >> 1] as number | null
    if (ref === null) return NULL_I31
    I32[base] = ref & 0x7fffffff
    return 0
  },
}
