// 64-bit division: Miller and Rabin's test with exponentiation modulo numbers near 2^32, and greatest common divisors.
#include "kernel.h"

static u64 power(u64 base, u64 exponent, u64 modulus) {
  u64 result = 1;
  for (base %= modulus; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

static u32 is_prime(u64 n) {
  static const u8 witnesses[3] = { 2, 7, 61 };
  u64 odd = n - 1;
  u32 twos = 0;
  for (; !(odd & 1); odd >>= 1) twos++;
  for (u32 w = 0; w < 3; w++) {
    u64 x = power(witnesses[w], odd, n);
    if (x == 1 || x == n - 1) continue;
    u32 left = twos - 1;
    for (; left > 0 && x != n - 1; left--) x = x * x % n;
    if (x != n - 1) return 0;
  }
  return 1;
}

static i64 divisor(i64 a, i64 b) {
  while (b != 0) {
    i64 rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

i32 run(void) {
  u32 sum = 1, seed = 17;
  for (u64 n = 4294960001ull; n < 4294978001ull; n += 2)
    if (n % 3 != 0 && n % 5 != 0 && is_prime(n)) sum = mix(sum, (u32)n);
  for (u32 i = 0; i < 10000; i++) {
    i64 a = (i64)next_random(&seed) * next_random(&seed) - 1000000007, b = (i64)next_random(&seed) << 20;
    sum = mix(sum, (u32)divisor(a, b) + (u32)(a / (b | 1)));
  }
  return (i32)sum;
}
