// Reads a list of words when it is initialised, and looks up its arguments in it: after `heddle wizen`, the list is in the module.
//
//   clang --target=wasm32-wasi -Oz -s -o examples/c/lookup.wasm examples/c/lookup.c
//   heddle wizen --allow-wasi --dir examples/c::/ examples/c/lookup.wasm -o lookup.wasm
//   heddle lookup.wasm warp

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **words;
static size_t count;

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

__attribute__((export_name("wizer.initialize"))) void initialize(void) {
  FILE *file = fopen("/words.txt", "r");
  if (file == NULL) abort();
  char word[64];
  while (fscanf(file, "%63s", word) == 1) {
    words = realloc(words, (count + 1) * sizeof *words);
    words[count++] = strdup(word);
  }
  fclose(file);
  qsort(words, count, sizeof *words, compare);
}

int main(int argc, char **argv) {
  if (words == NULL) initialize();
  for (int i = 1; i < argc; i++) {
    char **found = bsearch(&argv[i], words, count, sizeof *words, compare);
    if (found == NULL) printf("%s: not among %zu words\n", argv[i], count);
    else printf("%s: word %zu of %zu\n", argv[i], (size_t)(found - words) + 1, count);
  }
  return 0;
}
