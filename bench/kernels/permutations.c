// All orders of nine things by Heap's method without recursion: which visits places on a ring by the shortest way, and how many
// orders leave nothing in its place.
#include "kernel.h"

#define N 9
static i32 order[N], counter[N], place[N];

static i32 tour(void) {
  i32 length = 0;
  for (u32 i = 1; i < N; i++) {
    i32 d = place[order[i]] - place[order[i - 1]];
    length += d < 0 ? -d : d;
  }
  return length;
}

static u32 is_deranged(void) {
  for (i32 i = 0; i < N; i++)
    if (order[i] == i) return 0;
  return 1;
}

i32 run(void) {
  u32 seed = 5, deranged = 0, sum = 0;
  i32 shortest = 1 << 30;
  for (i32 i = 0; i < N; i++) {
    order[i] = i;
    counter[i] = 0;
    place[i] = (i32)(next_random(&seed) & 1023);
  }
  for (i32 i = 1; i < N;) {
    if (counter[i] >= i) {
      counter[i++] = 0;
      continue;
    }
    i32 j = i & 1 ? counter[i] : 0, moved = order[j];
    order[j] = order[i];
    order[i] = moved;
    counter[i]++;
    i = 1;
    deranged += is_deranged();
    i32 length = tour();
    if (length < shortest) {
      shortest = length;
      sum = mix(sum, (u32)order[0] * 10 + (u32)order[N - 1]);
    }
  }
  return (i32)mix(mix(sum, deranged), (u32)shortest);
}
