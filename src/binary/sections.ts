// The sections of a binary module: their ids and the order in which they stand, for the decoder and the encoder.
// https://webassembly.github.io/spec/core/binary/modules.html#sections

export const MAGIC = 0x6d736100
export const VERSION = 1

export const CUSTOM_SECTION = 0
export const TYPE_SECTION = 1
export const IMPORT_SECTION = 2
export const FUNCTION_SECTION = 3
export const TABLE_SECTION = 4
export const MEMORY_SECTION = 5
export const GLOBAL_SECTION = 6
export const EXPORT_SECTION = 7
export const START_SECTION = 8
export const ELEMENT_SECTION = 9
export const CODE_SECTION = 10
export const DATA_SECTION = 11
export const DATA_COUNT_SECTION = 12
export const TAG_SECTION = 13

/** Every section but the custom ones, in the order of a module. The ids are in the order in which the sections were invented. */
export const SECTION_ORDER: readonly number[] = [
  TYPE_SECTION,
  IMPORT_SECTION,
  FUNCTION_SECTION,
  TABLE_SECTION,
  MEMORY_SECTION,
  TAG_SECTION,
  GLOBAL_SECTION,
  EXPORT_SECTION,
  START_SECTION,
  ELEMENT_SECTION,
  DATA_COUNT_SECTION,
  CODE_SECTION,
  DATA_SECTION,
]

/** The name of the custom section that holds names. */
export const NAME_SECTION = 'name'

/** The subsections of the name section, in their order, by what they name. */
export const NAME_SUBSECTIONS = {
  module: 0,
  funcs: 1,
  locals: 2,
  labels: 3,
  types: 4,
  tables: 5,
  memories: 6,
  globals: 7,
  elems: 8,
  datas: 9,
  fields: 10,
  tags: 11,
} as const

/** The bytes that open an element of a section or say which form it has. */
export const FUNC_TYPE = 0x60
export const STRUCT_TYPE = 0x5f
export const ARRAY_TYPE = 0x5e
export const CONT_TYPE = 0x5d
export const SUB_TYPE = 0x50
export const SUB_FINAL_TYPE = 0x4f
export const REC_GROUP = 0x4e
export const DESCRIPTOR = 0x4d
export const DESCRIBES = 0x4c
export const TABLE_WITH_INIT = 0x40

/** Bits of the flags before limits; the last one and that of shared memories belong to memories only. */
export const HAS_MAX = 1
export const IS_SHARED = 2
export const HAS_64_BITS = 4
export const HAS_PAGE_SIZE = 8
/** The kind of an import of an exact function; no export has it. */
export const EXACT_FUNC = 0x20
/** The bytes that stand where the kind of an import would, and open a group of them: each with its type, or of one type. */
export const IMPORTS_OF_MODULE = 0x7f
export const IMPORTS_OF_TYPE = 0x7e

/** Bits of an element segment's flags, and (the first two) of a data segment's. */
export const NOT_ACTIVE = 1
export const EXPLICIT_INDEX = 2
export const EXPRESSIONS = 4
