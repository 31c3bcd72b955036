// npm run programs: runs real programs and prints what time of CPU they took and what memory they held, beside node:wasi. Names as arguments choose.

import { REAL_PROGRAMS, performProgram, type Performance } from './real-programs.ts'

const chosen = process.argv.slice(2)
const programs = REAL_PROGRAMS.filter(({ name }) => chosen.length === 0 || chosen.includes(name))
let failures = programs.length === 0 ? 1 : 0

function verdict({ stdout, exitCode, signal }: Performance, output: string): string {
  if (signal !== null) return `killed by ${signal}`
  if (exitCode !== 0) return `exit code ${String(exitCode)}`
  return stdout === output ? 'ok' : 'wrong output'
}

function cells(performed: Performance, output: string): string[] {
  const { seconds, megabytes } = performed
  return [verdict(performed, output), seconds.toFixed(1).padStart(6), megabytes.toFixed(0).padStart(5)]
}

console.log('| program | heddle | s | MB | node:wasi | s | MB |\n| --- | --- | ---: | ---: | --- | ---: | ---: |')
for (const program of programs) {
  const ours = performProgram(program, 'heddle')
  const theirs = performProgram(program, 'node:wasi')
  console.log(`| ${[program.name, ...cells(ours, program.output), ...cells(theirs, program.output)].join(' | ')} |`)
  if (verdict(ours, program.output) === 'ok') continue
  failures++
  console.error(ours.stdout, ours.stderr)
}
console.log(`${programs.length - failures} passed, ${failures} failed`)
process.exitCode = failures === 0 ? 0 : 1
