// Proposals that have no rows yet: how to recognise that a module needs one, in binary by its prefix byte or opcode, in text by its
// keywords. Every entry goes away with the issue that implements it; nothing else may depend on this file's contents.

/** Instructions behind a prefix that has rows already: `prefix << 16 | number`, from the first to the last. */
function behindPrefix(prefix: number, first: number, last: number, proposal: string): [number, string][] {
  return Array.from({ length: last - first + 1 }, (_, i) => [(prefix << 16) | (first + i), proposal])
}

/** Opcodes, prefixes, and numbers behind prefixes → proposal. */
export const PLANNED_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x06, 'legacy-exceptions'],
  [0x07, 'legacy-exceptions'],
  [0x08, 'exception-handling'],
  [0x09, 'legacy-exceptions'],
  [0x0a, 'exception-handling'],
  [0x18, 'legacy-exceptions'],
  [0x19, 'legacy-exceptions'],
  [0x1f, 'exception-handling'],
  [0xe0, 'stack-switching'],
  [0xe1, 'stack-switching'],
  [0xe2, 'stack-switching'],
  [0xe3, 'stack-switching'],
  [0xe4, 'stack-switching'],
  [0xe5, 'stack-switching'],
  [0xe6, 'stack-switching'],
  ...behindPrefix(0xfc, 0x13, 0x16, 'wide-arithmetic'),
  ...behindPrefix(0xfd, 0x100, 0x113, 'relaxed-simd'),
])

/** Kinds of imports and exports → proposal. */
export const PLANNED_EXTERN_KINDS: ReadonlyMap<number, string> = new Map([[0x20, 'custom-descriptors']])

/** Flags of limits → proposal. */
export const PLANNED_LIMITS_FLAGS: ReadonlyMap<number, string> = new Map([
  [0x04, 'memory64'],
  [0x05, 'memory64'],
  [0x06, 'memory64'],
  [0x07, 'memory64'],
])

const EXCEPTIONS = 'try_table|throw|throw_ref|catch|catch_ref|catch_all|catch_all_ref|tag'

const DESCRIPTORS =
  'descriptor|describes|exact|struct\\.new(_default)?_desc|ref\\.get_desc|(ref\\.cast|br_on_cast)_desc_eq|br_on_cast_desc_eq_fail'

const PLANNED_KEYWORDS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^(${DESCRIPTORS})$`), 'custom-descriptors'],
  [/^i(8x16|16x8|32x4|64x2)\.relaxed_|^f(32x4|64x2)\.relaxed_/, 'relaxed-simd'],
  [/^(try|delegate|rethrow)$/, 'legacy-exceptions'],
  [new RegExp(`^(${EXCEPTIONS})$`), 'exception-handling'],
  [/^i64\.(add128|sub128|mul_wide_[su])$/, 'wide-arithmetic'],
  [/^(suspend|resume|resume_throw|resume_throw_ref|switch|cont\.new|cont\.bind)$/, 'stack-switching'],
  [/^pagesize$/, 'custom-page-sizes'],
]

/** The proposal that a keyword of the text format belongs to, where it is one that has no rows yet. */
export function plannedKeyword(keyword: string): string | undefined {
  return PLANNED_KEYWORDS.find(([pattern]) => pattern.test(keyword))?.[1]
}
