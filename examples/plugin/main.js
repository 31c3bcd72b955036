// What a plugin can do, and what it cannot: createPlugin in use.
//
//   npm run build && node examples/plugin/main.js

import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { createPlugin } from './create-plugin.js'

const kvStore = new Map([['weft', 'the thread that is drawn through']])

const plugin = await createPlugin(readFileSync(new URL('guest.wasm', import.meta.url)), {
  config: { vowels: 'aeiouyAEIOUY' },
  memory: { maxPages: 16 },
  timeoutMs: 1000,
  fuel: 1e9,
  allowedHosts: ['*.example.com'],
  // In place of the network.
  fetch: (url) => Promise.resolve(new Response(`the content of ${url}`)),
  logger: { info: (text) => console.log('guest:', text) },
  logLevel: 'info',
  functions: {
    'extism:host/user': {
      async kv_read(current, key) {
        await setTimeout(20)
        return current.store(kvStore.get(current.read(key).text()) ?? '')
      },
    },
  },
})

/** What a call gives, or why it gives nothing. */
async function show(name, input) {
  try {
    const output = await plugin.call(name, input)
    console.log(`${name}: ${output.text()}`)
  } catch (error) {
    console.log(`${name}: ${error.message}`)
  }
}

await show('count_vowels', 'Yellow, World!')
await show('count_vowels', 'Hello, again!')
plugin.reset()
await show('count_vowels', 'Hello, for the first time!')
await show('look_up', 'weft')
await show('fetch', '{"url": "https://www.example.com/"}')
await show('fetch', '{"url": "https://example.org/"}')
await show('fail')
await show('hoard')

let ticks = 0
const timer = setInterval(() => ticks++, 10)
await show('spin')
clearInterval(timer)
console.log(ticks > 0 ? 'a timer has fired meanwhile' : 'no timer has fired meanwhile')
await show('look_up', 'weft')
plugin.close()
