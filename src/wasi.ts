// The front door of WASI: re-exports, nothing else. It stands alone, so it serves the host's own WebAssembly too.

export { Wasi, type WasiOptions } from './wasi/preview1/wasi.ts'
export type { WasiFunction } from './wasi/preview1/call.ts'
export { DIALECTS, PREVIEW1, UNSTABLE, coreType, type CoreType, type Dialect } from './wasi/preview1/dialect.ts'
export { WASI_MODULE, wasiProvider } from './wasi/preview1/wasi-provider.ts'
export type { WasiExports } from './wasi/preview1/application.ts'
export { WasiExit } from './wasi/preview1/process.ts'
export { WasiError, type Errno } from './wasi/preview1/errno.ts'
export { formatBegunCall, formatCall } from './wasi/preview1/format-call.ts'
export type {
  BegunCall,
  BegunCallOf,
  Content,
  WasiCall,
  WasiCallOf,
  WasiListener,
  WasiObserver,
} from './wasi/preview1/trace.ts'
export type { CallArguments, CallResults, GuestBuffer, Named } from './wasi/preview1/named-values.ts'
export type {
  NamedEntry,
  NamedEvent,
  NamedFdStat,
  NamedFileStat,
  NamedSubscription,
} from './wasi/preview1/named-values.ts'
export type {
  AnyInterposer,
  ChangedArguments,
  InterposedCall,
  Interposer,
  Interposers,
} from './wasi/preview1/interpose.ts'
export type { Proceed, Reply } from './wasi/preview1/interpose.ts'
export { GuestBytes } from './wasi/preview1/guest-bytes.ts'
export { VirtualFileSystem, type VirtualFileSystemOptions } from './wasi/preview1/virtual-file-system.ts'
export { seededRandom } from './wasi/preview1/seeded-random.ts'
export { VirtualClock } from './wasi/preview1/clock.ts'
export { guestMemory, type GuestMemory } from './wasi/preview1/memory.ts'
export type { InputSource, OutputSink, ReadInput, WasiInput, WasiOutput, WriteOutput } from './wasi/preview1/stdio.ts'
export type { Tree, TreeAttributes, TreeDirectory, TreeEntry } from './wasi/preview1/tree.ts'
export type { TreeFile, TreeHardLink, TreeLink } from './wasi/preview1/tree.ts'
export type { WasiClock, WasiRandom, WithState } from './wasi/preview1/implementation.ts'
export { DEFAULT_LIMITS, type WasiLimits } from './wasi/preview1/limits.ts'
export type { ClockId, FileType, Signal } from './wasi/preview1/types.ts'
export { FUNCTION_NAMES, type FunctionName } from './wasi/preview1/functions.ts'
export type {
  Directory,
  DirectoryEntry,
  FileStat,
  FileSystem,
  FileTimes,
  OpenFile,
  OpenOptions,
  Step,
} from './wasi/preview1/file-system.ts'
export type { Listener, Socket } from './wasi/preview1/socket.ts'
export type { Awaitable } from './wasi/preview1/waiting.ts'
export { readTar, type ReadTarOptions } from './wasi/tar/read-tar.ts'
export { writeTar } from './wasi/tar/write-tar.ts'
export { TarError } from './wasi/tar/tar-format.ts'
export { OverlayFileSystem, type OverlayChanges, type OverlayOptions } from './wasi/preview1/overlay-file-system.ts'
export { checkFileSystem, type CheckOptions } from './wasi/preview1/check-file-system.ts'
