// What the kernels share: types of a fixed width, numbers to fill inputs with, a checksum. No library, so that every instruction
// that runs is in the kernel's own source. A kernel defines run(), which gives the same checksum each time it is called.
#ifndef KERNEL_H
#define KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

i32 run(void);

// A linear congruential generator; the low bits are weak, so the high ones are given.
static inline u32 next_random(u32 *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static inline u32 mix(u32 sum, u32 value) {
  sum = (sum ^ value) * 0x9e3779b1u;
  return sum ^ (sum >> 15);
}

static inline u32 mix_f64(u32 sum, f64 value) {
  union { f64 value; u64 bits; } u = { value };
  return mix(mix(sum, (u32)u.bits), (u32)(u.bits >> 32));
}

static inline u32 mix_f32(u32 sum, f32 value) {
  union { f32 value; u32 bits; } u = { value };
  return mix(sum, u.bits);
}

#endif
