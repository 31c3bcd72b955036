// The host module `spectest`, which the official scripts import from. What its functions print is dropped.
// https://github.com/WebAssembly/spec/blob/main/interpreter/README.md#spectest-host-module

import { parseSignature } from '../instructions/define.ts'
import { i32_reinterpret_f32, highHalf, lowHalf } from '../numeric/convert.ts'
import { FuncInstance } from '../runtime/func.ts'
import { Global } from '../runtime/global.ts'
import type { ExternVal } from '../runtime/instance.ts'
import { Memory } from '../runtime/memory.ts'
import type { Store } from '../runtime/store.ts'
import { Table } from '../runtime/table.ts'
import { i32Value, numberValue, type Value } from '../runtime/value.ts'
import { F32, F64, FUNCREF, I64, type TableType } from '../syntax/types.ts'

const PRINTERS: Readonly<Record<string, string>> = {
  print: '->',
  print_i32: 'i32 ->',
  print_i64: 'i64 ->',
  print_f32: 'f32 ->',
  print_f64: 'f64 ->',
  print_i32_f32: 'i32 f32 ->',
  print_f64_f64: 'f64 f64 ->',
}

/** Its exports, made anew for a script. */
export function spectest(store: Store): ReadonlyMap<string, ExternVal> {
  const exports = new Map<string, ExternVal>()
  for (const [name, signature] of Object.entries(PRINTERS)) {
    exports.set(
      name,
      FuncInstance.fromHost({ kind: 'func', ...parseSignature(signature) }, () => [], name),
    )
  }
  exports.set('global_i32', constant(i32Value(666)))
  exports.set('global_i64', constant(numberValue(I64, 666)))
  exports.set('global_f32', constant(numberValue(F32, i32_reinterpret_f32(666.6))))
  exports.set('global_f64', constant(numberValue(F64, lowHalf(666.6), highHalf(666.6))))
  exports.set('memory', Memory.allocate({ addrType: 'i32', limits: { min: 1, max: 2 }, shared: false }, store))
  if (typeof SharedArrayBuffer !== 'undefined') {
    exports.set('shared_memory', Memory.allocate({ addrType: 'i32', limits: { min: 1, max: 2 }, shared: true }, store))
  }
  exports.set('table', Table.allocate({ addrType: 'i32', limits: { min: 10, max: 20 }, elem: FUNCREF }, store, null))
  const table64: TableType = { addrType: 'i64', limits: { min: 10, max: 20 }, elem: FUNCREF }
  exports.set('table64', Table.allocate(table64, store, null))
  return exports
}

function constant(value: Value): Global {
  const global = new Global({ type: value.type, mutable: false })
  global.set(value)
  return global
}
