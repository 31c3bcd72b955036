// Rotates and sums of 32 bits over many locals: ChaCha20 encrypts a block of memory and chains the result.
#include "kernel.h"

#define WORDS 16384
static u32 text[WORDS];

static inline u32 rotate(u32 x, u32 n) { return x << n | x >> (32 - n); }

#define QUARTER(a, b, c, d)                                                                                                     \
  a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), a += b, d = rotate(d ^ a, 8), c += d, b = rotate(b ^ c, 7)

static void encrypt(u32 *out, const u32 key[16]) {
  u32 x[16];
  for (u32 i = 0; i < 16; i++) x[i] = key[i];
  for (u32 round = 0; round < 10; round++) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (u32 i = 0; i < 16; i++) out[i] ^= x[i] + key[i];
}

i32 run(void) {
  u32 key[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, seed = 31, sum = 1;
  for (u32 i = 4; i < 16; i++) key[i] = next_random(&seed);
  for (u32 i = 0; i < WORDS; i++) text[i] = i;
  for (u32 pass = 0; pass < 24; pass++)
    for (u32 i = 0; i < WORDS; i += 16) {
      key[12]++;
      encrypt(text + i, key);
    }
  for (u32 i = 0; i < WORDS; i++) sum = mix(sum, text[i]);
  return (i32)sum;
}
