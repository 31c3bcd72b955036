// The differential fuzz of binaryen's modules: generator and oracle are processes of their own, made of the packages in fuzz/.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Engine } from 'heddle'
import { decodeModule, printWat } from 'heddle/wat'
import { projectRoot } from '../../source-tree.ts'
import { Random } from '../random.ts'
import { firstDifference, runOurs } from './compare.ts'
import { prepare, type Prepared } from './draw-session.ts'
import type { ExecuteReply, ExecuteRequest } from './executor.ts'
import type { GenerateReply, GenerateRequest } from './generator.ts'
import { RemoteError, TimeoutError, Worker } from './messages.ts'
import { generatorOptions, hasRelaxedSimd, initialModule } from './options.ts'
import { roundTripFault } from './round-trips.ts'

const PACKAGES = resolve(projectRoot, 'fuzz/node_modules')
export const NEWEST_NODE: string = resolve(PACKAGES, 'node/bin/node')
const WASM_OPT = resolve(PACKAGES, 'binaryen/bin/wasm-opt')

/** How to get what is missing; undefined where nothing is. */
export function missingPackages(): string | undefined {
  if (existsSync(NEWEST_NODE) && existsSync(WASM_OPT)) return undefined
  return 'the packages of fuzz/ are not installed: run `npm ci --prefix fuzz` (320 MB: binaryen, and a Node with a current V8)'
}

const GENERATION_MS = 60_000
const VERDICT_MS = 20_000
const EXECUTION_MS = 20_000
/** Damaged copies of each module, whose verdict is compared. */
const MUTANTS = 10

export interface Outcome {
  readonly difference?: string | undefined
  /** `compared`, or why the module was not run, or not on both sides. */
  readonly kind: string
  /** What the observation ended in, line by line. */
  readonly lines: readonly string[]
  /** What was run, where both sides did and agree. */
  readonly prepared?: Prepared | undefined
}

export class Campaign {
  private readonly engine: Engine
  private readonly generator: Worker<GenerateRequest, GenerateReply>
  private readonly oracle: Worker<ExecuteRequest, ExecuteReply>
  private readonly ahead: Map<number, Promise<string>> = new Map()

  constructor(engine: Engine) {
    this.engine = engine
    const folder = resolve(projectRoot, 'test/fuzz/oracle')
    this.generator = new Worker(NEWEST_NODE, resolve(folder, 'generator.ts'), [WASM_OPT])
    this.oracle = new Worker(NEWEST_NODE, resolve(folder, 'executor.ts'))
  }

  /** The module of the seed. */
  async generate(seed: number): Promise<Uint8Array> {
    const module = this.ahead.get(seed) ?? this.request(seed)
    this.ahead.delete(seed)
    return new Uint8Array(Buffer.from(await module, 'base64'))
  }

  private request(seed: number): Promise<string> {
    const initial = initialModule(seed)
    return this.generator.ask(
      { seed, options: generatorOptions(seed), initial: initial === undefined ? undefined : base64(initial) },
      GENERATION_MS,
    )
  }

  /** Compares the module of the seed, while the next one is made. */
  async compare(seed: number): Promise<Outcome> {
    const generated = this.generate(seed)
    const bytes = await generated.catch((error: unknown) => {
      if (error instanceof RemoteError) return undefined
      throw error
    })
    const next = this.request(seed + 1)
    next.catch(() => undefined)
    this.ahead.set(seed + 1, next)
    if (bytes === undefined) return { kind: 'not generated', lines: [] }
    const verdicts = await this.compareVerdicts(bytes, new Random(seed))
    if (verdicts !== undefined) return { ...verdicts, lines: [] }
    const fault = roundTripFault(bytes)
    if (fault !== undefined) return { difference: fault, kind: 'compared', lines: [] }
    return this.compareRuns(prepare(bytes, new Random(seed)), hasRelaxedSimd(seed) && usesRelaxedSimd(bytes))
  }

  /** What V8 makes of a module and a session. */
  private async expected({ bytes, session }: Prepared): Promise<string[]> {
    const request = { kind: 'run', bytes: base64(bytes), session } as const
    return (await this.oracle.ask(request, EXECUTION_MS)).map(String)
  }

  stop(): void {
    this.generator.stop()
    this.oracle.stop()
  }

  /** Undefined where both sides take the module, and agree about its mutants. */
  private async compareVerdicts(bytes: Uint8Array, random: Random): Promise<Omit<Outcome, 'lines'> | undefined> {
    const modules = [bytes, ...random.list(MUTANTS, () => mutated(bytes, random))]
    const verdicts = await this.oracle.ask({ kind: 'validate', modules: modules.map(base64) }, VERDICT_MS)
    for (const [i, module] of modules.entries()) {
      const error = this.engine.check(module)
      if (verdicts[i] === (error === undefined)) continue
      // A proposal that the oracle has, and that is off here: no module has one but by a changed byte.
      if (i > 0 && verdicts[i] === true && error?.kind === 'unsupported') continue
      const verdict = `the oracle says ${verdicts[i] === true ? 'valid' : 'invalid'}, we say ${error?.message ?? 'valid'}`
      const what = i === 0 ? verdict : `mutant ${i}: ${verdict}\n${base64(module)}`
      return { difference: what, kind: 'compared' }
    }
    return verdicts[0] === true ? undefined : { kind: 'refused by both' }
  }

  private async compareRuns(prepared: Prepared, relaxed: boolean): Promise<Outcome> {
    const ours = runOurs(this.engine, prepared)
    if (ours === undefined) return { kind: 'endless', lines: [] }
    const { lines } = ours
    if (ours.difference !== undefined) return { difference: ours.difference, kind: 'compared', lines }
    if (relaxed) return { kind: 'compared among our own ways', lines }
    try {
      const expected = await this.expected(prepared)
      // How deep calls may nest, and how large arrays may be, is each engine's own choice.
      if ([...lines, ...expected].some((line) => / (STACK|LIMIT)\b/.test(line))) return { kind: 'beyond limits', lines }
      const difference = firstDifference(expected, lines)
      return { difference, kind: 'compared', lines, prepared: difference === undefined ? prepared : undefined }
    } catch (error) {
      if (error instanceof TimeoutError) return { kind: 'too slow for the oracle', lines }
      throw error
    }
  }
}

function usesRelaxedSimd(bytes: Uint8Array): boolean {
  return /\.relaxed_/.test(printWat(decodeModule(bytes)))
}

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  for (let changes = random.between(1, 2); changes > 0; changes--) copy[random.below(copy.length)] = random.below(256)
  return copy
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
