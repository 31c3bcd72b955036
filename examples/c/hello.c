// Greets whom its arguments name. fake-wasi.js watches how it does that.
//
//   clang --target=wasm32-wasi -Oz -s -o examples/c/hello.wasm examples/c/hello.c
//   heddle examples/c/hello.wasm you "and you"

#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("Hello, who?\n", stderr);
    return 1;
  }
  for (int i = 1; i < argc; i++) printf("Hello, %s!\n", argv[i]);
  return 0;
}
