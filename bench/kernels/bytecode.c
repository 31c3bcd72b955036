// A virtual machine with a stack, whose loop is one br_table: it runs Collatz sequences and a sum of squares.
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, HALVE, IS_ODD, LESS, JUMP, JUMP_IF, JUMP_UNLESS, COPY, SWAP, DROP, STOP };

// n = 1; do { x = n; while (x > 1) { x = odd(x) ? 3x + 1 : x / 2; steps++ } total += n * steps } while (++n < 2200)
static const u16 program[] = {
  /*  0 */ PUSH, 1, STORE, 0,
  /*  4 */ LOAD, 0, STORE, 1,
  /*  8 */ LOAD, 1, PUSH, 2, LESS, JUMP_IF, 43,
  /* 15 */ LOAD, 1, COPY, IS_ODD, JUMP_UNLESS, 31,
  /* 21 */ PUSH, 3, MULTIPLY, PUSH, 1, ADD, STORE, 1, JUMP, 34,
  /* 31 */ HALVE, STORE, 1,
  /* 34 */ LOAD, 2, PUSH, 1, ADD, STORE, 2, JUMP, 8,
  /* 43 */ LOAD, 2, LOAD, 0, SWAP, MULTIPLY, LOAD, 3, ADD, STORE, 3,
  /* 54 */ LOAD, 0, PUSH, 1, ADD, COPY, STORE, 0, PUSH, 2200, LESS, JUMP_IF, 4,
  /* 67 */ LOAD, 3, LOAD, 0, SUBTRACT, COPY, STORE, 3, DROP, STOP,
};
static u32 stack[16], variables[4];

static u32 interpret(void) {
  const u16 *pc = program;
  u32 *sp = stack;
  u32 executed = 0;
  for (;; executed++) {
    switch (*pc++) {
      case PUSH: *sp++ = *pc++; break;
      case LOAD: *sp++ = variables[*pc++]; break;
      case STORE: variables[*pc++] = *--sp; break;
      case ADD: sp--, sp[-1] += sp[0]; break;
      case SUBTRACT: sp--, sp[-1] -= sp[0]; break;
      case MULTIPLY: sp--, sp[-1] *= sp[0]; break;
      case HALVE: sp[-1] >>= 1; break;
      case IS_ODD: sp[-1] &= 1; break;
      case LESS: sp--, sp[-1] = sp[-1] < sp[0]; break;
      case JUMP: pc = program + *pc; break;
      case JUMP_IF: pc = *--sp ? program + *pc : pc + 1; break;
      case JUMP_UNLESS: pc = *--sp ? pc + 1 : program + *pc; break;
      case COPY: sp[0] = sp[-1], sp++; break;
      case SWAP: { u32 top = sp[-1]; sp[-1] = sp[-2]; sp[-2] = top; break; }
      case DROP: sp--; break;
      default: return executed;
    }
  }
}

i32 run(void) {
  for (u32 i = 0; i < 4; i++) variables[i] = 0;
  u32 executed = interpret();
  return (i32)mix(mix(1, executed), variables[3]);
}
