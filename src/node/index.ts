// The front door of the Node host: re-exports, nothing else.

export { nodeHost, type NodeHostOptions } from './host.ts'
export { HostFileSystem, type HostFileSystemOptions } from './host-file-system.ts'
export { FOLDER_LIMITS, loadFolder, type FolderLimits, type LoadedFolder } from './load-folder.ts'
export { BrokenPipe, writeAll } from './output.ts'
export { blockingInput, readToEnd, suspendingInput } from './input.ts'
export { blockingClock, suspendingClock } from './clock.ts'
export { listenSocket, type ListenOptions, type TcpListener } from './listen-socket.ts'
export { isSystemError } from './system-error.ts'
export { TerminalFilter, printable } from './terminal.ts'
