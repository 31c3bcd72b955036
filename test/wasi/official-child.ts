// The process that runs the official programs as another user, in every way: prints who that was and what went wrong, as JSON. It
// becomes that user when its own code is loaded, which that user may not be able to read.

import { ENGINES, failureOf, officialPrograms } from './official-programs.ts'
import type { Way } from './official-programs.ts'

const [suite = '', user = '', ...fileSystems] = process.argv.slice(2)
process.setgroups?.([Number(user)])
process.setgid?.(Number(user))
process.setuid?.(Number(user))

const failures: string[] = []
let runs = 0
for (const fileSystem of fileSystems as Way['fileSystem'][]) {
  for (const engine of ENGINES) {
    for (const program of officialPrograms(suite)) {
      for (const strict of program.language === 'rust' ? [false, true] : [false]) {
        runs++
        const failure = await failureOf(suite, program, { fileSystem, engine, strict })
        if (failure !== undefined)
          failures.push(`${fileSystem}, ${engine}: ${program.language} ${program.name}: ${failure}`)
      }
    }
  }
}
process.stdout.write(JSON.stringify({ user: process.getuid?.(), runs, failures }))
