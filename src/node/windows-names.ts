// Names that mean something else on Windows than a file of that name: devices, streams, drives, paths. And what links say there.

/** Devices, with whatever ending: `NUL.txt` is the device too. Superscript digits count as digits. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?: *\.| *:| *$)/i

/** `\` divides, `:` begins a stream or ends a drive; the others are no part of a name, or of a pattern. */
// oxlint-disable-next-line no-control-regex
const RESERVED = /[\\:*?"<>|/\u0000-\u001f]/

/** Whether the system would take the name for something that is not called exactly so. */
export function isForeignOnWindows(name: string): boolean {
  return RESERVED.test(name) || DEVICE.test(name) || name.endsWith('.') || name.endsWith(' ')
}

/** A link's target as paths of the guest are written: what begins with a drive, a share or a slash is absolute. */
export function windowsTarget(target: string): string {
  const path = target.replaceAll('\\', '/')
  return /^[a-z]:/i.test(path) ? `/${path}` : path
}
