// The largest eigenvalue of a Hilbert matrix that is computed, not stored: divisions of f64, conversions of indices.
#include "kernel.h"

#define N 180
static f64 vector[N], image[N];

static f64 entry(u32 i, u32 j) { return 1.0 / (f64)(i + j + 1); }

i32 run(void) {
  f64 norm = 0;
  u32 sum = 1;
  for (u32 i = 0; i < N; i++) vector[i] = 1.0 + i / 64.0;
  for (u32 round = 0; round < 30; round++) {
    f64 squares = 0;
    for (u32 i = 0; i < N; i++) {
      f64 dot = 0;
      for (u32 j = 0; j < N; j++) dot += entry(i, j) * vector[j];
      image[i] = dot;
      squares += dot * dot;
    }
    norm = __builtin_sqrt(squares);
    for (u32 i = 0; i < N; i++) vector[i] = image[i] / norm;
  }
  for (u32 i = 0; i < N; i++) sum = mix_f64(sum, vector[i]);
  return (i32)mix_f64(sum, norm);
}
