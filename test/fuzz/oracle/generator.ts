// A process of its own, run by the newer Node of fuzz/: makes modules out of random bytes with binaryen's wasm-opt. The command line
// tool is evaluated in this process again and again, with its WebAssembly compiled once: five times as fast as starting it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileFunction } from 'node:vm'
import { native } from '../native.ts'
import { Random } from '../random.ts'
import { serve } from './messages.ts'

export interface GenerateRequest {
  readonly seed: number
  /** The options of wasm-opt besides the files. */
  readonly options: readonly string[]
  /** A module to change and to add to, in base64. */
  readonly initial?: string | undefined
}

/** In base64. */
export type GenerateReply = string

const [, , tool = ''] = process.argv
const require = createRequire(tool)
const PARAMETERS = ['Module', 'module', 'require', '__dirname', 'process', 'WebAssembly']
const source = readFileSync(tool, 'utf8').replace(/^#!.*/, '')
const evaluate = compileFunction(source, PARAMETERS, { filename: tool }) as (...args: readonly unknown[]) => void
const folder = mkdtempSync(join(tmpdir(), 'heddle-fuzz-'))
// What the tool throws after it has reported an abort.
process.on('unhandledRejection', () => undefined)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let compiled: object | undefined

/** Runs wasm-opt once. Gives its exit code. */
function runTool(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const own = Object.create(process, { exitCode: { value: 0, writable: true } }) as NodeJS.Process
    const module: Record<string, unknown> = {
      arguments: [...args],
      print: () => undefined,
      printErr: () => undefined,
      onAbort: (reason: unknown) => reject(new Error(`wasm-opt aborted: ${String(reason)}`)),
      postRun: () => resolve(Number(own.exitCode)),
    }
    if (compiled !== undefined) {
      module['instantiateWasm'] = (imports: never, receive: (instance: unknown) => void) =>
        receive(new native.Instance(compiled!, imports))
    }
    const remembering = Object.create(native, {
      instantiate: {
        value: (bytes: Uint8Array, imports: never) => {
          compiled = new native.Module(bytes)
          return Promise.resolve({ instance: new native.Instance(compiled, imports) })
        },
      },
    }) as unknown
    evaluate(module, {}, require, dirname(tool), own, remembering)
  })
}

/** Random bytes of one to five thousand: that many make modules of some kilobytes. */
function seedBytes(seed: number): Uint8Array {
  const random = new Random(seed)
  const length = random.between(1000, 5000)
  return Uint8Array.from({ length }, () => random.below(256))
}

serve(async ({ seed, options, initial }: GenerateRequest): Promise<GenerateReply> => {
  const input = join(folder, 'input')
  const output = join(folder, 'output.wasm')
  const args = [input, '--translate-to-fuzz', ...options, '-o', output]
  writeFileSync(input, seedBytes(seed))
  if (initial !== undefined) {
    const file = join(folder, 'initial.wasm')
    writeFileSync(file, Buffer.from(initial, 'base64'))
    args.push(`--initial-fuzz=${file}`)
  }
  const code = await runTool(args)
  if (code !== 0) throw new Error(`wasm-opt ended with code ${code}`)
  return readFileSync(output).toString('base64')
})
