// Branch hints in text: annotations become a custom section in front of the code, and are printed where they stood.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { BRANCH_HINT, branchHints, decodeBranchHints } from '../../../src/instructions/branch-hints.ts'
import type { CustomSection, Module } from '../../../src/syntax/module.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'

const hint = (value: string): string => String.raw`(@metadata.code.branch_hint "${value}")`
const UNLIKELY = hint(String.raw`\00`)
const LIKELY = hint(String.raw`\01`)

const hinted = `
  (import "m" "f" (func))
  (func)
  (func (param i32) (local i64)
    block
      local.get 0
      ${LIKELY} br_if 0
    end
    ${UNLIKELY} (if (local.get 0)
      (then
        (block (br_if 0 (local.get 0)) ${LIKELY} (br_if 0 (local.get 0)))))
    (@custom.x) local.get 0 ${UNLIKELY} if else nop end)`

function hintSections({ customs }: Module): readonly CustomSection[] {
  return customs.filter(({ name }) => name === BRANCH_HINT)
}

function errorOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ModuleError) return `${error.kind}: ${error.reason}`
    throw error
  }
  return 'no error'
}

describe('hints', () => {
  it('lie at the offset of their instruction in its body, folded or not', () => {
    const module = parseModule(hinted)
    const [section] = hintSections(module)
    expect(section?.after).toBe(12)
    // locals, block, local.get; br_if at 7, end, local.get; if at 12, block, local.get, br_if, local.get; br_if at 22, end, end, local.get; if
    expect(decodeBranchHints(section!.bytes)).toEqual([
      {
        funcIdx: 2,
        hints: [
          { offset: 7, likely: true },
          { offset: 12, likely: false },
          { offset: 22, likely: true },
          { offset: 28, likely: false },
        ],
      },
    ])
    expect(branchHints(module)).toHaveLength(1)
  })

  it.each([false, true])('are printed as annotations, and come back the same (folded: %s)', (folded) => {
    const bytes = encodeModule(parseModule(hinted))
    const text = printModule(decodeModule(bytes), { folded })
    expect(text.match(/@metadata\.code\.branch_hint "\\0[01]"/g)).toHaveLength(4)
    expect(text).not.toContain('@custom')
    expect(encodeModule(parseModule(text))).toEqual(bytes)
  })

  it('stand for the first instruction that follows, behind types and locals', () => {
    const [section] = hintSections(parseModule(`(func ${LIKELY} (param i32) (if (local.get 0) (then)))`))
    expect(decodeBranchHints(section!.bytes)[0]?.hints).toEqual([{ offset: 3, likely: true }])
  })

  it.each([
    ['duplicate annotation', `(func (param i32) local.get 0 ${LIKELY} ${LIKELY} if end)`],
    ['not in a function', `${LIKELY} (func)`],
    ['not in a function', `(func) ${LIKELY}`],
    ['not in a function', `(func) (global i32 ${LIKELY} (i32.const 0))`],
    ['invalid placement', `(func nop ${LIKELY})`],
    ['invalid hint value', `(func ${hint(String.raw`\02`)} if end)`],
    ['invalid hint value', `(func ${hint('')} if end)`],
    ['unexpected token', `(func (@metadata.code.branch_hint 1) if end)`],
  ])('are refused: %s', (reason, text) => {
    expect(errorOf(() => parseModule(text))).toBe(`malformed: @${BRANCH_HINT} annotation: ${reason}`)
  })

  it('for anything but a conditional branch are no fault of the module, but of its custom section', () => {
    const module = parseModule(`(func ${LIKELY} nop)`)
    expect(errorOf(() => branchHints(module))).toBe(`invalid: @${BRANCH_HINT} annotation: invalid target`)
  })
})

/** The module above with a section of these bytes instead. */
function withSection(bytes: readonly number[], after = 12): Module {
  const module = parseModule('(func (param i32) (br_if 0 (local.get 0)) (br_if 0 (local.get 0)))')
  return { ...module, customs: [{ name: BRANCH_HINT, bytes: Uint8Array.from(bytes), after }] }
}

describe('a section of hints', () => {
  it.each<[fault: string, bytes: readonly number[]]>([
    ['invalid: @metadata.code.branch_hint annotation: invalid order', [1, 0, 2, 7, 1, 0, 3, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid order', [1, 0, 2, 3, 1, 0, 3, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid order', [2, 0, 1, 3, 1, 0, 0, 1, 7, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid offset 4', [1, 0, 1, 4, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid offset 0', [1, 0, 1, 0, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid offset 100', [1, 0, 1, 100, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid target', [1, 0, 1, 1, 1, 0]],
    ['invalid: @metadata.code.branch_hint annotation: invalid function index 1', [1, 1, 0]],
    ['malformed: @metadata.code.branch_hint section: invalid hint value', [1, 0, 1, 3, 1, 2]],
    ['malformed: @metadata.code.branch_hint section: a hint is one byte', [1, 0, 1, 3, 2, 0]],
    ['malformed: @metadata.code.branch_hint section: unexpected content after the last function', [0, 0]],
    ['malformed: unexpected end of section or function', [1, 0, 200, 1]],
    ['no error', [1, 0, 2, 3, 1, 0, 7, 1, 1]],
  ])('has the fault "%s"', (fault, bytes) => {
    const module = withSection(bytes)
    expect(errorOf(() => branchHints(module))).toBe(fault)
    // Whatever it says, it is printed, and comes back.
    const printed = printModule(module)
    expect(hintSections(parseModule(printed)).map((section) => [...section.bytes])).toEqual([[...bytes]])
  })

  it('is at fault twice, and behind the code', () => {
    const module = withSection([1, 0, 1, 3, 1, 0])
    expect(errorOf(() => branchHints({ ...module, customs: [...module.customs, ...module.customs] }))).toContain(
      'multiple sections',
    )
    expect(errorOf(() => branchHints(withSection([0], 10)))).toContain('misplaced')
  })

  it('that lists functions without hints stays a custom section when it is printed', () => {
    expect(printModule(withSection([1, 0, 0]))).toContain(`(@custom "${BRANCH_HINT}"`)
  })
})
