// Every way from one type of number to another, roundings and signs among them. Values stay in range: nothing traps.
#include "kernel.h"

static u32 through_f64(u32 sum, u32 x) {
  f64 d = (f64)(i32)x * 0.37;
  i64 wide = (i64)(d * 65537.0);
  sum = mix(sum, (u32)(i32)d ^ (u32)(wide >> 7));
  d = __builtin_floor(d) + __builtin_ceil(d * 0.5) - __builtin_trunc(d * 0.25) + __builtin_rint(d * 1.75);
  d = __builtin_copysign(__builtin_fabs(d), (f64)wide);
  return mix_f64(sum, d + (f64)(u64)wide);
}

static u32 through_f32(u32 sum, u32 x) {
  f32 s = (f32)x * 0.11f;
  u64 wide = (u64)(s * 1021.0f);
  sum = mix(sum, (u32)s + (u32)wide);
  s = __builtin_floorf(s) - __builtin_ceilf(s * 0.3f) + __builtin_rintf(s * 0.7f);
  return mix_f32(sum, s + (f32)(i64)wide + (f32)((f64)s / 3.0));
}

static u32 through_integers(u32 sum, u32 x) {
  i64 wide = (i64)(i32)x * (signed char)x;
  return mix(sum, (u32)(wide >> 11) + (u32)(short)(wide >> 3) + (u32)((u64)x << 9 >> 4));
}

i32 run(void) {
  u32 sum = 1, seed = 99;
  for (u32 i = 0; i < 120000; i++) {
    u32 x = next_random(&seed);
    sum = through_f64(sum, x);
    sum = through_f32(sum, x);
    sum = through_integers(sum, x);
  }
  return (i32)sum;
}
