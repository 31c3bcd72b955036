// 67: a program that ends itself deep inside of calls between it and its host, in either way of calling.

import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/embed/engine.ts'
import type { Instance } from '../../src/embed/instance.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { wasiProvider } from '../../src/wasi/preview1/wasi-provider.ts'
import { wat2wasm } from '../../src/wat.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'

const NESTED = `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "host" "deeper" (func $deeper (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a")
  (func (export "enter") (param $depth i32) (param $code i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (if (local.get $depth)
      (then (call $deeper (i32.sub (local.get $depth) (i32.const 1)) (local.get $code)))
      (else (call $proc_exit (local.get $code))))
    (unreachable)))`

interface Opened {
  readonly wasi: Wasi
  readonly instance: Instance
  readonly left: number[]
}

async function open(): Promise<Opened> {
  const wasi = new Wasi({ fs: new VirtualFileSystem({ '/a': 'content' }) })
  const left: number[] = []
  const deeper = (_: unknown, depth: number, code: number): void => {
    try {
      ;(instance.exports['enter'] as (depth: number, code: number) => void)(depth, code)
    } finally {
      left.push(depth)
    }
  }
  const module = new Engine().compile(wat2wasm(NESTED))
  const instance: Instance = await module.instantiate({ host: { deeper } }, { wasi: wasiProvider(wasi) })
  return { wasi, instance, left }
}

describe('adversarial.md 67: proc_exit inside of calls between host and guest', () => {
  const codes = [0, 1, 255, 0xffffffff]

  test.each(codes)(
    'ends all of them with code %d, host functions are left in order, and everything is closed',
    async (code) => {
      const { wasi, instance, left } = await open()
      const enter = instance.exports['enter'] as (depth: number, code: number) => void
      expect(wasi.run(() => enter(3, code | 0))).toBe(code)
      expect(left).toEqual([0, 1, 2])
      expect(wasi.openedDescriptors).toEqual([])
    },
  )

  test.each(codes)('ends a run with code %d just so', async (code) => {
    const { wasi, instance, left } = await open()
    const run = instance.start('enter', 3, code | 0)
    expect(await wasi.run(() => run.finish())).toBe(code)
    expect(run.finished).toBe(true)
    expect(left).toEqual([0, 1, 2])
    expect(wasi.openedDescriptors).toEqual([])
  })
})
