// The front door of the script runner: re-exports, nothing else. Apart from the main one, because it brings the text format with it.

export { runScript, type ScriptOptions } from './script/run-script.ts'
export {
  tally,
  tallyByKind,
  tallyWording,
  type DirectiveResult,
  type Outcome,
  type ScriptResult,
  type Tally,
} from './script/result.ts'
export {
  findExpectation,
  judgeFailures,
  parseExpectations,
  staleExpectations,
  type Expectations,
  type Verdict,
} from './script/expectations.ts'
export { jsonReport, renderReport, renderScript, renderTally, renderTotals } from './script/report.ts'
export type { JsonFailure, JsonReport, JsonScript, JsonSums } from './script/report.ts'
export { interpreter } from './interpret/interpreter.ts'
export { FEATURE_NAMES, type Features } from './validate/proposals.ts'
export type { Tier } from './runtime/tier.ts'
