// Plain recursion: Takeuchi's function, Ackermann's function, and binomial coefficients by their definition.
#include "kernel.h"

static i32 tak(i32 x, i32 y, i32 z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

static u32 ackermann(u32 m, u32 n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static u32 binomial(u32 n, u32 k) {
  return k == 0 || k == n ? 1 : binomial(n - 1, k - 1) + binomial(n - 1, k);
}

i32 run(void) {
  u32 sum = mix(1, (u32)tak(20, 12, 6));
  sum = mix(sum, ackermann(2, 500));
  return (i32)mix(sum, binomial(22, 9));
}
