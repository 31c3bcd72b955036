// Bytes as text: the pure part has no function of the host's for it.
// https://www.rfc-editor.org/rfc/rfc4648#section-4

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let digit = 0; digit < 4; digit++) {
      text += i + digit > bytes.length ? '=' : DIGITS[(group >>> (18 - 6 * digit)) & 63]!
    }
  }
  return text
}
