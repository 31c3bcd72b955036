// The front door of the tools that look into modules: re-exports, nothing else.

export { customSectionFaults } from './embed/custom-sections.ts'
export { DEBUG_SECTIONS, stripModule } from './debug/strip.ts'
export type { RemovedSection, StripOptions, StrippedModule } from './debug/strip.ts'
export { moduleStats } from './debug/stats/module-stats.ts'
export type {
  FunctionStats,
  ImportStats,
  InstructionCount,
  KindCounts,
  ModuleStats,
  ProposalNeed,
  SectionStats,
  StatsOptions,
} from './debug/stats/module-stats.ts'
export { statsText } from './debug/stats/stats-text.ts'
export { objdump, objdumpChunks, type ObjdumpOptions } from './debug/objdump/objdump.ts'
export { stubModule, type StubOptions } from './command/stub/stub-module.ts'
