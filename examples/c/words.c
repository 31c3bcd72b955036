// Counts the words of files, or of standard input, and prints the most frequent ones: memory that grows, files, sorting, floats.
//
//   clang --target=wasm32-wasi -Oz -s -o examples/c/words.wasm examples/c/words.c
//   heddle examples/c/words.wasm < README.md
//   heddle --dir examples::/ examples/c/words.wasm c/words.c

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
  char *text;
  int count;
};

static struct word *words;
static size_t used, size;

static void count(const char *text) {
  for (size_t i = 0; i < used; i++) {
    if (strcmp(words[i].text, text) == 0) {
      words[i].count++;
      return;
    }
  }
  if (used == size) {
    size = size == 0 ? 16 : size * 2;
    words = realloc(words, size * sizeof *words);
    if (words == NULL) abort();
  }
  words[used].text = strdup(text);
  words[used++].count = 1;
}

static void read_words(FILE *file) {
  char text[256];
  size_t length = 0;
  for (int c; (c = getc(file)) != EOF;) {
    if (isalpha(c)) {
      if (length < sizeof text - 1) text[length++] = tolower(c);
    } else if (length > 0) {
      text[length] = 0;
      count(text);
      length = 0;
    }
  }
  if (length > 0) {
    text[length] = 0;
    count(text);
  }
}

static int by_count(const void *a, const void *b) {
  const struct word *x = a, *y = b;
  return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

int main(int argc, char **argv) {
  if (argc < 2) read_words(stdin);
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "r");
    if (file == NULL) {
      fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
      return 1;
    }
    read_words(file);
    fclose(file);
  }
  int total = 0;
  for (size_t i = 0; i < used; i++) total += words[i].count;
  qsort(words, used, sizeof *words, by_count);
  for (size_t i = 0; i < used && i < 5; i++) {
    printf("%5d %5.1f %% %s\n", words[i].count, 100.0 * words[i].count / total, words[i].text);
  }
  printf("%5d words, %zu different\n", total, used);
  return 0;
}
