// Adds the numbers that it is given line by line: with a prompt on a terminal, without one in a pipe. "spin" keeps it busy for ever.
//
//   clang --target=wasm32-wasi -Oz -s -o examples/c/sum.wasm examples/c/sum.c
//   heddle examples/c/sum.wasm
//   seq 100 | heddle examples/c/sum.wasm

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  int interactive = isatty(STDIN_FILENO);
  long sum = 0;
  char line[256];
  for (;;) {
    if (interactive) fputs("number? ", stdout);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) break;
    if (strcmp(line, "spin\n") == 0) {
      puts("spinning");
      for (volatile int i = 0;; i++) continue;
    }
    char *end;
    errno = 0;
    long number = strtol(line, &end, 10);
    if (end == line || errno != 0) {
      fprintf(stderr, "no number: %s", line);
      continue;
    }
    sum += number;
    if (interactive) printf("%ld so far\n", sum);
  }
  if (interactive) putchar('\n');
  printf("%ld\n", sum);
  return 0;
}
