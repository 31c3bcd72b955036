// The front door of pre-initialisation: re-exports, nothing else.

export { wizen, type WizenOptions } from './command/wizen/wizen.ts'
export { WizenError } from './command/wizen/wizen-error.ts'
