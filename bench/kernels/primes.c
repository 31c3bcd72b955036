// Stores to bytes at growing strides: the sieve of Eratosthenes in segments, twin primes counted.
#include "kernel.h"

#define LIMIT 1500000
#define ROOT 1225
#define SEGMENT 32768
static u8 composite[SEGMENT];
static u32 small[ROOT], next_multiple[ROOT];

static u32 collect_small(void) {
  u32 count = 0;
  for (u32 n = 0; n <= ROOT; n++) composite[n] = 0;
  for (u32 n = 2; n <= ROOT; n++) {
    if (composite[n]) continue;
    for (u32 m = n * n; m <= ROOT; m += n) composite[m] = 1;
    small[count] = n;
    next_multiple[count++] = n * n;
  }
  return count;
}

i32 run(void) {
  u32 count = collect_small(), sum = 1, twins = 0, last = 0;
  for (u32 low = 0; low < LIMIT; low += SEGMENT) {
    for (u32 i = 0; i < SEGMENT; i++) composite[i] = 0;
    for (u32 p = 0; p < count; p++) {
      u32 m = next_multiple[p] - low;
      for (; m < SEGMENT; m += small[p]) composite[m] = 1;
      next_multiple[p] = m + low;
    }
    for (u32 i = low == 0 ? 2 : 0; i < SEGMENT; i++) {
      if (composite[i]) continue;
      if (low + i - last == 2) twins++;
      last = low + i;
      sum += last;
    }
  }
  return (i32)mix(sum, twins);
}
