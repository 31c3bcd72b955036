// Sorting i32: by heap, by merging from the bottom up, and by inserting into shrinking gaps.
#include "kernel.h"

#define N 30000
static i32 items[N], spare[N];

static void fill(u32 seed) {
  for (u32 i = 0; i < N; i++) items[i] = (i32)(next_random(&seed) ^ next_random(&seed) << 9);
}

static void sift(u32 root, u32 end) {
  i32 item = items[root];
  for (u32 child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && items[child + 1] > items[child]) child++;
    if (items[child] <= item) break;
    items[root] = items[child];
  }
  items[root] = item;
}

static void heap_sort(void) {
  for (u32 i = N / 2; i-- > 0;) sift(i, N);
  for (u32 end = N - 1; end > 0; end--) {
    i32 largest = items[0];
    items[0] = items[end];
    items[end] = largest;
    sift(0, end);
  }
}

static void merge_sort(void) {
  i32 *from = items, *to = spare;
  for (u32 width = 1; width < N; width *= 2) {
    for (u32 start = 0; start < N; start += 2 * width) {
      u32 middle = start + width < N ? start + width : N, end = middle + width < N ? middle + width : N;
      u32 left = start, right = middle;
      for (u32 i = start; i < end; i++)
        to[i] = left < middle && (right >= end || from[left] <= from[right]) ? from[left++] : from[right++];
    }
    i32 *other = from;
    from = to;
    to = other;
  }
  if (from != items)
    for (u32 i = 0; i < N; i++) items[i] = from[i];
}

static void shell_sort(void) {
  for (u32 gap = N / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
    for (u32 i = gap; i < N; i++) {
      i32 item = items[i];
      u32 j = i;
      for (; j >= gap && items[j - gap] > item; j -= gap) items[j] = items[j - gap];
      items[j] = item;
    }
}

static u32 check(u32 sum) {
  for (u32 i = 1; i < N; i++) sum = items[i - 1] > items[i] ? 0 : mix(sum, (u32)items[i]);
  return sum;
}

i32 run(void) {
  fill(1);
  heap_sort();
  u32 sum = check(1);
  fill(2);
  merge_sort();
  sum = check(sum);
  fill(3);
  shell_sort();
  return (i32)check(sum);
}
