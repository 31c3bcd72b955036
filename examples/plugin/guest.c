// A plugin, written against the functions that Extism's PDKs are made of; without a C library, so that any clang can compile it:
//
//   clang --target=wasm32 -nostdlib -Oz -s -Wl,--no-entry -Wl,-z,stack-size=8192 -o examples/plugin/guest.wasm examples/plugin/guest.c

#include <stdint.h>

typedef uint64_t Address;

#define ENV(name) __attribute__((import_module("extism:host/env"), import_name(#name))) extern
#define USER(name) __attribute__((import_module("extism:host/user"), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name))) int32_t name(void)

ENV(alloc) Address alloc(uint64_t length);
ENV(length) uint64_t length(Address);
ENV(load_u8) uint8_t load_u8(Address);
ENV(store_u8) void store_u8(Address, uint8_t);
ENV(input_length) uint64_t input_length(void);
ENV(input_load_u8) uint8_t input_load_u8(uint64_t);
ENV(input_offset) Address input_offset(void);
ENV(output_set) void output_set(Address, uint64_t length);
ENV(error_set) void error_set(Address);
ENV(config_get) Address config_get(Address key);
ENV(var_get) Address var_get(Address key);
ENV(var_set) void var_set(Address key, Address value);
ENV(http_request) Address http_request(Address request, Address body);
ENV(log_info) void log_info(Address);
USER(kv_read) Address kv_read(Address key);

static Address store(const char *text) {
  uint64_t size = 0;
  while (text[size] != 0) size++;
  Address at = alloc(size);
  for (uint64_t i = 0; i < size; i++) store_u8(at + i, text[i]);
  return at;
}

static void output(Address at) { output_set(at, length(at)); }

static int contains(Address text, uint8_t byte) {
  for (uint64_t i = 0; i < length(text); i++)
    if (load_u8(text + i) == byte) return 1;
  return 0;
}

static Address decimal(uint32_t number) {
  char digits[12];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do *--at = '0' + number % 10;
  while ((number /= 10) != 0);
  return store(at);
}

// How many of the letters of the configuration are in the input, and in all that came before.
EXPORT(count_vowels) {
  Address vowels = config_get(store("vowels"));
  if (vowels == 0) vowels = store("aeiouAEIOU");
  uint32_t total = 0;
  Address before = var_get(store("total"));
  if (before != 0)
    for (uint64_t i = 0; i < length(before); i++) total = total * 10 + load_u8(before + i) - '0';
  for (uint64_t i = 0; i < input_length(); i++) total += contains(vowels, input_load_u8(i));
  var_set(store("total"), decimal(total));
  output(decimal(total));
  return 0;
}

// What the host has under the key: it may take its time to find it.
EXPORT(look_up) {
  log_info(store("looking it up"));
  output(kv_read(input_offset()));
  return 0;
}

// The input is the request.
EXPORT(fetch) {
  output(http_request(input_offset(), 0));
  return 0;
}

EXPORT(fail) {
  error_set(store("not today"));
  return 1;
}

EXPORT(spin) {
  for (volatile int i = 0;; i++) continue;
}

// Asks for memory for as long as there is some.
EXPORT(hoard) {
  uint32_t pages = 0;
  while (__builtin_wasm_memory_grow(0, 1) != (unsigned long)-1) pages++;
  output(decimal(pages));
  return 0;
}
