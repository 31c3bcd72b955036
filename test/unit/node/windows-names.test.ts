// The names that Windows takes for something else than a file, and what links say there.

import { describe, expect, it } from 'vitest'
import { isForeignOnWindows, windowsTarget } from '../../../src/node/windows-names.ts'

describe('adversarial.md 55: on Windows', () => {
  // prettier-ignore
  it.each([
    'a\\b', '..\\x', '\\', 'C:', 'C:\\x', 'a:b', 'file::$DATA', 'CON', 'con', 'Con.txt', 'PRN', 'AUX', 'NUL', 'nul.tar.gz', 'NUL .txt', 'NUL ',
    'COM1', 'com9.log', 'COM0', 'COM\u00b9', 'COM\u00b2.x', 'LPT1', 'lpt\u00b3', 'CONIN$', 'CONOUT$', 'a.', 'a ', '...', ' ', 'a*', 'a?', '"a"', '<',
    '>', '|', 'a\u0001', 'a\n', 'a/b',
  ])('the name %j means something else than a file', (name) => {
    expect(isForeignOnWindows(name)).toBe(true)
  })

  // prettier-ignore
  it.each([
    'a', 'a.b', '.a', ' a', 'CONSOLE', 'CONX.txt', 'COM', 'COM10', 'COM1x', 'xCOM1', 'NULL', 'nul-file', 'LPT', 'aux2', 'ä', '\u{1f9f5}', "'", '~1', '$DATA',
    'CONIN', '\u00b9', 'a'.repeat(255),
  ])('the name %j is one of a file', (name) => {
    expect(isForeignOnWindows(name)).toBe(false)
  })

  it('targets of links divide with slashes, and absolute ones begin with one', () => {
    const targets = ['a\\b', '..\\a', 'C:\\x', 'c:x', '\\\\server\\share', '\\x', 'a/b']
    expect(targets.map(windowsTarget)).toEqual(['a/b', '../a', '/C:/x', '/c:x', '//server/share', '/x', 'a/b'])
  })
})
