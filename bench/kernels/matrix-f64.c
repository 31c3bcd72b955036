// Products of f64 matrices: one by rows and columns, one with the inner loops turned, so that it walks along the memory.
#include "kernel.h"

#define N 112
static f64 a[N][N], b[N][N], c[N][N];

static void multiply(void) {
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) {
      f64 dot = 0;
      for (u32 k = 0; k < N; k++) dot += a[i][k] * b[k][j];
      c[i][j] = dot;
    }
}

static void multiply_turned(void) {
  for (u32 i = 0; i < N; i++)
    for (u32 k = 0; k < N; k++) {
      f64 factor = c[i][k] * (f64)0.001;
      for (u32 j = 0; j < N; j++) a[i][j] += factor * b[k][j];
    }
}

i32 run(void) {
  u32 seed = 11, sum = 1;
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) {
      a[i][j] = (f64)(next_random(&seed) & 1023) / (f64)512 - 1;
      b[i][j] = (f64)(next_random(&seed) & 1023) / (f64)300 - 2;
    }
  multiply();
  multiply_turned();
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) sum = mix_f64(sum, a[i][j] - c[j][i]);
  return (i32)sum;
}
