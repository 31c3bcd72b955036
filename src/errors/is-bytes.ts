// Whether what an embedder hands in is bytes, for those whom no compiler tells.

/** Those of other realms are, too, as a test runner or an iframe has them; so are subclasses, as Node's Buffer is one. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}
