#!/bin/sh
# Fetches the official suites, at the commits that the tests are written for, into suites/ (or the folder named as the
# argument). The tests look there, or in $HEDDLE_SUITES. It needs git.
#
#   spec/core spec/custom spec/legacy    the scripts of the specification
#   spec/proposals/<name>                proposals beyond 3.0; threads-scripts: those with (thread …) and (wait …)
#   wasi-preview1/{assemblyscript,c,rust}  programs, beside each a .json with what it is given and what it must answer
set -eu

target=${1:-"$(dirname "$0")/../suites"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# fetch REPOSITORY COMMIT: the tree of one commit, as $work/REPOSITORY.
fetch() {
  echo "fetching WebAssembly/$1 at $2"
  git init --quiet "$work/$1"
  git -C "$work/$1" fetch --quiet --depth 1 "https://github.com/WebAssembly/$1" "$2"
  git -C "$work/$1" -c advice.detachedHead=false -c core.autocrlf=false checkout --quiet FETCH_HEAD
}

# place FROM TO: the folder $work/FROM becomes $target/TO, anew.
place() {
  rm -rf "${target:?}/$2"
  mkdir -p "$(dirname "$target/$2")"
  cp -R "$work/$1" "$target/$2"
}

fetch spec 285a9032950cbad6a9f84de11183008e286092a2
place spec/test/core spec/core
place spec/test/custom spec/custom
place spec/test/legacy/exceptions/core spec/legacy/exceptions

fetch testsuite 193e551ff22663995b1ac95dc62344133669e14b
for proposal in custom-descriptors custom-page-sizes threads wide-arithmetic; do
  place "testsuite/proposals/$proposal" "spec/proposals/$proposal"
done

fetch threads 979d0fcb994439423d63b2f0a8a7332d6285dd84
place threads/test/core/threads spec/proposals/threads-scripts

fetch stack-switching c5f2622c776dcd20e36badf6a2fe972f4180e47c
place stack-switching/test/core/stack-switching spec/proposals/stack-switching

fetch wasi-testsuite 9f80ca35444cfd9e63100725615140a346652e6c
for language in assemblyscript c rust; do
  place "wasi-testsuite/tests/$language/testsuite/wasm32-wasip1" "wasi-preview1/$language"
done

echo "the suites are in $target"
