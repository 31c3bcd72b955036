#!/usr/bin/env bash
# Compiles every kernel of this folder and of simd/ to a .wasm beside it, and again for this machine, whose answers become checksums.json:
# what the modules must give. Needs clang with a WebAssembly target and lld (Debian: clang lld). What it writes is checked in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# No function of the C library, not even in disguise.
flags=(-O2 -std=c11 -Wall -Wextra -Werror -ffreestanding -fno-math-errno -fno-strict-aliasing -ffp-contract=off)
wasm=(--target=wasm32 -nostdlib -Wl,--no-entry -Wl,--export=run -Wl,--strip-all)

native=$(mktemp -d)
trap 'rm -rf "$native"' EXIT
cat >"$native/main.c" <<'C'
#include <stdio.h>
int run(void);
int main(void) { printf("%08x", (unsigned)run()); }
C

# build FOLDER FLAG…: the flags say which instructions the modules may have.
build() {
  local folder=$1 lines=() source name
  shift
  for source in "$folder"/*.c; do
    name=$(basename "$source" .c)
    clang "${flags[@]}" "${wasm[@]}" "$@" -o "$folder/$name.wasm" "$source"
    chmod -x "$folder/$name.wasm"
    clang "${flags[@]}" -c -o "$native/$name.o" "$source"
    clang -o "$native/$name" "$native/main.c" "$native/$name.o" -lm
    lines+=("  \"$name\": \"$("$native/$name")\"")
  done
  {
    echo '{'
    (IFS=$'\n'; printf '%s' "${lines[*]}" | sed '$!s/$/,/')
    printf '\n}\n'
  } >"$folder/checksums.json"
}

build . -mcpu=mvp
build simd -mcpu=mvp -msimd128 -msign-ext -mnontrapping-fptoint
