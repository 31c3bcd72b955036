// The proposal sign-extension-ops. https://github.com/WebAssembly/sign-extension-ops

import { pure, type Instruction } from './define.ts'

// prettier-ignore
export const signExtension: readonly Instruction[] = [
  pure(0xc0, 'i32.extend8_s',  'i32 -> i32', '$0 << 24 >> 24'),
  pure(0xc1, 'i32.extend16_s', 'i32 -> i32', '$0 << 16 >> 16'),
  pure(0xc2, 'i64.extend8_s',  'i64 -> i64', '$0l << 24 >> 24', { high: '$low >> 31' }),
  pure(0xc3, 'i64.extend16_s', 'i64 -> i64', '$0l << 16 >> 16', { high: '$low >> 31' }),
  pure(0xc4, 'i64.extend32_s', 'i64 -> i64', '$0l', { high: '$low >> 31' }),
]
