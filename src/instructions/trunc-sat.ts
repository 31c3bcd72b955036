// The proposal nontrapping-float-to-int-conversions. https://github.com/WebAssembly/nontrapping-float-to-int-conversions

import { prefixed, pure, type Instruction } from './define.ts'

// prettier-ignore
export const truncSat: readonly Instruction[] = [
  pure(prefixed(0xfc, 0), 'i32.trunc_sat_f32_s', 'f32 -> i32', 'convert.i32_trunc_sat_s($0)'),
  pure(prefixed(0xfc, 1), 'i32.trunc_sat_f32_u', 'f32 -> i32', 'convert.i32_trunc_sat_u($0)'),
  pure(prefixed(0xfc, 2), 'i32.trunc_sat_f64_s', 'f64 -> i32', 'convert.i32_trunc_sat_s($0)'),
  pure(prefixed(0xfc, 3), 'i32.trunc_sat_f64_u', 'f64 -> i32', 'convert.i32_trunc_sat_u($0)'),
  pure(prefixed(0xfc, 4), 'i64.trunc_sat_f32_s', 'f32 -> i64', 'convert.i64_trunc_sat_s($0)'),
  pure(prefixed(0xfc, 5), 'i64.trunc_sat_f32_u', 'f32 -> i64', 'convert.i64_trunc_sat_u($0)'),
  pure(prefixed(0xfc, 6), 'i64.trunc_sat_f64_s', 'f64 -> i64', 'convert.i64_trunc_sat_s($0)'),
  pure(prefixed(0xfc, 7), 'i64.trunc_sat_f64_u', 'f64 -> i64', 'convert.i64_trunc_sat_u($0)'),
]
