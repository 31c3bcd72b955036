// The smallest WASI program with output. Without a C library:
//   clang --target=wasm32 -mcpu=mvp -O2 -nostdlib -Wl,--no-entry -Wl,--export=_start -Wl,--strip-all -o hello.wasm hello.c

typedef struct { const char *data; unsigned size; } Piece;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write")))
extern int fd_write(int fd, const Piece *pieces, unsigned count, unsigned *written);

void _start(void) {
  Piece piece = { "hello\n", 6 };
  unsigned written;
  fd_write(1, &piece, 1, &written);
}
