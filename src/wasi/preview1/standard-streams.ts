// The three standard streams of a guest: where they go, the quota that the outputs share, and what was collected where no sink was given.

import { COLLECTED_OUTPUT_BYTES } from './limits.ts'
import type { SavedOutput, SavedState, StreamName } from './saved-state.ts'
import { CollectedOutput, InputStream, OutputStream } from './stdio.ts'
import type { OutputQuota, WasiInput, WasiOutput } from './stdio.ts'

/** Told of what is written, wherever it goes, before it goes there. */
export type OutputListener = (stream: 1 | 2, bytes: Uint8Array) => void

interface Streams {
  readonly stdin?: WasiInput
  readonly stdout?: WasiOutput
  readonly stderr?: WasiOutput
  readonly onOutput?: OutputListener
}

type SavedStreams = Pick<SavedState, StreamName>

export class StandardStreams {
  readonly stdin: InputStream
  readonly stdout: Output
  readonly stderr: Output
  readonly #outputBytes: number
  readonly #quota: OutputQuota
  /** Collected output has one even where no limit was set. */
  readonly #collectedQuota: OutputQuota

  constructor({ stdin, stdout, stderr, onOutput }: Streams, outputBytes: number) {
    this.#outputBytes = outputBytes
    this.#quota = { left: outputBytes }
    this.#collectedQuota = outputBytes === Infinity ? { left: COLLECTED_OUTPUT_BYTES } : this.#quota
    this.stdin = new InputStream(stdin)
    const output = (sink: WasiOutput | undefined, stream: 1 | 2): Output =>
      new Output(sink, this.#quota, this.#collectedQuota, onOutput && ((bytes) => onOutput(stream, bytes)))
    this.stdout = output(stdout, 1)
    this.stderr = output(stderr, 2)
  }

  of(name: StreamName): InputStream | OutputStream {
    return name === 'stdin' ? this.stdin : this[name].stream
  }

  save(): SavedStreams {
    return { stdin: this.stdin.save(), stdout: this.stdout.save(), stderr: this.stderr.save() }
  }

  /** Bytes that were collected count as long as they are kept, the others where a limit is set. */
  restore({ stdin, stdout, stderr }: SavedStreams): void {
    this.stdin.restore(stdin)
    this.stdout.restore(stdout)
    this.stderr.restore(stderr)
    this.#collectedQuota.left = Math.max(0, COLLECTED_OUTPUT_BYTES - stdout.collected.length - stderr.collected.length)
    this.#quota.left = Math.max(0, this.#outputBytes - stdout.written - stderr.written)
  }
}

class Output {
  readonly stream: OutputStream
  #collected = new CollectedOutput()

  constructor(
    sink: WasiOutput | undefined,
    quota: OutputQuota,
    collectedQuota: OutputQuota,
    listener: ((bytes: Uint8Array) => void) | undefined,
  ) {
    this.stream =
      sink === undefined
        ? new OutputStream((bytes) => this.#collected.write(bytes), collectedQuota, listener)
        : new OutputStream(sink, quota, listener)
  }

  get collected(): Uint8Array {
    return this.#collected.bytes
  }

  save(): SavedOutput {
    return { written: this.stream.written, collected: this.collected }
  }

  restore({ written, collected }: SavedOutput): void {
    this.stream.written = written
    this.#collected = new CollectedOutput()
    this.#collected.write(collected)
  }
}
