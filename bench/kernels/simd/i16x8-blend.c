// One image laid over another: bytes widened to lanes of 16 bits, weighed, rounded and narrowed again.
#include "vector.h"

#define BYTES (32 * 1024)
typedef u8 u8x8 __attribute__((vector_size(8)));
static u8x8 over[BYTES / 8], under[BYTES / 8];

static u16x8 widen(u8x8 bytes) {
  return __builtin_convertvector(bytes, u16x8);
}

// (a * weight + b * (256 - weight) + 128) / 256
static void blend(u16 weight) {
  u16x8 heavy = {weight, weight, weight, weight, weight, weight, weight, weight};
  u16x8 light = 256 - heavy;
  for (u32 i = 0; i < BYTES / 8; i++) {
    u16x8 sum = widen(over[i]) * heavy + widen(under[i]) * light + 128;
    under[i] = __builtin_convertvector(sum >> 8, u8x8);
  }
}

i32 run(void) {
  u32 seed = 5, sum = 1;
  for (u32 i = 0; i < BYTES / 8; i++)
    for (u32 j = 0; j < 8; j++) {
      over[i][j] = (u8)next_random(&seed);
      under[i][j] = (u8)(i + j);
    }
  for (u16 weight = 8; weight < 256; weight += 8) blend(weight);
  for (u32 i = 0; i < BYTES / 8; i++)
    for (u32 j = 0; j < 8; j += 4) sum = mix(sum, under[i][j] | (u32)under[i][j + 3] << 8);
  return (i32)sum;
}
