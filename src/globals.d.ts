// The few universal globals that the pure part asks of its host, beyond ECMAScript itself.

declare class TextEncoder {
  encode(text?: string): Uint8Array
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer): string
}

declare function structuredClone<T>(value: T, options?: { transfer?: readonly unknown[] }): T

declare class AbortController {
  readonly signal: {
    readonly aborted: boolean
    readonly reason?: unknown
    addEventListener(type: 'abort', listener: () => void): void
    removeEventListener(type: 'abort', listener: () => void): void
  }
  abort(reason?: unknown): void
}

/** Not every host has these three. */
declare const performance: { now(): number } | undefined
declare const setImmediate: ((callback: () => void) => unknown) | undefined
declare const MessageChannel:
  | (new () => {
      readonly port1: { onmessage: (() => void) | null }
      readonly port2: { postMessage(message: unknown): void }
    })
  | undefined

declare function setTimeout(callback: () => void, milliseconds: number): unknown
declare function clearTimeout(timer: unknown): void
