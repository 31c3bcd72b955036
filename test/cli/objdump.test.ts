// `heddle objdump`: its text is compared with files that were checked against wabt's wasm-objdump 1.0.32. Where they differ on purpose:
// locals are numbered from the function's own parameters, segments without a constant offset are shown from 0, `ref.func` and `ref.null`
// have their value in initial values, every function, global, local and data index has its name behind it, names of labels are shown, and
// names have no characters that break lines. `npx vitest run -u` writes the files anew.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { objdump, objdumpChunks, type ObjdumpOptions } from '../../src/debug/objdump/objdump.ts'
import type { HeddleError } from '../../src/errors/heddle-error.ts'
import { parseModule } from '../../src/text/parse-module.ts'

const fixtures = new URL('../fixtures/objdump/', import.meta.url)
const everything = encodeModule(parseModule(readFileSync(new URL('everything.wat', fixtures))), { names: true })
const ALL: ObjdumpOptions = { headers: true, details: true, disassemble: true, fullContents: true }

function compile(text: string): Uint8Array {
  return encodeModule(parseModule(text))
}

/** The dump without its first lines, which name the file and the part of the dump. */
function lines(bytes: Uint8Array, options: ObjdumpOptions): string[] {
  return objdump(bytes, 'a.wasm', options).trimEnd().split('\n').slice(5)
}

function firstError(bytes: Uint8Array, options: ObjdumpOptions = ALL): HeddleError | undefined {
  const chunks = objdumpChunks(bytes, 'a.wasm', options)
  for (;;) {
    const { done, value } = chunks.next()
    if (done === true) return value
  }
}

const emptyModule = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

describe('objdump prints', () => {
  it.each<[option: string, name: string, options: ObjdumpOptions]>([
    ['-h', 'headers', { headers: true }],
    ['-x', 'details', { details: true }],
    ['-d', 'disassembly', { disassemble: true }],
    ['-s', 'contents', { fullContents: true }],
  ])('with %s the %s of a module as wasm-objdump does', async (_, name, options) => {
    const text = objdump(everything, 'folder/everything.wasm', options)
    await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(`${name}.txt`, fixtures)))
  })

  it('every part that was asked for, in a fixed order', () => {
    const text = objdump(compile('(module (func))'), '-', ALL)
    expect(text).toBe(`
<stdin>:\tfile format wasm 0x1

Sections:

     Type start=0x0000000a end=0x0000000e (size=0x00000004) count: 1
 Function start=0x00000010 end=0x00000012 (size=0x00000002) count: 1
     Code start=0x00000014 end=0x00000018 (size=0x00000004) count: 1

Section Details:

Type[1]:
 - type[0] () -> nil
Function[1]:
 - func[0] sig=0
Code[1]:
 - func[0] size=2

Code Disassembly:

000016 func[0]:
 000017: 0b                         | end

Contents of section Type:
000000a: 0160 0000                                .\`..

Contents of section Function:
0000010: 0100                                     ..

Contents of section Code:
0000014: 0102 000b                                ....
`)
  })

  it('details of memories and tables with 64-bit addresses, and of pages with a size of their own', () => {
    const bytes = encodeModule(
      parseModule('(memory i64 1 2 (pagesize 65536)) (memory 0 0xffff_ffff (pagesize 1)) (table i64 3 funcref)'),
    )
    expect(lines(bytes, { details: true, section: 'memory' })).toEqual([
      'Memory[2]:',
      ' - memory[0] pages: initial=1 max=2 i64 (pagesize 65536)',
      ' - memory[1] pages: initial=0 max=4294967295 (pagesize 1)',
    ])
    expect(lines(bytes, { details: true, section: 'table' })).toEqual([
      'Table[1]:',
      ' - table[0] type=funcref initial=3 i64',
    ])
  })

  it('details and contents of one section only, by its title or the name of a custom one, in any case', () => {
    expect(lines(everything, { details: true, section: 'memory' })).toEqual([
      '',
      'Memory[1]:',
      ' - memory[1] pages: initial=1',
    ])
    const contents = lines(everything, { fullContents: true, section: 'TARGET_features' })
    expect(contents.join('\n')).toContain('.target_features')
    expect(contents.join('\n')).not.toContain('Contents of section Type')
  })

  it('that a section is missing', () => {
    expect(firstError(everything, { details: true, section: 'foo' })?.message).toBe('section not found: foo')
    expect(firstError(everything, { disassemble: true, section: 'foo' })).toBeUndefined()
  })

  it.each<[text: string, bits: string]>([
    ['0x1.8p+0', 'f32.const 1.5'],
    ['-0x0p+0', 'f32.const -0'],
    ['0x1.p-149', 'f32.const 0x1p-149'],
    ['0x1.fffffep+127', 'f32.const 0x1.fffffep+127'],
    ['-inf', 'f32.const -inf'],
    ['nan:0x1', 'f32.const nan:0x1'],
    ['nan', 'f64.const nan'],
    ['0x1.8p-1065', 'f64.const 0x1.8p-1065'],
    ['0x1.91eb851eb851fp+1', 'f64.const 3.14'],
  ])('floats as %s', (text, instruction) => {
    const [, row] = lines(compile(`(module (func ${instruction}))`), { disassemble: true })
    expect(row?.replace(/^.*const /, '')).toBe(text)
  })

  it('deep nesting in lines of bounded length', () => {
    const depth = 10_000
    const code = [
      0,
      ...Array.from({ length: depth }, () => [0x02, 0x40]).flat(),
      ...Array<number>(depth + 1).fill(0x0b),
    ]
    const leb = (value: number): number[] => [(value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, value >> 14]
    const section = [1, ...leb(code.length), ...code]
    const bytes = Uint8Array.from([...emptyModule, 3, 2, 1, 0, 10, ...leb(section.length), ...section])
    const text = objdump(bytes, 'a.wasm', { disassemble: true })
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(260)
    expect(text.split('\n').filter((line) => line.endsWith('block'))).toHaveLength(depth)
  })

  it('names without what would break a line or steer a terminal', () => {
    const text = objdump(compile('(module (func (export "\\1b[2J\\n\\u{202e}é")))'), 'a\n.wasm', ALL)
    expect(text).toContain('<\\u{1b}[2J\\u{a}\\u{202e}é>')
    expect(text).toContain('a\\u{a}.wasm:')
  })
})

describe('objdump of a malformed module', () => {
  it('tells a wrong header', () => {
    expect(objdump(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 'a', { headers: true })).toContain(
      'error: magic header not detected (at offset 0x0)',
    )
    expect(firstError(Uint8Array.of())?.code).toBe('MALFORMED')
  })

  it('prints the sections before the one that reaches beyond the end', () => {
    expect(lines(Uint8Array.of(...emptyModule, 1, 1, 0, 3, 200, 1, 0), { headers: true })).toEqual([
      '     Type start=0x0000000a end=0x0000000b (size=0x00000001) count: 0',
      'error: length out of bounds (at offset 0xc)',
    ])
  })

  it('prints the entries before the fault, and the next sections', () => {
    const bytes = Uint8Array.of(...emptyModule, 1, 6, 2, 0x60, 0, 0, 0x33, 0, 3, 2, 1, 0)
    expect(lines(bytes, { details: true })).toEqual([
      'Type[2]:',
      ' - type[0] () -> nil',
      'error: malformed definition type (at offset 0xe)',
      'Function[1]:',
      ' - func[0] sig=0',
    ])
  })

  it('disassembles the instructions before an illegal opcode, and the next function', () => {
    const bytes = Uint8Array.of(...emptyModule, 10, 9, 2, 4, 0, 0x01, 0xff, 0x0b, 2, 0, 0x0b)
    expect(lines(bytes, { disassemble: true })).toEqual([
      '00000c func[0]:',
      ' 00000d: 01                         | nop',
      'error: illegal opcode ff (at offset 0xe)',
      '000011 func[1]:',
      ' 000012: 0b                         | end',
    ])
  })

  it('tells what is left over at the end of a section', () => {
    expect(lines(Uint8Array.of(...emptyModule, 3, 3, 1, 0, 7), { details: true })).toEqual([
      'Function[1]:',
      ' - func[0] sig=0',
      'error: section size mismatch (at offset 0xc)',
    ])
  })

  it('is an error at a place and nothing else, wherever it is cut off', () => {
    for (let length = 0; length < everything.length; length++) {
      const error = firstError(everything.subarray(0, length))
      // Between two sections the module is a shorter one.
      if (error !== undefined) expect(error.message).toMatch(/\(.*at offset 0x[0-9a-f]+\)$/)
    }
  })

  it('is a dump, whichever byte is changed', () => {
    const bytes = everything.slice()
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      for (const changed of [0, 0xff, byte ^ 1, byte ^ 0x80]) {
        bytes[i] = changed
        expect(objdump(bytes, 'a.wasm', ALL)).toMatch(/^\na\.wasm:\tfile format wasm 0x/)
      }
      bytes[i] = byte
    }
  })
})

describe('descriptors', () => {
  const bytes = encodeModule(
    parseModule(`
      (rec
        (type $a (sub (descriptor $b) (struct)))
        (type $b (describes $a) (descriptor $c) (struct (field (ref (exact $a)))))
        (type $c (describes $b) (struct)))
      (type $f (func))
      (import "m" "f" (func $g (exact (type $f))))
      (func (param anyref) (drop (ref.cast_desc_eq (ref null (exact $b)) (local.get 0) (struct.new $c))))`),
    { names: true },
  )

  it('and exact types are shown with -x and -d', () => {
    expect(lines(bytes, { details: true }).slice(1, 8)).toEqual([
      ' - rec group of 3:',
      ' - type[0] sub descriptor 1 struct {}',
      ' - type[1] describes 0 descriptor 2 struct {(ref (exact 0))}',
      ' - type[2] describes 1 struct {}',
      ' - type[3] () -> nil',
      ' - type[4] (anyref) -> nil',
      'Import[1]:',
    ])
    expect(objdump(bytes, 'a.wasm', { details: true })).toContain(' - func[0] exact sig=3 <g> <- m.f')
    expect(objdump(bytes, 'a.wasm', { disassemble: true })).toContain('ref.cast_desc_eq (ref null (exact 1 <b>))')
  })
})

describe('types beyond functions', () => {
  const bytes = encodeModule(
    parseModule(`
      (type $f (func (param i32)))
      (rec
        (type $p (sub (struct (field $x (mut i8)) (field (ref null $list)))))
        (type $list (sub final $p (array (mut (ref $f))))))
      (type (cont $f))
      (import "m" "t" (tag $t (param i32)))
      (table 1 (ref null $f) (ref.null $f))
      (func $g (param anyref) (local (ref null $p))
        (drop (struct.get_s $p $x (ref.cast (ref $p) (local.get 0))))
        (drop (block (result (ref null $list)) (br_on_cast 0 anyref (ref null $list) (local.get 0)) (unreachable)))
        (drop (select (result (ref null $p)) (ref.null $p) (ref.null none) (i32.const 1)))
        (drop (array.new_fixed $list 0)))`),
    { names: true },
  )

  it('are shown with -x, with the names of fields', () => {
    expect(lines(bytes, { details: true }).slice(0, 9)).toEqual([
      'Type[4]:',
      ' - type[0] (i32) -> nil',
      ' - rec group of 2:',
      ' - type[1] sub struct {mut i8 <x>, (ref null 2)}',
      ' - type[2] sub final 1 array [mut (ref 0)]',
      ' - type[3] cont 0',
      ' - type[4] (anyref) -> nil',
      'Import[1]:',
      ' - tag[0] sig=0 <t> <- m.t',
    ])
  })

  it('are shown with -d wherever instructions name them', () => {
    const text = objdump(bytes, 'a.wasm', { disassemble: true })
    for (const part of [
      'local[1] type=(ref null 1)',
      'ref.cast (ref 1 <p>)',
      'struct.get_s 1 <p> 0 <x>',
      'block (ref null 2 <list>)',
      'br_on_cast 0 anyref (ref null 2 <list>)',
      'select (ref null 1 <p>)',
      'ref.null 1 <p>',
      'array.new_fixed 2 <list> 0',
    ]) {
      expect(text).toContain(part)
    }
  })
})
