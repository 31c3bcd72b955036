// Escape times of a Julia set: a short loop of f64 arithmetic that no memory disturbs.
#include "kernel.h"

static u32 escape_time(f64 x, f64 y) {
  for (u32 n = 0; n < 250; n++) {
    f64 xx = x * x, yy = y * y;
    if (xx + yy > 4.0) return n;
    y = 2.0 * x * y + 0.156;
    x = xx - yy - 0.8;
  }
  return 250;
}

i32 run(void) {
  u32 sum = 1;
  for (u32 row = 0; row < 150; row++)
    for (u32 column = 0; column < 200; column++)
      sum = mix(sum, escape_time(column / 66.0 - 1.5, row / 75.0 - 1.0));
  return (i32)sum;
}
