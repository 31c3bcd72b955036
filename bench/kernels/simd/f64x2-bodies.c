// Bodies that draw each other, two at a time: positions and speeds of neighbours share a vector.
#include "vector.h"

#define PAIRS 8
static f64x2 x[PAIRS], y[PAIRS], dx[PAIRS], dy[PAIRS], mass[PAIRS];

static f64x2 swapped(f64x2 lanes) {
  return __builtin_shufflevector(lanes, lanes, 1, 0);
}

static void draw(u32 i, f64x2 towards_x, f64x2 towards_y, f64x2 heavy) {
  f64x2 rx = towards_x - x[i], ry = towards_y - y[i];
  f64x2 square = rx * rx + ry * ry + 0.01;
  f64x2 pull = heavy * 0.001 / (square * square_root(square));
  dx[i] += rx * pull;
  dy[i] += ry * pull;
}

static void step(void) {
  for (u32 i = 0; i < PAIRS; i++)
    for (u32 j = 0; j < PAIRS; j++) {
      draw(i, x[j], y[j], mass[j]);
      draw(i, swapped(x[j]), swapped(y[j]), swapped(mass[j]));
    }
  for (u32 i = 0; i < PAIRS; i++) {
    x[i] += dx[i] * 0.01;
    y[i] += dy[i] * 0.01;
  }
}

i32 run(void) {
  u32 seed = 21, sum = 1;
  for (u32 i = 0; i < PAIRS; i++)
    for (u32 lane = 0; lane < 2; lane++) {
      x[i][lane] = (f64)(next_random(&seed) & 0xffff) / 32768 - 1;
      y[i][lane] = (f64)(next_random(&seed) & 0xffff) / 32768 - 1;
      mass[i][lane] = 1 + (f64)(next_random(&seed) & 0xff) / 128;
      dx[i][lane] = dy[i][lane] = 0;
    }
  for (u32 round = 0; round < 600; round++) step();
  for (u32 i = 0; i < PAIRS; i++)
    for (u32 lane = 0; lane < 2; lane++) sum = mix_f64(mix_f64(sum, x[i][lane]), dy[i][lane]);
  return (i32)sum;
}
