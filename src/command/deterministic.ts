// `deterministic`: what makes a run the same one on every host. The clock is virtual by default, arithmetic and growth are the engine's; randomness
// follows from a seed. What the program is given beyond that is the embedder's: its arguments, its input, its files.

import type { Instance } from '../embed/instance.ts'
import type { CompiledModule } from '../runtime/instance.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { sha256 } from '../snapshot/sha256.ts'
import { seededRandom } from '../wasi/preview1/seeded-random.ts'
import type { WasiRandom } from '../wasi/preview1/implementation.ts'
import type { WasiOptions } from '../wasi/preview1/wasi.ts'

export interface Deterministic {
  /** Of the random numbers: a whole number of up to 64 bits, not negative; 0 if absent. */
  readonly seed?: number | bigint | undefined
}

interface Given extends Pick<WasiOptions, 'clock' | 'random'> {
  readonly deterministic?: boolean | Deterministic | undefined
}

export function isDeterministic({ deterministic = false }: Given): boolean {
  return deterministic !== false
}

/** Its randomness. Throws where something was given that would make runs differ. */
export function deterministicRandom({ deterministic = false, clock, random }: Given): WasiRandom | undefined {
  if (deterministic === false) return undefined
  if (clock !== undefined) throw conflict('clock', 'time is virtual')
  if (random !== undefined) throw conflict('source of randomness', 'it follows from the seed')
  const { seed = 0 } = deterministic === true ? {} : deterministic
  return seededRandom(checkedSeed(seed))
}

function checkedSeed(seed: number | bigint): number | bigint {
  const isWhole = typeof seed === 'bigint' || Number.isSafeInteger(seed)
  if (isWhole && seed >= 0 && seed < 2n ** 64n) return seed
  throw new UsageError(`a seed is a whole number of up to 64 bits that is not negative, not ${quoted(String(seed))}`)
}

function conflict(what: string, why: string): UsageError {
  return new UsageError(`a deterministic run takes no ${what} of the host's: ${why}`)
}

/** Modules that were compiled before must be for the deterministic profile. */
export function requireDeterministic({ isDeterministic }: CompiledModule): void {
  if (!isDeterministic) {
    throw new UsageError("a deterministic run needs modules of an engine with profile: 'deterministic'")
  }
}

/** SHA-256 of the memories of all instances: of one memory its own, of several that of theirs one after another. */
export function memoryHash(instances: readonly Instance[]): string {
  const memories = new Set(instances.flatMap(({ runtime }) => runtime.memories))
  const hashes = Array.from(memories, ({ bytes }) => sha256(bytes))
  return hashes.length === 1 ? hashes[0]! : sha256(Uint8Array.from(hashes.join(''), (digit) => digit.charCodeAt(0)))
}
