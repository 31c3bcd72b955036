// Makes JavaScript of TypeScript as `heddle stub` writes it, for a Node that doesn't: `import type` and interfaces in front of everything
// else, and one `satisfies` in the last line. What else is TypeScript stays as it is, and is then a syntax error. Lines keep their numbers.

const BLANK = /^\s*$/
const COMMENT = /^\s*(?:\/\/|\/\*.*\*\/\s*$)/
const TYPE_IMPORT = /^import type [^'"]* from (?:'[^']*'|"[^"]*");?\s*$/
const INTERFACE = /^(?:export )?interface [\w$]+ \{\s*$/
const INTERFACE_END = /^\}\s*$/
const LAST = /^(\}[)]*;?)[ ]*satisfies .*$/

export function eraseTypes(text: string): string {
  const lines = text.split('\n')
  eraseHead(lines)
  let last = lines.length - 1
  while (last > 0 && BLANK.test(lines[last]!)) last--
  lines[last] = lines[last]!.replace(LAST, '$1')
  return lines.join('\n')
}

function eraseHead(lines: string[]): void {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    if (BLANK.test(line) || COMMENT.test(line)) continue
    if (TYPE_IMPORT.test(line)) lines[i] = ''
    else if (INTERFACE.test(line)) {
      const end = lines.findIndex((other, at) => at > i && INTERFACE_END.test(other))
      if (end < 0) return
      lines.fill('', i, end + 1)
      i = end
    } else return
  }
}
