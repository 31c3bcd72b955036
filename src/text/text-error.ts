// Errors of the text front end: a ModuleError that shows the line of the source with a caret under the culprit.

import { ModuleError, type ModuleErrorKind } from '../errors/module-error.ts'
import type { SourceText } from './source-text.ts'

/** A line is shown in full up to this many bytes, and as a window around the culprit beyond. */
const WINDOW_BYTES = 160

/** `start` and `end` are byte offsets into the source; they may be equal. The message begins with the wording of the specification. */
export function textError(
  source: SourceText,
  start: number,
  end: number,
  message: string,
  kind: ModuleErrorKind = 'malformed',
): ModuleError {
  const { line, column } = source.position(start)
  return new ModuleError(kind, message, { line, column, excerpt: renderExcerpt(source, start, end) })
}

function renderExcerpt(source: SourceText, start: number, end: number): string {
  const { line, column } = source.position(start)
  const file = source.name === undefined ? '' : `${source.name}:`
  const lineIndex = line - 1
  const lineStart = source.startOfLine(lineIndex)
  const lineEnd = Math.max(source.endOfLine(lineIndex), start)
  const from = lineEnd - lineStart <= WINDOW_BYTES ? lineStart : charStart(source, lineStart, start - WINDOW_BYTES / 2)
  const to =
    lineEnd - lineStart <= WINDOW_BYTES ? lineEnd : charStart(source, from, Math.min(from + WINDOW_BYTES, lineEnd))

  const before = (from > lineStart ? '…' : '') + show(source, from, start)
  const culprit = show(source, start, Math.min(Math.max(end, start), to))
  const after = show(source, Math.min(Math.max(end, start), to), to) + (to < lineEnd ? '…' : '')
  const number = String(line)
  const gutter = ' '.repeat(number.length)
  return [
    ` ${gutter}--> ${file}${line}:${column}`,
    ` ${gutter} |`,
    ` ${number} | ${before}${culprit}${after}`.trimEnd(),
    ` ${gutter} | ${' '.repeat(charCount(before))}${'^'.repeat(Math.max(charCount(culprit), 1))}`,
  ].join('\n')
}

/** The nearest start of a character at or before the offset, not before `least`. */
function charStart(source: SourceText, least: number, offset: number): number {
  let pos = Math.max(offset, least)
  while (pos > least && (source.bytes[pos] ?? 0) >> 6 === 0b10) pos--
  return pos
}

/** Text for people, one column a character: control characters and malformed bytes can't disturb a terminal. */
function show(source: SourceText, start: number, end: number): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(source.bytes.subarray(start, end))
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

function charCount(text: string): number {
  return Array.from(text).length
}
