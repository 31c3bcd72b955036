// What isn't ours: commands of later versions, so that nobody wonders, and options that users of other engines type, with what to
// say here instead.

/** Command → what brings it. */
export const LATER_COMMANDS: Readonly<Record<string, string>> = {
  fuzz: 'the fuzzer',
  debug: 'the debugger',
  repl: 'the debugger',
  diff: 'the tools',
}

/** Option of another engine → ours. */
export const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  '-W': '--fuel N, --timeout 2s, --max-memory 64MiB',
  '-S': '--env, --inherit-env, --dir',
  '-O': '--tier',
  '--mount': '--dir HOST::GUEST',
  '--volume': '--dir HOST::GUEST',
  '--function': '--invoke FUNC',
  '--entry': '--invoke FUNC',
  '--func': '--invoke FUNC',
  '--stack-size': '--max-stack N',
  '--heap-size': '--max-memory SIZE, --max-heap SIZE',
  '--gas-limit': '--fuel N',
  '--time-limit': '--timeout 2s',
  '--memory-page-limit': '--max-memory SIZE',
  '--env-inherit': '--inherit-env',
  '--forward-host-env': '--inherit-env',
  '--enable': '--features NAME',
  '--disable': '--features -NAME',
  '--enable-all': '--features all',
  '--disassemble': 'heddle objdump -d FILE',
}
