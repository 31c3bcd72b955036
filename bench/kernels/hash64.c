// 64-bit multiplication, shifts, rotates and exclusive or: splitmix64 fills a block, a hash with four lanes reads it.
#include "kernel.h"

#define WORDS 8192
static u64 block[WORDS];

static inline u64 rotate(u64 x, u32 n) { return x << n | x >> (64 - n); }

static inline u64 absorb(u64 lane, u64 word) {
  return rotate(lane + word * 0xc2b2ae3d27d4eb4full, 31) * 0x9e3779b185ebca87ull;
}

static u64 hash(u64 seed) {
  u64 a = seed, b = seed ^ 0x165667b19e3779f9ull, c = ~seed, d = seed * 3;
  for (u32 i = 0; i < WORDS; i += 4) {
    a = absorb(a, block[i]);
    b = absorb(b, block[i + 1]);
    c = absorb(c, block[i + 2]);
    d = absorb(d, block[i + 3]);
  }
  u64 h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
  return h ^ h >> 29;
}

i32 run(void) {
  u64 state = 42, h = 0;
  for (u32 i = 0; i < WORDS; i++) {
    u64 z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    block[i] = z ^ z >> 27;
  }
  for (u32 round = 0; round < 300; round++) h = hash(h + round);
  return (i32)(h ^ h >> 32);
}
