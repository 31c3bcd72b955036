// The front door of the tools that look into modules: re-exports, nothing else.

export { objdump, objdumpChunks, type ObjdumpOptions } from './debug/objdump/objdump.ts'
