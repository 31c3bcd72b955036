// A filter through which much flows, as a command in a pipe: how long it takes, and the most memory that the process has held.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Cell, Report } from './report.ts'

export interface StreamingOptions {
  /** That flow through. */
  readonly bytes: number
  readonly flags: readonly string[]
}

/** Issue: a gibibyte. */
const MOST_MEGABYTES = 200

/** Of a slow reader: one pause for so many bytes. */
const PAUSE_BYTES = 2 ** 22

const root = fileURLToPath(new URL('..', import.meta.url))
const filter = join(root, 'examples/c/upper.wasm')

/** Tells as it ends what it has held, in KiB, through a pipe of its own. */
const TELL_MEMORY =
  "data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,String(process.resourceUsage().maxRSS)))"

export async function measureStreaming({ bytes, flags }: StreamingOptions): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
  const path = join(folder, 'zeros')
  const file = openSync(path, 'w+')
  try {
    // Has no blocks on the disk.
    ftruncateSync(file, bytes)
    const cases: readonly Case[] = [
      { what: 'a file', stdin: file, isSlow: false },
      { what: 'a pipe, to a slow reader', stdin: 'pipe', isSlow: true },
    ]
    const failures: string[] = []
    const rows: Cell[][] = []
    for (const each of cases) {
      const { received, seconds, megabytes } = await stream(each, bytes, flags)
      if (received !== bytes) failures.push(`streaming from ${each.what}: ${received} of ${bytes} bytes came through`)
      rows.push([each.what, seconds, bytes / 2 ** 20 / seconds, megabytes])
    }
    const columns = [{ name: 'from' }, { name: 'wall s' }, { name: 'MiB/s' }, { name: 'peak MB', decimals: 0 }]
    const title = `A filter (examples/c/upper.c) through which ${bytes / 2 ** 20} MiB flow`
    const most = Math.max(...rows.map((row) => row[3] as number))
    const bars = [{ what: 'MB of memory at most, of a filter in a pipe', value: most, atMost: MOST_MEGABYTES }]
    return { tables: [{ title, columns, rows }], bars, failures }
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

interface Case {
  readonly what: string
  readonly stdin: number | 'pipe'
  readonly isSlow: boolean
}

interface Streamed {
  readonly received: number
  readonly seconds: number
  readonly megabytes: number
}

async function stream({ stdin, isSlow }: Case, bytes: number, flags: readonly string[]): Promise<Streamed> {
  const begin = performance.now()
  const child = spawn(process.execPath, [...flags, '--import', TELL_MEMORY, join(root, 'dist/cli/main.js'), filter], {
    stdio: [stdin, 'pipe', 'inherit', 'pipe'],
  })
  const closed = once(child, 'close')
  let told = ''
  child.stdio[3]!.on('data', (data) => (told += String(data)))
  if (stdin === 'pipe') feed(child, bytes)
  let received = 0
  for await (const chunk of child.stdout! as AsyncIterable<Buffer>) {
    const before = received
    received += chunk.length
    if (isSlow && Math.floor(before / PAUSE_BYTES) !== Math.floor(received / PAUSE_BYTES)) await sleep(10)
  }
  await closed
  return { received, seconds: (performance.now() - begin) / 1000, megabytes: (Number(told) * 1024) / 1e6 }
}

function feed({ stdin }: ChildProcess, bytes: number): void {
  const block = new Uint8Array(2 ** 16)
  let left = bytes
  const next = (): void => {
    if (left <= 0) return void stdin!.end()
    const piece = block.subarray(0, left)
    left -= piece.length
    stdin!.write(piece, next)
  }
  next()
}
