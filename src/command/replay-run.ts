// `run(bytes, { replay })`: a recorded run again, without what it was run with.

import { Budget } from '../embed/budget.ts'
import type { ModuleSource } from '../embed/engine.ts'
import type { Module } from '../embed/module.ts'
import { prepareReplay } from '../embed/replay.ts'
import type { Replayer } from '../embed/replayer.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { Trap } from '../errors/trap.ts'
import { nextTurn } from '../runtime/host-loop.ts'
import { CollectedOutput, sinkOf, type WriteOutput } from '../wasi/preview1/stdio.ts'
import { trapOf } from './program.ts'
import { RunResult, trapExitCode } from './run-result.ts'
import { memoryHash } from './deterministic.ts'
import type { RunOptions } from './run.ts'
import { resultOf } from './values.ts'

/** Units of fuel between two turns of the event loop, where somebody may want to end the replay: some milliseconds. */
const SLICE = 500_000

/** What the recorded run gave; throws what a host function threw then, and a DivergenceError where it goes another way. */
export async function replayRun(
  recording: Uint8Array,
  source: ModuleSource | Module,
  options: RunOptions,
): Promise<RunResult> {
  if (options.record !== undefined || options.deterministic !== undefined || options.snapshotOn !== undefined) {
    throw new UsageError('a replay is what was recorded: it is not recorded or saved, and as deterministic as that was')
  }
  const { preload = {}, signal, timeout, sliceMs } = options
  const streams = new ReplayedStreams(options)
  const budget = new Budget({ signal, timeout, sliceMs })
  const replayer = prepareReplay(recording, {
    modules: [source, ...Object.values(preload)],
    output: streams.write,
    poll: budget.isTimed ? budget.verdict : undefined,
  })
  let error: Error | undefined
  try {
    for (const _ of replayer.replay(budget.isTimed ? SLICE : Infinity)) {
      await nextTurn()
      const verdict = budget.verdict()
      if (verdict !== undefined) throw verdict
    }
    error = replayer.error
  } catch (thrown) {
    if (!(thrown instanceof Trap)) throw thrown
    error = thrown
  }
  await streams.written()
  return resultFor(replayer, error, streams)
}

function resultFor(replayer: Replayer, error: Error | undefined, streams: ReplayedStreams): RunResult {
  const { instances, fuelUsed, ending } = replayer
  const hash = memoryHash(instances)
  const outcome = {
    exitCode: 0,
    results: [],
    trap: undefined,
    fuelUsed,
    trace: [],
    memoryHash: hash,
  }
  if (error === undefined) return new RunResult({ ...outcome, results: ending.values.map(resultOf) }, streams)
  const { exitCode } = error as { readonly exitCode?: number | undefined }
  if (exitCode !== undefined) return new RunResult({ ...outcome, exitCode }, streams)
  const trap = trapOf(error, instances)
  if (trap === undefined) throw error
  return new RunResult({ ...outcome, exitCode: trapExitCode(trap), trap }, streams)
}

/** To the embedder's sinks, or kept for the result. There are no files: the program wrote them where it was recorded. */
class ReplayedStreams {
  private readonly sinks: readonly (WriteOutput | undefined)[]
  private readonly collected = [new CollectedOutput(), new CollectedOutput()] as const
  private readonly writing: Promise<void>[] = []

  constructor({ stdout, stderr }: Pick<RunOptions, 'stdout' | 'stderr'>) {
    this.sinks = [stdout, stderr].map((output) => output && sinkOf(output))
  }

  readonly write = (stream: number, bytes: Uint8Array): void => {
    const sink = this.sinks[stream - 1]
    if (sink === undefined) return this.collected[stream === 2 ? 1 : 0].write(bytes)
    const done = sink(bytes)
    if (done instanceof Promise) this.writing.push(done)
  }

  async written(): Promise<void> {
    await Promise.all(this.writing)
  }

  get stdout(): Uint8Array {
    return this.collected[0].bytes
  }

  get stderr(): Uint8Array {
    return this.collected[1].bytes
  }

  files(): Record<string, Uint8Array> {
    return {}
  }
}
