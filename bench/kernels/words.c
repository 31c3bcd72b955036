// Loops over bytes: a made-up text is split into words, copied, measured, compared, searched and reversed.
#include "kernel.h"

#define SIZE 65536
static char text[SIZE], copy[SIZE];

static u32 length(const char *s) {
  const char *end = s;
  while (*end != 0) end++;
  return (u32)(end - s);
}

static i32 compare(const char *a, const char *b) {
  for (; *a != 0 && *a == *b; a++) b++;
  return (u8)*a - (u8)*b;
}

static const char *find(const char *s, const char *what) {
  for (; *s != 0; s++) {
    u32 i = 0;
    while (what[i] != 0 && s[i] == what[i]) i++;
    if (what[i] == 0) return s;
  }
  return 0;
}

static void reverse(char *s) {
  for (char *end = s + length(s); s < --end; s++) {
    char c = *s;
    *s = *end;
    *end = c;
  }
}

static void write_text(u32 seed) {
  for (u32 i = 0; i < SIZE - 1; i++) {
    u32 r = next_random(&seed);
    text[i] = r % 6 == 0 ? ' ' : (char)('a' + (r >> 4) % 5);
  }
  text[SIZE - 1] = 0;
}

static u32 sort_out_words(u32 sum) {
  const char *longest = "", *last = "";
  char *out = copy;
  for (u32 i = 0; i < SIZE && text[i] != 0; i++) {
    char *word = out;
    while (text[i] != ' ' && text[i] != 0) *out++ = text[i++];
    *out++ = 0;
    if (length(word) > length(longest)) longest = word;
    i32 order = compare(word, last);
    if (order > 0) last = word;
    else if (order < 0) reverse(word);
    sum = mix(sum, (u32)order);
  }
  return mix(sum, length(longest));
}

i32 run(void) {
  static const char *const wanted[3] = { "abcde", "eeeeee", "abba cab" };
  u32 sum = 1;
  for (u32 round = 0; round < 4; round++) {
    write_text(round);
    sum = sort_out_words(sum);
    for (u32 w = 0; w < 3; w++)
      for (const char *s = text; (s = find(s, wanted[w])) != 0; s++) sum = mix(sum, (u32)(s - text));
  }
  return (i32)sum;
}
