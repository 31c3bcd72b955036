// What running a script comes to: an outcome per directive, and their sums. Plain data, fit for JSON.

/** How many directives had each outcome. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export type Outcome =
  /** `worded`: for assertions that expect an error, whether its reason begins with the expected text. */
  | { readonly status: 'passed'; readonly worded?: boolean | undefined }
  /** `message`: what was expected and what came instead. */
  | { readonly status: 'failed'; readonly message: string }
  /** The directive, or something that it depends on, needs a proposal that this engine does not have. */
  | { readonly status: 'skipped'; readonly proposal: string }

export type DirectiveResult = Outcome & {
  /** One-based, of the directive's first token. */
  readonly line: number
  /** What the directive begins with: `assert_return`, `module`, `module definition` … */
  readonly keyword: string
}

export interface ScriptResult {
  /** The script as errors call it: usually its path. */
  readonly name: string
  /** In the order of the script; the directives inside of a thread follow it. */
  readonly directives: readonly DirectiveResult[]
}

export function tally(directives: Iterable<Outcome>): Tally {
  const sums = { passed: 0, failed: 0, skipped: 0 }
  for (const { status } of directives) sums[status]++
  return sums
}

/** Sums of each kind of directive, by its keyword. */
export function tallyByKind(directives: Iterable<DirectiveResult>): ReadonlyMap<string, Tally> {
  const byKind = groupBy(directives, ({ keyword }) => keyword)
  return new Map([...byKind].map(([keyword, group]) => [keyword, tally(group)]))
}

/** How many directives were skipped for the sake of each proposal, by its name. */
export function skippedByProposal(directives: Iterable<DirectiveResult>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const directive of directives) {
    if (directive.status === 'skipped') counts.set(directive.proposal, (counts.get(directive.proposal) ?? 0) + 1)
  }
  return counts
}

/** Passed assertions that expect an error: how many there are, and how many of those errors say what the script expects. */
export function tallyWording(directives: Iterable<DirectiveResult>): {
  readonly expected: number
  readonly agreeing: number
} {
  let expected = 0
  let agreeing = 0
  for (const directive of directives) {
    if (directive.status !== 'passed' || directive.worded === undefined) continue
    expected++
    if (directive.worded) agreeing++
  }
  return { expected, agreeing }
}

function groupBy<T>(items: Iterable<T>, key: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}
