// Runs the official scripts on Heddle and on the host's own WebAssembly, and writes docs/conformance.md, with what the host did kept in
// test/spec/host-record.json:  npm run conformance
// With --same-host the record stays as it is.

import { readFileSync, writeFileSync } from 'node:fs'
import { folderOf } from '../test/spec/suite-features.ts'
import { DIFFERING_MESSAGES, EXPECTED_FAILURES } from '../test/spec/expectation-lists.ts'
import { resultOf, scripts } from '../test/spec/official-scripts.ts'
import { conformancePage, hostSums, type HostRecord } from './conformance-page.ts'
import { runOnHost } from './host-script.ts'
import { suiteCommits } from './suite-commits.ts'

const recordFile = new URL('../test/spec/host-record.json', import.meta.url)

/** One line for each script, so that changes can be read. */
function printRecord({ host, scripts: entries }: HostRecord): string {
  const lines = Object.entries(entries).map(([name, sums]) => `    ${JSON.stringify(name)}: ${JSON.stringify(sums)}`)
  return `{\n  "host": ${JSON.stringify(host)},\n  "scripts": {\n${lines.join(',\n')}\n  }\n}\n`
}

function recordHost(): HostRecord {
  return {
    host: `Node ${process.version}, V8 ${process.versions.v8}`,
    scripts: Object.fromEntries(scripts.map(([name, path]) => [name, hostSums(runOnHost(readFileSync(path), name))])),
  }
}

if (scripts.length === 0) throw new Error('the official scripts are not here: scripts/fetch-suites.sh fetches them')
if (!process.argv.includes('--same-host')) writeFileSync(recordFile, printRecord(recordHost()))
const page = conformancePage({
  results: scripts.map(resultOf),
  record: JSON.parse(readFileSync(recordFile, 'utf8')) as HostRecord,
  commits: suiteCommits(),
  folderOf,
  failures: EXPECTED_FAILURES,
  messages: DIFFERING_MESSAGES,
})
writeFileSync(new URL('../docs/conformance.md', import.meta.url), page)
