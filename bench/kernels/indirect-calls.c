// Calls through a table: events walk a machine whose states are functions, each choosing the next one.
#include "kernel.h"

typedef struct { u32 value, steps; } Machine;
typedef u32 (*State)(Machine *, u32);

static u32 add(Machine *m, u32 x) { m->value += x; return x & 7; }
static u32 subtract(Machine *m, u32 x) { m->value -= x; return 7 - (x & 3); }
static u32 twist(Machine *m, u32 x) { m->value ^= x << 3; return (m->value >> 5) & 7; }
static u32 scale(Machine *m, u32 x) { m->value *= x | 1; return (x >> 2) & 7; }
static u32 halve(Machine *m, u32 x) { m->value = (m->value >> 1) + x; return 0; }
static u32 fold(Machine *m, u32 x) { m->value ^= m->value >> 16; return (x + 3) & 7; }
static u32 count(Machine *m, u32 x) { m->steps++; return (x ^ m->steps) & 7; }
static u32 swap(Machine *m, u32 x) { m->value = m->value << 8 | m->value >> 24; return x % 5; }

static const State states[8] = { add, subtract, twist, scale, halve, fold, count, swap };

i32 run(void) {
  Machine machine = { 12345, 0 };
  u32 seed = 7, state = 0;
  for (u32 i = 0; i < 700000; i++) state = states[state](&machine, next_random(&seed));
  return (i32)mix(machine.value, machine.steps);
}
