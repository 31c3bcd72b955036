// The proposal wide-arithmetic: sums and differences of 128 bits, and whole products. https://github.com/WebAssembly/wide-arithmetic

import { prefixed, pure, type Facts, type Instruction } from './define.ts'

/** The second result, where the functions leave it. */
const SECOND: Facts = { further: [{ expr: 'i64.lo2', high: 'i64.hi2' }] }

const SUM = 'i64 i64 i64 i64 -> i64 i64'
const PRODUCT = 'i64 i64 -> i64 i64'

// prettier-ignore
export const wideArithmetic: readonly Instruction[] = [
  pure(prefixed(0xfc, 19), 'i64.add128', SUM, 'i64.add128($0l, $0h, $1l, $1h, $2l, $2h, $3l, $3h)', SECOND),
  pure(prefixed(0xfc, 20), 'i64.sub128', SUM, 'i64.sub128($0l, $0h, $1l, $1h, $2l, $2h, $3l, $3h)', SECOND),
  pure(prefixed(0xfc, 21), 'i64.mul_wide_s', PRODUCT, 'i64.mul_wide_s($0l, $0h, $1l, $1h)', SECOND),
  pure(prefixed(0xfc, 22), 'i64.mul_wide_u', PRODUCT, 'i64.mul_wide_u($0l, $0h, $1l, $1h)', SECOND),
]
