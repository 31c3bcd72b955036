// Stands in front of what a program writes, and hands on something else: the guest's memory stays as it is, and the trace shows what the
// guest saw. docs/tracing.md
//
//   heddle --strace --imports examples/shout.js examples/c/hello.wasm you

/** @type {import('heddle/wasi').Interposers} */
export const interpose = {
  fd_write(call, proceed) {
    const text = new TextDecoder().decode(call.memory.gather(call.args.iovs))
    return proceed({ iovs: [new TextEncoder().encode(text.toUpperCase())] })
  },
}
