// The entries of a zip file, by its central directory: names, attributes, and contents that are inflated when they are asked for.
// What can't be read is refused at once; damage to a content, when that is read.

import { inflateRawSync } from 'node:zlib'

export function* zipEntries(bytes) {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0 || end + 22 > zip.length) throw new TypeError('no zip file: it has no central directory')
  const [count, first] = [zip.readUInt16LE(end + 10), zip.readUInt32LE(end + 16)]
  if (count === 0xffff || first === 0xffffffff) throw new TypeError('zip64 is not read: pack less into one file')
  for (let i = 0, at = first; i < count; i++) {
    if (at + 46 > zip.length || zip.latin1Slice(at, at + 4) !== 'PK\x01\x02') throw new TypeError(`no entry at ${at}`)
    const u16 = (field) => zip.readUInt16LE(at + field)
    const u32 = (field) => zip.readUInt32LE(at + field)
    const [method, packed, size, start] = [u16(10), u32(20), u32(24), u32(42)]
    const path = zip.utf8Slice(at + 46, at + 46 + u16(28))
    if ([packed, size, start].includes(0xffffffff)) throw new TypeError(`zip64 is not read: ${path}`)
    if (u16(8) & 1) throw new TypeError(`encryption is not read: ${path}`)
    if (method !== 0 && method !== 8) throw new TypeError(`compression by the method ${method} is not read: ${path}`)
    const isLink = (u16(40) & 0o170000) === 0o120000
    const filetype = path.endsWith('/') ? 'directory' : isLink ? 'symbolic_link' : 'regular_file'
    yield { path, filetype, size, time: timeOf(u32(12)), content: () => contentAt(zip, start, method, packed, size) }
    at += 46 + u16(28) + u16(30) + u16(32)
  }
}

/** In front of it is a header of its own, of another length than that of the central directory. */
function contentAt(zip, at, method, packed, size) {
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28)
  const bytes = zip.subarray(start, start + packed)
  const content = method === 0 ? bytes : inflateRawSync(bytes, { maxOutputLength: size + 1 })
  if (content.length !== size) throw new RangeError('the content has another length than it should')
  return content
}

/** Nanoseconds since 1970, of a zone that nobody knows. */
function timeOf(dos) {
  const [year, month, day] = [(dos >>> 25) + 1980, ((dos >>> 21) & 15) - 1, (dos >>> 16) & 31]
  const [hour, minute, second] = [(dos >>> 11) & 31, (dos >>> 5) & 63, (dos & 31) * 2]
  return BigInt(Date.UTC(year, month, day, hour, minute, second)) * 1_000_000n
}
