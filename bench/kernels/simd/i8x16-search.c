// A text searched sixteen bytes at a time: ends of lines, characters of UTF-8 by their first bytes, and two letters side by side.
#include "vector.h"

#define BYTES (32 * 1024)
static u8 text[BYTES + 16] __attribute__((aligned(16)));

typedef i8x16 unaligned __attribute__((aligned(1)));

static i8x16 spread(u8 byte) {
  i8 b = (i8)byte;
  return (i8x16){b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b};
}

// A byte of UTF-8 that continues a character is 10xxxxxx: as a signed number, less than -64.
static u32 search(u8 first, u8 second, u32 sum) {
  u32 lines = 0, characters = 0, pairs = 0, last = 0;
  for (u32 at = 0; at < BYTES; at += 16) {
    i8x16 block = *(const i8x16 *)(text + at), next = *(const unaligned *)(text + at + 1);
    u32 ends = bitmask(block == spread('\n'));
    u32 found = bitmask((block == spread(first)) & (next == spread(second)));
    lines += (u32)__builtin_popcount(ends);
    characters += 16 - (u32)__builtin_popcount(bitmask(block < spread(0xc0)));
    pairs += (u32)__builtin_popcount(found);
    if (found != 0) last = at + (u32)__builtin_ctz(found);
  }
  return mix(mix(mix(mix(sum, lines), characters), pairs), last);
}

i32 run(void) {
  u32 seed = 99, sum = 1;
  for (u32 i = 0; i < BYTES; i++) {
    u32 random = next_random(&seed) & 63;
    text[i] = random == 0 ? '\n' : random < 32 ? (u8)('a' + random % 26) : random < 40 ? (u8)(0xc3) : random < 48 ? (u8)(0x80 + random) : ' ';
  }
  for (u8 letter = 'a'; letter < 'y'; letter++) sum = search(letter, (u8)(letter + 1), sum);
  return (i32)sum;
}
