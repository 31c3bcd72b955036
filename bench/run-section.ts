// Starts a section in a process of its own, with the flags that it needs, and waits for its report.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { failed, type Report } from './report.ts'
import type { SectionName, SectionOptions } from './sections.ts'

const TIME_LIMIT_MS = 600_000

/** Whatever happens to the process, there is a report. */
export function runSection<N extends SectionName>(
  name: N,
  options: SectionOptions<N>,
  flags: readonly string[],
  timeout: number = TIME_LIMIT_MS,
): Promise<Report> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [name, JSON.stringify(options)], {
    execArgv: [...flags, '--import', import.meta.resolve('tsx')],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    timeout,
  })
  return new Promise((resolve) => {
    let received: Report | undefined
    child.once('message', (report) => {
      received = report as Report
    })
    child.once('error', (error) => resolve(failed(`${name}: ${error.message}`)))
    child.once('exit', (code, signal) => {
      resolve(
        received ??
          failed(
            `${name} ${JSON.stringify(options)}: ended without a report (${signal ?? `exit code ${String(code)}`})`,
          ),
      )
    })
  })
}
