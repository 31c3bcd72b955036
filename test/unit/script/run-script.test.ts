// The script runner on scripts made up here: what passes, what fails and with which words, and that no more is skipped than depends on what
// is missing.

import { describe, expect, it } from 'vitest'
import type { Tier } from '../../../src/runtime/tier.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { Features } from '../../../src/validate/proposals.ts'
import { runScript } from '../../../src/script/run-script.ts'

/** `line keyword outcome`, with the message of a failure and the proposal of a skip. */
function outcomes(source: string, features: Features = {}): string[] {
  return runScript(source, { name: 'test.wast', features }).directives.map((directive) => {
    const { line, keyword, status } = directive
    const more = status === 'failed' ? `: ${directive.message}` : status === 'skipped' ? ` (${directive.proposal})` : ''
    return `${line} ${keyword} ${status}${more}`
  })
}

/** The outcome of the last directive. */
function lastOutcome(source: string): string {
  return outcomes(source).at(-1)!.replace(/^\d+ /, '')
}

const IDENTITY = `(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "self") (result funcref) (ref.func 5))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2)))
`

describe('assert_return', () => {
  it.each([
    '(assert_return (invoke "i32" (i32.const -1)) (i32.const 0xffffffff))',
    '(assert_return (invoke "f32" (f32.const nan:0x200000)) (f32.const nan:0x200000))',
    '(assert_return (invoke "f32" (f32.const -nan)) (f32.const nan:canonical))',
    '(assert_return (invoke "f32" (f32.const nan:0x400001)) (f32.const nan:arithmetic))',
    '(assert_return (invoke "f64" (f64.const nan:0x8000000000001)) (f64.const nan:arithmetic))',
    '(assert_return (invoke "v128" (v128.const f32x4 nan 1 -0 nan:0x600000)) (v128.const f32x4 nan:canonical 1 -0 nan:arithmetic))',
    '(assert_return (invoke "extern" (ref.null extern)) (ref.null extern))',
    '(assert_return (invoke "extern" (ref.null extern)) (ref.null))',
    '(assert_return (invoke "extern" (ref.extern 7)) (ref.extern 7))',
    '(assert_return (invoke "extern" (ref.extern 7)) (ref.extern))',
    '(assert_return (invoke "self") (ref.func))',
    '(assert_return (invoke "self") (ref.func 5))',
    '(assert_return (invoke "two") (i32.const 1) (i64.const 2))',
    '(assert_return (invoke "i32" (i32.const 2)) (either (i32.const 1) (i32.const 2)))',
  ])('%s passes', (assertion) => {
    expect(lastOutcome(IDENTITY + assertion)).toBe('assert_return passed')
  })

  it.each([
    ['(invoke "i32" (i32.const 1)) (i32.const 2)', 'expected (i32.const 2), got (i32.const 1)'],
    ['(invoke "i32" (i32.const 1)) (i64.const 1)', 'expected (i64.const 1), got (i32.const 1)'],
    ['(invoke "i32" (i32.const 1))', 'expected nothing, got (i32.const 1)'],
    ['(invoke "two") (i32.const 1)', 'expected (i32.const 1), got (i32.const 1) (i64.const 2)'],
    ['(invoke "f64" (f64.const -0)) (f64.const 0)', 'expected (f64.const 0), got (f64.const -0)'],
    [
      '(invoke "f32" (f32.const nan:0x200000)) (f32.const nan:arithmetic)',
      'expected (f32.const nan:arithmetic), got (f32.const nan:0x200000)',
    ],
    [
      '(invoke "f64" (f64.const nan:0x8000000000001)) (f64.const nan:canonical)',
      'expected (f64.const nan:canonical), got (f64.const nan:0x8000000000001)',
    ],
    ['(invoke "f32" (f32.const 1)) (f32.const nan:canonical)', 'expected (f32.const nan:canonical), got (f32.const 1)'],
    ['(invoke "extern" (ref.extern 1)) (ref.extern 2)', 'expected (ref.extern 2), got (ref.extern 1)'],
    ['(invoke "extern" (ref.extern 1)) (ref.null)', 'expected (ref.null), got (ref.extern 1)'],
    ['(invoke "self") (ref.func 4)', 'expected (ref.func 4), got (ref.func)'],
    [
      '(invoke "i32" (i32.const 1)) (either (i32.const 2) (i32.const 3))',
      'expected (either i32.const 2 | i32.const 3), got (i32.const 1)',
    ],
    ['(invoke "i32" (i64.const 1)) (i32.const 1)', '"i32" takes [i32], not [i64]'],
    ['(invoke "nothing")', 'no exported function "nothing"'],
    ['(get "i32")', 'no exported global "i32"'],
  ])('%s fails', (action, message) => {
    expect(lastOutcome(`${IDENTITY}(assert_return ${action})`)).toBe(`assert_return failed: ${message}`)
  })

  it('compares every lane of a vector', () => {
    expect(
      lastOutcome(`${IDENTITY}(assert_return (invoke "v128" (v128.const i32x4 1 2 3 4)) (v128.const i32x4 1 2 3 5))`),
    ).toMatch(/^assert_return failed: expected \(v128\.const/)
  })
})

describe('assertions of errors', () => {
  const traps = '(module (func (export "div") (drop (i32.div_s (i32.const 1) (i32.const 0)))) (func (export "fine")))\n'

  it.each([
    ['(assert_trap (invoke "div") "integer divide by zero")', 'assert_trap passed'],
    [
      '(assert_trap (invoke "div") "integer overflow")',
      'assert_trap failed: expected the trap "integer overflow", got the trap "integer divide by zero"',
    ],
    ['(assert_trap (invoke "fine") "unreachable")', 'assert_trap failed: expected the trap "unreachable", got nothing'],
    ['(assert_trap (module (func $f unreachable) (start $f)) "unreachable")', 'assert_trap passed'],
    ['(assert_trap (module) "unreachable")', 'assert_trap failed: expected the trap "unreachable", got an instance'],
    ['(assert_malformed (module quote "(func") "unexpected")', 'assert_malformed passed'],
    ['(assert_malformed (module binary "") "unexpected end")', 'assert_malformed passed'],
    [
      '(assert_malformed (module quote "") "unexpected token")',
      'assert_malformed failed: expected malformed "unexpected token", got a module without fault',
    ],
    ['(assert_invalid (module (func (result i32))) "type mismatch")', 'assert_invalid passed'],
    ['(assert_unlinkable (module (import "no" "no" (func))) "unknown import")', 'assert_unlinkable passed'],
    [
      '(assert_unlinkable (module (import "spectest" "print" (func (result i32)))) "incompatible import type")',
      'assert_unlinkable passed',
    ],
    ['(assert_exception (invoke "fine"))', 'assert_exception failed: expected an exception, got nothing'],
  ])('%s', (assertion, outcome) => {
    expect(lastOutcome(traps + assertion)).toBe(outcome)
  })

  it('are not satisfied by an error of another kind', () => {
    expect(lastOutcome('(assert_malformed (module quote "(func (result i32))") "type mismatch")')).toBe(
      'assert_malformed failed: expected malformed "type mismatch", got a module without fault',
    )
    expect(lastOutcome('(assert_invalid (module quote "(func (local.get $x))") "unknown local")')).toMatch(
      /^assert_invalid failed: expected invalid "unknown local", got malformed "unknown local/,
    )
    expect(lastOutcome('(assert_unlinkable (module (func (result i32))) "unknown import")')).toMatch(
      /^assert_unlinkable failed: expected unlinkable "unknown import", got invalid "type mismatch/,
    )
  })

  it('count apart whether the error begins with the expected words', () => {
    const { directives } = runScript(
      '(assert_invalid (module (func (result i32))) "type mismatch")(assert_invalid (module (func (result i32))) "something else")',
    )
    expect(directives.map((d) => d.status === 'passed' && d.worded)).toEqual([true, false])
  })
})

describe('what needs a proposal that is off is skipped', () => {
  const NO_SIMD = { simd: false }
  const LATER = '(module $later (func (export "f") (local v128)))'

  it('with everything that depends on the module, and nothing else', () => {
    const script = `(module $now (func (export "f")))
      ${LATER}
      (assert_return (invoke "f"))
      (assert_return (invoke $now "f"))
      (assert_return (invoke $later "f"))
      (register "later" $later)
      (register "now" $now)
      (module $user (import "later" "f" (func)))
      (module $other (import "now" "f" (func)) (func (export "g") (call 0)))
      (assert_return (invoke "g"))
      (assert_return (invoke $user "g"))
      (assert_unlinkable (module (import "later" "nothing" (func))) "unknown import")
      (assert_unlinkable (module (import "now" "nothing" (func))) "unknown import")`
    expect(outcomes(script, NO_SIMD)).toEqual([
      '1 module passed',
      '2 module skipped (simd)',
      '3 assert_return skipped (simd)',
      '4 assert_return passed',
      '5 assert_return skipped (simd)',
      '6 register skipped (simd)',
      '7 register passed',
      '8 module skipped (simd)',
      '9 module passed',
      '10 assert_return passed',
      '11 assert_return skipped (simd)',
      '12 assert_unlinkable skipped (simd)',
      '13 assert_unlinkable passed',
    ])
  })

  it('with the instances of a definition', () => {
    expect(
      outcomes(
        `(module definition $D (func (export "f") (local v128)))
        (module instance $I $D)
        (invoke "f")
        (module definition $E (func (export "f")))
        (module instance $J $E)
        (invoke $I "f")
        (invoke $J "f")`,
        NO_SIMD,
      ),
    ).toEqual([
      '1 module definition skipped (simd)',
      '2 module instance skipped (simd)',
      '3 invoke skipped (simd)',
      '4 module definition passed',
      '5 module instance passed',
      '6 invoke skipped (simd)',
      '7 invoke passed',
    ])
  })

  it('in an assertion about a module', () => {
    const traps = '(assert_trap (module (func $f (local v128) unreachable) (start $f)) "unreachable")'
    expect(outcomes(traps, NO_SIMD)).toEqual(['1 assert_trap skipped (simd)'])
  })
})

describe('threads', () => {
  /** A thread over the memory that all share, which calls `run`. */
  const thread = (id: string, body: string, directive = '(invoke "run")'): string =>
    `(thread ${id} (shared (module $Mem)) (register "mem" $Mem)
      (module (memory (import "mem" "m") 1 1 shared) (func (export "run") ${body})) ${directive})`
  const MEMORY = '(module $Mem (memory (export "m") 1 1 shared))'
  const CHECK = `(register "mem" $Mem) (module (memory (import "mem" "m") 1 1 shared)
    (func (export "at") (param i32) (result i32) (i32.load (local.get 0))))`
  const features = { threads: true }
  const failures = (text: string): string[] => {
    const { directives } = runScript(text, { features })
    expect(directives.filter(({ status }) => status === 'skipped')).toEqual([])
    return directives.flatMap((d) => (d.status === 'failed' ? [`${d.keyword}: ${d.message}`] : []))
  }

  it('take turns within what they do, so that one can wait for the other by spinning', () => {
    const spin = (own: number, other: number): string => `(i32.store (i32.const ${own}) (i32.const 1))
      (loop (br_if 0 (i32.eqz (i32.load (i32.const ${other})))))`
    expect(failures(`${MEMORY} ${thread('$A', spin(0, 4))} ${thread('$B', spin(4, 0))} (wait $A) (wait $B)`)).toEqual(
      [],
    )
  })

  it('are interleaved in the same way every time', () => {
    const add = (by: number): string => `(local i32)
      (loop (i32.store (i32.const 0) (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 3)) (i32.const ${by})))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 50))))`
    const text = `${MEMORY} ${thread('$A', add(1))} ${thread('$B', add(2))} (wait $A) (wait $B) ${CHECK}
      (assert_return (invoke "at" (i32.const 0)) (i32.const 0))`
    expect(failures(text)).toHaveLength(1)
    expect(failures(text)).toEqual(failures(text))
  })

  it('are told in the order of the script, whenever they end', () => {
    expect(outcomes(`(thread $A\n(module)\n(thread $U\n(module))\n(wait $U))\n(wait $A)\n(wait)`)).toEqual([
      '1 thread passed',
      '2 module passed',
      '3 thread passed',
      '4 module passed',
      '5 wait passed',
      '6 wait passed',
      '7 wait passed',
    ])
  })

  it('are run to their ends where nobody waits for them', () => {
    expect(failures(`${MEMORY} ${thread('$A', 'unreachable')}`)).toEqual(['invoke: Trap: unreachable'])
  })

  it('wait for notifications, in the order in which they came, and are counted', () => {
    const wait = (cell: number): string => `(i32.store (i32.const ${cell})
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (i32.store (i32.const ${cell + 4}) (i32.add (i32.load (i32.const 100)) (i32.const 1)))
      (i32.store (i32.const 100) (i32.const 1))`
    const notify = `(local i32)
      (loop (local.set 0 (i32.add (local.get 0) (memory.atomic.notify (i32.const 0) (i32.const 1))))
        (br_if 0 (i32.lt_u (local.get 0) (i32.const 2))))
      (i32.store (i32.const 40) (memory.atomic.notify (i32.const 0) (i32.const -1)))`
    const text = `${MEMORY} ${thread('$A', wait(8))} ${thread('$B', wait(16))} ${thread('$N', notify)}
      (wait $A) (wait $B) (wait $N) ${CHECK}
      (assert_return (invoke "at" (i32.const 8)) (i32.const 0)) (assert_return (invoke "at" (i32.const 12)) (i32.const 1))
      (assert_return (invoke "at" (i32.const 20)) (i32.const 2)) (assert_return (invoke "at" (i32.const 40)) (i32.const 0))`
    expect(failures(text)).toEqual([])
  })

  it('whose waits have timeouts go on when these are over, without any timer', () => {
    const wait = (timeout: string): string =>
      `(result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const ${timeout}))`
    const timedOut = '(assert_return (invoke "run") (i32.const 2))'
    expect(
      failures(
        `${MEMORY} ${thread('$A', wait('0x7fff_ffff_ffff_ffff'), timedOut)} ${thread('$B', wait('1'), timedOut)}`,
      ),
    ).toEqual([])
    const spin = '(loop (br_if 0 (i32.eqz (i32.load (i32.const 4)))))'
    const stop = `(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 20_000))) (i32.store (i32.const 4) (i32.const 1))`
    expect(failures(`${MEMORY} ${thread('$A', spin)} ${thread('$B', stop)}`)).toEqual([])
  })

  it('that wait for ever fail where nobody is left to notify them', () => {
    const wait = '(drop (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const -1)))'
    const message = 'invoke: it waits for ever: no thread is left that could notify it'
    expect(failures(`${MEMORY} ${thread('$A', wait)} ${thread('$B', wait)} (wait $A)`)).toEqual([message, message])
    const alone = `(module (memory 1 1 shared) (func (export "run") ${wait})) (invoke "run")`
    expect(failures(alone)).toEqual([message])
  })

  it('have names, instances and stores of their own', () => {
    expect(
      failures(`(module $M) (thread $A (register "m" $M)) (wait $B) (thread $B (thread $C)) (wait $C) (wait $B)`),
    ).toEqual(['register: there is no instance M', 'wait: there is no thread B', 'wait: there is no thread C'])
  })

  it('are not given what failed or is not there, and say so', () => {
    expect(failures('(module $M\n(func (result i32)))\n(thread $A (shared (module $M))\n(register "m" $M))')).toEqual([
      expect.stringMatching(/^module: .*type mismatch/),
      'thread: depends on the module in line 1, which failed',
      'register: depends on the module in line 1, which failed',
    ])
    expect(failures('(thread $A (shared (module $N)))')).toEqual(['thread: there is no instance N'])
  })
})

describe('a script', () => {
  it('goes on after a failure, and what depends on a failed module fails with its line', () => {
    expect(
      outcomes(`(module $bad (func (result i32)))
        (invoke "f")
        (module (func (export "f")))
        (invoke "f")
        (invoke $bad "f")`),
    ).toEqual([
      expect.stringMatching(/^1 module failed: ModuleError: type mismatch/),
      '2 invoke failed: depends on the module in line 1, which failed',
      '3 module passed',
      '4 invoke passed',
      '5 invoke failed: depends on the module in line 1, which failed',
    ])
  })

  it('has one store, so that a trap in an instantiation leaves what was written by then', () => {
    expect(
      outcomes(`(module (memory (export "m") 1) (func (export "get") (result i32) (i32.load8_u (i32.const 0))))
        (register "a")
        (assert_trap (module (import "a" "m" (memory 1)) (data (i32.const 0) "x") (data (i32.const 0x10000) "x")) "out of bounds memory access")
        (assert_return (invoke "get") (i32.const 120))`),
    ).toEqual(['1 module passed', '2 register passed', '3 assert_trap passed', '4 assert_return passed'])
  })

  it('makes a new instance of a definition each time', () => {
    expect(
      outcomes(`(module definition $D (global (export "g") (mut i32) (i32.const 1)) (func (export "set") (global.set 0 (i32.const 2))))
        (module instance $A $D)
        (module instance $B $D)
        (invoke $A "set")
        (assert_return (get $A "g") (i32.const 2))
        (assert_return (get $B "g") (i32.const 1))`).filter((line) => !line.endsWith('passed')),
    ).toEqual([])
  })

  it('may define a table larger than can be made', () => {
    expect(outcomes('(module definition (table 0xffff_ffff funcref))')).toEqual(['1 module definition passed'])
    expect(lastOutcome('(module (table 0xffff_ffff funcref))')).toMatch(/^module failed/)
  })

  it('imports what spectest has', () => {
    const imports = [
      '"global_i32" (global i32)',
      '"global_i64" (global i64)',
      '"global_f32" (global f32)',
      '"global_f64" (global f64)',
      '"memory" (memory 1 2)',
      '"table" (table 10 20 funcref)',
      '"print" (func)',
      '"print_i32" (func (param i32))',
      '"print_i64" (func (param i64))',
      '"print_f32" (func (param f32))',
      '"print_f64" (func (param f64))',
      '"print_i32_f32" (func (param i32 f32))',
      '"print_f64_f64" (func (param f64 f64))',
    ]
    const fields = imports.map((each) => `(import "spectest" ${each})`).join('\n')
    const script = `(module ${fields} (export "i32" (global 0)) (export "i64" (global 1)) (export "f32" (global 2)) (export "f64" (global 3)))
      (assert_return (get "i32") (i32.const 666)) (assert_return (get "i64") (i64.const 666))
      (assert_return (get "f32") (f32.const 666.6)) (assert_return (get "f64") (f64.const 666.6))`
    expect(outcomes(script).filter((line) => !line.endsWith('passed'))).toEqual([])
  })

  it('that is no sequence of parentheses is one failure, with its line', () => {
    expect(outcomes('\n(module')).toEqual([expect.stringMatching(/^2 script failed: /)])
  })

  it('is run by the tier that is asked for', () => {
    const calls: string[] = []
    const tier: Tier = {
      ...interpreter,
      invoke: (func, args) => {
        calls.push(func.toString())
        return interpreter.invoke(func, args)
      },
    }
    runScript('(module (func $s) (start $s) (func (export "f"))) (invoke "f")', { tier })
    expect(calls).toHaveLength(2)
  })
})

describe('a proposal that is off', () => {
  const OFF = { 'sign-extension-ops': false, simd: false }
  const outcome = (source: string): string => {
    const directive = runScript(source, { features: OFF }).directives.at(-1)!
    return directive.status === 'skipped' ? `skipped for ${directive.proposal}` : directive.status
  }
  const EXTEND = '(func (param i32) (result i32) (i32.extend8_s (local.get 0)))'

  it('makes a module that needs it one to skip, and what depends on that', () => {
    expect(outcome(`(module ${EXTEND})`)).toBe('skipped for sign-extension-ops')
    expect(outcome(`(module (func (export "f") (param v128)))\n(invoke "f")`)).toBe('skipped for simd')
    expect(outcome(`(assert_unlinkable (module (import "a" "b" (func)) ${EXTEND}) "unknown import")`)).toBe(
      'skipped for sign-extension-ops',
    )
  })

  it.each(['assert_malformed', 'assert_invalid'])('makes it no module, as %s says', (kind) => {
    expect(outcome(`(${kind} (module quote "${EXTEND}") "illegal opcode")`)).toBe('passed')
    expect(outcome(`(${kind} (module (func)) "illegal opcode")`)).toBe('failed')
  })

  it('is looked for in a well-formed module that would be invalid, too', () => {
    const invalid = '(func (result i64) (i32.extend8_s (i32.const 0))) (export \\"g\\" (global 5))'
    expect(outcome(`(assert_malformed (module quote "${invalid}") "illegal opcode")`)).toBe('passed')
  })

  it('does not touch other modules', () => {
    expect(outcome('(module (func (export "f")))\n(assert_return (invoke "f"))')).toBe('passed')
  })

  it('must be one that there is', () => {
    expect(() => runScript('', { features: { everything: true } })).toThrow('unknown feature "everything"')
  })
})
