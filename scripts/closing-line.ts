// A vitest reporter that prints one line at the very end: `N passed, N failed, N skipped`. Whatever else is wrong counts as
// failed: a test file that can't be loaded, an error outside any test. The readable report is left to vitest's own reporters.

import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export class ClosingLine implements Reporter {
  #line = '0 passed, 0 failed, 0 skipped'

  onInit(): void {
    // Vitest prints its own summary, and at times a warning, after the last hook of a reporter.
    process.once('exit', () => writeSync(1, `${this.#line}\n`))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let failed = unhandledErrors.length
    let passed = 0
    let skipped = 0
    for (const module of modules) {
      const failedBefore = failed
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'skipped') skipped++
        else failed++
      }
      if (!module.ok() && failed === failedBefore) failed++
    }
    this.#line = `${passed} passed, ${failed} failed, ${skipped} skipped`
  }
}
