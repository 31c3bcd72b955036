// Products of f32 matrices, four columns at a time: a factor is spread over the lanes, multiplied and added.
#include "vector.h"

#define N 64
static f32x4 a[N][N / 4], b[N][N / 4], c[N][N / 4];

static void multiply(void) {
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N / 4; j++) {
      f32x4 sum = {0, 0, 0, 0};
      for (u32 k = 0; k < N; k++) {
        f32 factor = ((const f32 *)a[i])[k];
        sum += (f32x4){factor, factor, factor, factor} * b[k][j];
      }
      c[i][j] = sum;
    }
}

i32 run(void) {
  u32 seed = 7, sum = 1;
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) {
      ((f32 *)a[i])[j] = (f32)(next_random(&seed) & 1023) / (f32)512 - 1;
      ((f32 *)b[i])[j] = (f32)(next_random(&seed) & 1023) / (f32)300 - 2;
    }
  for (u32 round = 0; round < 8; round++) {
    multiply();
    for (u32 i = 0; i < N; i++)
      for (u32 j = 0; j < N / 4; j++) a[i][j] = a[i][j] * (f32)0.5 + c[i][j] * (f32)0.001;
  }
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) sum = mix_f32(sum, ((const f32 *)c[i])[j]);
  return (i32)sum;
}
