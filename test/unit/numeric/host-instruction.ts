// One instruction of the host's own WebAssembly as a function, the oracle of these tests. Floats go in and come out as
// bits, since a NaN may change when it is passed as a number.

/** i32 and f32 are int32 numbers, i64 and f64 signed bigints. */
export type Bits = number | bigint
export type NumType = 'i32' | 'i64' | 'f32' | 'f64'

interface HostWebAssembly {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: { readonly op: (...operands: Bits[]) => Bits } }
  RuntimeError: new () => Error
}

const { Module, Instance, RuntimeError } = (globalThis as unknown as { WebAssembly: HostWebAssembly }).WebAssembly

const I32 = 0x7f
const I64 = 0x7e
const carrier: Record<NumType, number> = { i32: I32, i64: I64, f32: I32, f64: I64 }
const fromCarrier: Record<NumType, readonly number[]> = { i32: [], i64: [], f32: [0xbe], f64: [0xbf] }
const toCarrier: Record<NumType, readonly number[]> = { i32: [], i64: [], f32: [0xbc], f64: [0xbd] }

function section(id: number, bytes: readonly number[]): number[] {
  return [id, bytes.length, ...bytes]
}

/** A module whose `op` is one instruction. `opcode` has the prefix in it: 0xfc03 is saturating truncation number 3. */
export function instructionModule(opcode: number, params: readonly NumType[], result: NumType): Uint8Array {
  const encoded = opcode > 0xff ? [opcode >> 8, opcode & 0xff] : [opcode]
  const body = [
    0,
    ...params.flatMap((type, index) => [0x20, index, ...fromCarrier[type]]),
    ...encoded,
    ...toCarrier[result],
    0x0b,
  ]
  // prettier-ignore
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, params.length, ...params.map((type) => carrier[type]), 1, carrier[result]]),
    ...section(3, [1, 0]),
    ...section(7, [1, 2, 0x6f, 0x70, 0, 0]),
    ...section(10, [1, body.length, ...body]),
  ])
}

/** Returns undefined where the instruction traps. */
export function hostInstruction(
  opcode: number,
  params: readonly NumType[],
  result: NumType,
): (...operands: Bits[]) => Bits | undefined {
  const { op } = new Instance(new Module(instructionModule(opcode, params, result))).exports
  return (...operands) => {
    try {
      return op(...operands)
    } catch (error) {
      if (error instanceof RuntimeError) return undefined
      throw error
    }
  }
}
