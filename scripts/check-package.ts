// Checks the package as its users get it: packs it, installs the tarball into an empty folder, and there imports every front
// door, asks the command for its version, and compiles against the types. What the library does is left to the tests.
//
//   npm run check:package

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const folder = mkdtempSync(join(tmpdir(), 'heddle-package-'))
try {
  const tarball = pack()
  await lintPackage()
  install(tarball)
  importDoors()
  askVersion()
  compileAgainstTypes()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack(): string {
  run('npm', ['run', 'clean', '--silent'], root)
  run('npm', ['run', 'build', '--silent'], root)
  const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root)
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[]; unpackedSize: number }]
  const paths = packed.files.map(({ path }) => path)
  const expected = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']
  const missing = expected.filter((path) => !paths.includes(path))
  const unwanted = paths.filter((path) => !expected.includes(path) && !/^dist\/.*\.(js|d\.ts)$/.test(path))
  if (missing.length > 0) fail(`missing in the package: ${missing.join(', ')}`)
  if (unwanted.length > 0) fail(`not expected in the package: ${unwanted.join(', ')}`)
  if (Object.keys(manifest.dependencies ?? {}).length > 0) fail('the library has dependencies at run time')
  pass(`${paths.length} files, ${Math.round(packed.unpackedSize / 1000)} kB`)
  return join(folder, packed.filename)
}

async function lintPackage(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true })
  for (const message of messages) console.error(formatMessage(message, pkg) ?? message.code)
  if (messages.length > 0) fail('publint found faults')
  pass('publint')
}

function install(tarball: string): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball], folder)
  pass('installs into an empty folder')
}

/** `heddle`, `heddle/wat`, …: all but the files that are exported as they are. */
function doors(): string[] {
  return Object.keys(manifest.exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => join(manifest.name, subpath))
}

function importDoors(): void {
  for (const door of doors()) {
    const source = `console.log(Object.keys(await import('${door}')).length)`
    const names = Number(run('node', ['--input-type=module', '--eval', source], folder))
    pass(`import '${door}' (${names} names)`)
  }
}

function askVersion(): void {
  for (const command of Object.keys(manifest.bin)) {
    const output = run(join(folder, 'node_modules', '.bin', command), ['--version'], folder).trim()
    if (!output.split(/\s+/).includes(manifest.version)) fail(`${command} --version prints ${JSON.stringify(output)}`)
    pass(`${command} --version`)
  }
}

/** As strict as a user can be: no `skipLibCheck`, and no types of Node where the door doesn't need them. */
function compileAgainstTypes(): void {
  for (const door of doors()) {
    const types = door === 'heddle/node' ? ['node'] : []
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const project = join(folder, 'types')
      mkdirSync(project, { recursive: true })
      writeFileSync(
        join(project, 'consumer.ts'),
        `import * as door from '${door}'\nexport const names: string[] = Object.keys(door)\n`,
      )
      const compilerOptions = {
        module,
        moduleResolution,
        target: 'es2022',
        lib: ['es2022'],
        types,
        typeRoots: [join(root, 'node_modules/@types')],
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
      }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
      run(join(root, 'node_modules/.bin/tsc'), ['-p', project], folder)
    }
    pass(`types of '${door}'`)
  }
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return fail(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  }
}

function pass(what: string): void {
  console.log(`ok  ${what}`)
}

function fail(what: string): never {
  throw new Error(what)
}
