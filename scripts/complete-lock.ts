// Completes package-lock.json: npm leaves out the optional packages of other platforms where its registry doesn't hold them, and
// then refuses its own lock (`npm ci`: "Missing … from lock file"). Run it after changing a dependency; it adds what the
// packages' own lists name, with the platform that the name says, and changes nothing else.
//
//   npx tsx scripts/complete-lock.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly cpu?: readonly string[]
  readonly dev?: boolean
  readonly libc?: readonly string[]
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
}

interface Lock {
  packages: Record<string, LockedPackage>
}

const platformName =
  /(?:^|[/-])(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(?<abi>\w+))?$/

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
const missing = findMissing(lock.packages)
for (const [path, entry] of missing) lock.packages[path] = entry
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`added ${missing.length} packages of other platforms`)

function findMissing(packages: Readonly<Record<string, LockedPackage>>): [path: string, entry: LockedPackage][] {
  return Object.entries(packages).flatMap(([parentPath, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => packages[`node_modules/${name}`] === undefined)
      .filter(([name]) => packages[`${parentPath}/node_modules/${name}`] === undefined)
      .map(([name, version]): [string, LockedPackage] => [`node_modules/${name}`, entryOf(name, version, parent)]),
  )
}

function entryOf(name: string, version: string, parent: LockedPackage): LockedPackage {
  const { os, cpu, abi } = platformName.exec(name)?.groups ?? {}
  if (os === undefined || cpu === undefined) throw new Error(`${name} is missing, and its name says no platform`)
  if (!/^\d+\.\d+\.\d+\S*$/.test(version)) throw new Error(`${name} is missing, and ${version} is no exact version`)
  const libc = os === 'linux' && abi !== undefined ? [abi.startsWith('musl') ? 'musl' : 'glibc'] : undefined
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true && { dev: true }),
    ...(libc !== undefined && { libc }),
    optional: true,
    os: [os],
  }
}
