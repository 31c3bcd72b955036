// Proposals that have no rows yet: how to recognise that a module needs one, in binary by its kinds of imports, in text by its
// keywords. It is asked only where there is no row and no such keyword, so what gets rows needs no change here: its entry has no effect
// from then on, and is taken out when somebody tidies up. Nothing else may depend on this file's contents.

/** Kinds of imports and exports → proposal. */
export const PLANNED_EXTERN_KINDS: ReadonlyMap<number, string> = new Map([[0x20, 'custom-descriptors']])

const DESCRIPTORS =
  'descriptor|describes|exact|struct\\.new(_default)?_desc|ref\\.get_desc|(ref\\.cast|br_on_cast)_desc_eq|br_on_cast_desc_eq_fail'

const PLANNED_KEYWORDS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^(${DESCRIPTORS})$`), 'custom-descriptors'],
]

/** The proposal that a keyword of the text format belongs to, where it is one that has no rows yet. */
export function plannedKeyword(keyword: string): string | undefined {
  return PLANNED_KEYWORDS.find(([pattern]) => pattern.test(keyword))?.[1]
}
