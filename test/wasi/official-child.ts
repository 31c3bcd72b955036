// The process that runs the official programs as the user who it belongs to: prints what went wrong, as JSON.

import { FILE_SYSTEMS, failureOf, officialPrograms } from './official-programs.ts'

const [suite = ''] = process.argv.slice(2)
const failures: string[] = []
let runs = 0
for (const fileSystem of FILE_SYSTEMS.filter(
  (each) => each === 'paths' || (each === 'descriptors' && process.platform === 'linux'),
)) {
  for (const program of officialPrograms(suite)) {
    for (const strict of program.language === 'rust' ? [false, true] : [false]) {
      runs++
      const failure = await failureOf(suite, program, { fileSystem, engine: "the host's WebAssembly", strict })
      if (failure !== undefined) failures.push(`${fileSystem}: ${program.language} ${program.name}: ${failure}`)
    }
  }
}
process.stdout.write(JSON.stringify({ user: process.getuid?.(), runs, failures }))
