// Names and lists as messages show them. Both come out of modules, which may be hostile: a name can't begin a line of its own, hide or
// reorder what stands around it, or fill a screen, and neither can a list.

/** UTF-16 code units of a name that are shown. */
const MAX_NAME = 200

/** Entries of a list that are shown. */
const MAX_LISTED = 20

/** What ends a string, and what is not seen, or moves what is: controls, formats, separators, lone surrogates, unassigned characters. */
const NEEDS_ESCAPE = /["\\\p{C}\p{Zl}\p{Zp}]/gu

/** Letters and marks, digits, punctuation, symbols: nothing that would be escaped, and no space. */
const PLAIN = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u
const QUOTES = /["\\]/

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** `"a name"`, with escapes as in JSON and `\u{…}` for what is invisible; `"a very long na"…` */
export function quoted(name: string): string {
  const shown = `"${cut(name).replace(NEEDS_ESCAPE, escape)}"`
  return name.length > MAX_NAME ? `${shown}…` : shown
}

/** A name as it is where it is one word of visible characters, and quoted otherwise. */
export function nameText(name: string): string {
  return name.length <= MAX_NAME && PLAIN.test(name) && !QUOTES.test(name) ? name : quoted(name)
}

/** Text that can't be hostile, but long. */
export function shortened(text: string): string {
  return text.length > MAX_NAME ? `${cut(text)}…` : text
}

/** The entries with a separator between them: `a, b, … 3 more` where there are more than anybody reads. */
export function listed<T>(entries: ArrayLike<T>, text: (entry: T) => string, separator: string): string {
  const shown: string[] = []
  for (let i = 0; i < entries.length && i < MAX_LISTED; i++) shown.push(text(entries[i]!))
  if (entries.length > MAX_LISTED) shown.push(`… ${entries.length - MAX_LISTED} more`)
  return shown.join(separator)
}

/** Not between the halves of a surrogate pair. */
function cut(name: string): string {
  if (name.length <= MAX_NAME) return name
  return name.slice(0, name.codePointAt(MAX_NAME - 1)! > 0xffff ? MAX_NAME - 1 : MAX_NAME)
}

function escape(character: string): string {
  return ESCAPES[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`
}
