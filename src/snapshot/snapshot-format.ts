// The codes of the byte format of snapshots, which docs/snapshots.md describes.

import type { NextData, ReferenceData } from './snapshot-data.ts'
import type { FileKind } from './sealed-file.ts'

export const SNAPSHOT_FILE: FileKind = {
  magic: '\0hdlsnap',
  version: 1,
  name: 'snapshot',
  errorCode: 'SNAPSHOT_MALFORMED',
}

/** In the order in which they stand. */
export const SECTION = {
  modules: 1,
  surroundings: 2,
  instances: 3,
  memories: 4,
  tables: 5,
  globals: 6,
  tags: 7,
  references: 8,
  providers: 9,
  run: 10,
  further: 11,
} as const

export const REFERENCE_KINDS: readonly ReferenceData['kind'][] = [
  'func',
  'host-func',
  'struct',
  'number-array',
  'ref-array',
  'exception',
  'continuation',
  'undefined',
  'boolean',
  'number',
  'bigint',
  'string',
  'named',
]

export const NEXT_KINDS: readonly NextData['kind'][] = ['begin', 'instruction', 'host', 'returned', 'thrown']

/** What a continuation begins with. */
export const COMPUTATIONS = ['none', 'func', 'frames'] as const
