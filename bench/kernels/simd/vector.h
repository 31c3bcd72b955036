// Vectors of 128 bits as clang has them for every machine, so that the same source gives the expected answers. What a machine has an
// instruction for and C no operator is spelled for both.
#ifndef VECTOR_H
#define VECTOR_H

#include "../kernel.h"

typedef signed char i8;
typedef short i16;

#define VECTOR(lane) typedef lane __attribute__((vector_size(16)))
VECTOR(u8) u8x16;
VECTOR(i8) i8x16;
VECTOR(u16) u16x8;
VECTOR(u32) u32x4;
VECTOR(f32) f32x4;
VECTOR(f64) f64x2;

// The highest bit of each lane.
static inline u32 bitmask(i8x16 lanes) {
#ifdef __wasm__
  return (u32)__builtin_wasm_bitmask_i8x16(lanes);
#else
  u32 mask = 0;
  for (u32 i = 0; i < 16; i++) mask |= (u32)(lanes[i] < 0) << i;
  return mask;
#endif
}

static inline f64x2 square_root(f64x2 lanes) {
#ifdef __wasm__
  return __builtin_wasm_sqrt_f64x2(lanes);
#else
  return (f64x2){__builtin_sqrt(lanes[0]), __builtin_sqrt(lanes[1])};
#endif
}

static inline u32 mix_u32x4(u32 sum, u32x4 lanes) {
  for (u32 i = 0; i < 4; i++) sum = mix(sum, lanes[i]);
  return sum;
}

#endif
