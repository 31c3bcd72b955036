// Lookups in small tables: CRC-32C four bytes at a time, Pearson's hash over a shuffled table, a histogram of bytes.
#include "kernel.h"

#define SIZE (256 * 1024)
static _Alignas(4) u8 input[SIZE];
static u32 crc_table[4][256];
static u8 shuffled[256];
static u32 histogram[256];

static void fill_tables(u32 *seed) {
  for (u32 i = 0; i < 256; i++) {
    u32 crc = i;
    for (u32 bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    crc_table[0][i] = crc;
    shuffled[i] = (u8)i;
    histogram[i] = 0;
  }
  for (u32 i = 0; i < 256; i++)
    for (u32 t = 1; t < 4; t++) crc_table[t][i] = crc_table[t - 1][i] >> 8 ^ crc_table[0][crc_table[t - 1][i] & 255];
  for (u32 i = 255; i > 0; i--) {
    u32 j = next_random(seed) % (i + 1);
    u8 other = shuffled[j];
    shuffled[j] = shuffled[i];
    shuffled[i] = other;
  }
}

static u32 crc32c(const u8 *p, u32 size) {
  u32 crc = ~0u;
  for (; size >= 4; size -= 4, p += 4) {
    crc ^= *(const u32 *)p;
    crc = crc_table[3][crc & 255] ^ crc_table[2][crc >> 8 & 255] ^ crc_table[1][crc >> 16 & 255] ^ crc_table[0][crc >> 24];
  }
  return ~crc;
}

i32 run(void) {
  u32 seed = 3, sum = 1;
  fill_tables(&seed);
  for (u32 i = 0; i < SIZE; i++) input[i] = (u8)next_random(&seed);
  for (u32 round = 0; round < 8; round++) {
    u8 pearson = (u8)round;
    for (u32 i = 0; i < SIZE; i += 2) pearson = shuffled[pearson ^ input[i]];
    for (u32 i = 1; i < SIZE; i += 4) histogram[input[i]]++;
    input[round] ^= pearson;
    sum = mix(sum, crc32c(input, SIZE));
  }
  for (u32 i = 0; i < 256; i++) sum = mix(sum, histogram[i]);
  return (i32)sum;
}
