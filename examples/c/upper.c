// Turns ASCII letters into capitals, block by block: a filter for a shell pipe, which holds no more than a block of what flows through.
//
//   clang --target=wasm32-wasi -O2 -s -o examples/c/upper.wasm examples/c/upper.c
//   cat README.md | heddle examples/c/upper.wasm | sort

#include <stdio.h>
#include <unistd.h>

static char block[65536];

static int put(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, length);
    if (written < 0) return -1;
    bytes += written;
    length -= written;
  }
  return 0;
}

int main(void) {
  ssize_t length;
  while ((length = read(STDIN_FILENO, block, sizeof block)) > 0) {
    for (ssize_t i = 0; i < length; i++) {
      if ((unsigned char)(block[i] - 'a') < 26) block[i] -= 'a' - 'A';
    }
    if (put(block, length) < 0) {
      perror("upper: write");
      return 1;
    }
  }
  if (length == 0) return 0;
  perror("upper: read");
  return 1;
}
