// Bytes in rows of sixteen, with their offsets before and their characters behind them.

const PER_ROW = 16
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hexByte(byte: number): string {
  return HEX[byte]!
}

export function hexOffset(offset: number, digits: number): string {
  return offset.toString(16).padStart(digits, '0')
}

/** `base` is the offset that the first byte is shown with. Rows are given some at a time. */
export function* hexDump(bytes: Uint8Array, base: number, prefix = ''): Generator<string, void> {
  let rows = ''
  for (let start = 0; start < bytes.length; start += PER_ROW) {
    rows += `${prefix}${hexOffset(base + start, 7)}: ${hexRow(bytes.subarray(start, start + PER_ROW))}\n`
    if (rows.length > 8192) {
      yield rows
      rows = ''
    }
  }
  yield rows
}

function hexRow(bytes: Uint8Array): string {
  let hex = ''
  let characters = ''
  for (let i = 0; i < PER_ROW; i++) {
    const byte = bytes[i]
    hex += byte === undefined ? '  ' : hexByte(byte)
    if (i % 2 === 1) hex += ' '
    if (byte !== undefined) characters += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return `${hex} ${characters}`
}
