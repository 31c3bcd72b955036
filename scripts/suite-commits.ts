// At which commits the official suites are, as the script that fetches them says.

import { readFileSync } from 'node:fs'

/** Repository of the organisation WebAssembly → commit; those of `spec/` only. */
export function suiteCommits(): ReadonlyMap<string, string> {
  const script = readFileSync(new URL('fetch-suites.sh', import.meta.url), 'utf8')
  const commits = [...script.matchAll(/^fetch (\S+) ([0-9a-f]{40})$/gm)].map(
    ([, name, commit]) => [name!, commit!] as const,
  )
  return new Map(commits.filter(([name]) => !name.startsWith('wasi')))
}
