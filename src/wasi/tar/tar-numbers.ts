// Numbers of tar files as text and bytes: octal and base-256 fields of headers, decimal times of pax records.

export const NANOSECONDS = 1_000_000_000n

/** An octal field, or where the first bit is set a big-endian number in two's complement; undefined for what is neither. */
export function readNumber(field: Uint8Array): bigint | undefined {
  if (((field[0] as number) & 0x80) !== 0) return readBase256(field)
  let at = 0
  let value = 0
  while (isBlank(field[at])) at++
  // Twelve digits at most: no more than 36 bits.
  for (; at < field.length && !isBlank(field[at]); at++) {
    const digit = (field[at] as number) - 0x30
    if (digit < 0 || digit > 7) return undefined
    value = value * 8 + digit
  }
  while (isBlank(field[at])) at++
  return at < field.length ? undefined : BigInt(value)
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

function readBase256(field: Uint8Array): bigint {
  const digits = Array.from(field, (byte, i) => (i === 0 ? byte & 0x7f : byte).toString(16).padStart(2, '0'))
  return BigInt.asIntN(8 * field.length - 1, BigInt(`0x${digits.join('')}`))
}

/** Digits that fill the field but for a NUL; undefined where there are more. */
export function octal(value: number, length: number): string | undefined {
  if (value < 0) return undefined
  const digits = value.toString(8)
  return digits.length < length ? digits.padStart(length - 1, '0') : undefined
}

/** Seconds as pax has them, with any number of decimals; in nanoseconds, rounded down. */
export function readTime(text: string): bigint | undefined {
  const [, sign, whole = '', decimals = ''] = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
  if (sign === undefined || whole + decimals === '' || whole.length > MOST_DIGITS) return undefined
  const magnitude = BigInt(whole || '0') * NANOSECONDS + BigInt(decimals.slice(0, 9).padEnd(9, '0'))
  if (sign === '') return magnitude
  return /[1-9]/.test(decimals.slice(9)) ? -magnitude - 1n : -magnitude
}

/** Of the seconds that 64 bits of nanoseconds can tell, and then some. */
const MOST_DIGITS = 20

export function timeText(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const decimals = (magnitude % NANOSECONDS).toString().padStart(9, '0').replace(/0+$/, '')
  const whole = `${nanoseconds < 0n ? '-' : ''}${magnitude / NANOSECONDS}`
  return decimals === '' ? whole : `${whole}.${decimals}`
}
