// Recursion over bits: in how many ways dominoes cover a board of 6 by 6, and how many sets of squares of 6 by 5 have no neighbours.
#include "kernel.h"

static u32 cover(u64 taken, u32 square) {
  while (square < 36 && (taken >> square & 1)) square++;
  if (square == 36) return 1;
  u32 ways = 0;
  if (square % 6 < 5 && !(taken >> (square + 1) & 1)) ways += cover(taken | 3ull << square, square + 2);
  if (square < 30) ways += cover(taken | 65ull << square, square + 1);
  return ways;
}

static u32 independent(u32 free) {
  if (free == 0) return 1;
  u32 square = (u32)__builtin_ctz(free), bit = 1u << square;
  u32 neighbours = bit | bit << 5 | (square % 5 < 4 ? bit << 1 : 0);
  return independent(free & ~bit) + independent(free & ~neighbours);
}

static u32 most_bits(u32 limit) {
  u32 most = 0;
  for (u32 x = 1; x < limit; x += 7) {
    u32 bits = (u32)__builtin_popcount(x * 0x01000193u) + (u32)__builtin_clz(x);
    if (bits > most) most = bits;
  }
  return most;
}

i32 run(void) {
  u32 sum = mix(1, cover(0, 0));
  sum = mix(sum, independent((1u << 30) - 1));
  return (i32)mix(sum, most_bits(1 << 20));
}
