// What the toolchain makes of a module: decoded, encoded, printed and parsed, it must stay itself.

import { decodeModule, encodeModule, parseWat, printWat } from 'heddle/wat'

/** What is lost on the way; undefined where nothing is. */
export function roundTripFault(bytes: Uint8Array): string | undefined {
  const module = decodeModule(bytes)
  const encoded = encodeModule(module)
  // Where lengths agree, no number was padded.
  if (encoded.length > bytes.length) return `encoding makes ${encoded.length} bytes of ${bytes.length}`
  if (encoded.length === bytes.length && !equal(encoded, bytes)) return 'encoding what was decoded gives other bytes'
  if (!equal(encodeModule(decodeModule(encoded)), encoded)) return 'encoding is no fixed point'
  // The text has no form for a data count that nothing needs.
  const expected = encodeModule({ ...module, spareSections: [] })
  for (const folded of [false, true]) {
    const options = { folded }
    const text = printWat(module, options)
    const parsed = encodeModule(parseWat(text))
    if (!equal(parsed, expected)) return `${folded ? 'folded ' : ''}text parses to other bytes`
    const again = encodeModule(parseWat(printWat(decodeModule(parsed), options)))
    if (!equal(again, parsed)) return `${folded ? 'folded ' : ''}text is no fixed point`
  }
  return undefined
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
