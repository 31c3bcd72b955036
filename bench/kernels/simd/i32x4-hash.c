// Four streams hashed side by side, with the rotations and multiplications of a fast hash, over numbers from four xorshift generators.
#include "vector.h"

static u32x4 rotate(u32x4 lanes, u32 count) {
  return lanes << count | lanes >> (32 - count);
}

i32 run(void) {
  u32x4 state = {1, 0x9e3779b9, 3, 0x7f4a7c15}, hash = {11, 22, 33, 44};
  for (u32 i = 0; i < 150000; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    u32x4 block = rotate(state * 0xcc9e2d51u, 15) * 0x1b873593u;
    hash = rotate(hash ^ block, 13) * 5 + 0xe6546b64u;
  }
  hash ^= hash >> 16;
  hash *= 0x85ebca6bu;
  hash ^= hash >> 13;
  return (i32)mix_u32x4(1, hash);
}
