// The process that measures: takes one section's name and options as arguments, and sends the report to the process that started it.

import { SECTIONS, type SectionName } from './sections.ts'
import { failed, type Report } from './report.ts'

const [name = '', options = '{}'] = process.argv.slice(2)
const section = SECTIONS[name as SectionName] as (options: unknown) => Report | Promise<Report>

async function report(): Promise<Report> {
  try {
    return await section(JSON.parse(options))
  } catch (error) {
    return failed(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}

process.send!(await report())
