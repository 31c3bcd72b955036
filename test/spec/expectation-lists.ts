// The two lists of what is known to differ in the official scripts.

import { readFileSync } from 'node:fs'
import { parseExpectations, type Expectations } from 'heddle/script'

function readList(name: string): Expectations {
  return parseExpectations(readFileSync(new URL(name, import.meta.url), 'utf8'))
}

/** Directives that fail. */
export const EXPECTED_FAILURES: Expectations = readList('expected-failures.txt')

/** Assertions of errors that hold in other words. */
export const DIFFERING_MESSAGES: Expectations = readList('differing-messages.txt')
