// Plugins as Extism has them, on Heddle: `createPlugin`, `plugin.call`, host functions with a CurrentPlugin. With the functions of kernel.js,
// plugins that were made with one of Extism's PDKs run. What is different: everything happens on the thread of the page, which goes on
// meanwhile; host functions may be asynchronous everywhere; a call has a limit of instructions besides that of time.

import { Engine } from 'heddle'
import { Wasi, wasiProvider } from 'heddle/wasi'
import { Call, kernel } from './kernel.js'

const PAGE = 65_536

/**
 * Of Extism's options: useWasi, allowedPaths (here: folders as data, by the guest's name), allowedHosts, memory: { maxPages,
 * maxHttpResponseBytes, maxVarBytes }, timeoutMs, config, functions, fetch, logger, logLevel. Besides: fuel, the instructions of one call.
 */
export async function createPlugin(wasm, options = {}) {
  const plugin = new Plugin(wasm, options)
  await plugin.begin()
  return plugin
}

class Plugin {
  #engine = new Engine()
  #module
  #options
  #limits
  #vars = new Map()
  #call
  #instance
  /** The instance when it was new. */
  #fresh

  constructor(wasm, options) {
    this.#module = this.#engine.compile(wasm)
    this.#options = options
    this.#limits = { memoryBytes: (options.memory?.maxPages ?? PAGE) * PAGE }
  }

  begin() {
    return this.#perform('', async () => {
      const driveStart = (run) => this.#finish(run)
      const options = { wasi: this.#wasi(), limits: this.#limits, driveStart }
      this.#instance = await this.#module.instantiate(this.#imports(), options)
      if (this.functionExists('_initialize')) await this.#finish(this.#instance.start('_initialize'))
      this.#fresh = this.#instance.snapshot()
    })
  }

  functionExists(name) {
    return typeof this.#instance.exports[name] === 'function'
  }

  isActive() {
    return this.#call !== undefined
  }

  /** Gives null where the function sets no output. What it awaits may take its time; an endless loop ends with an error. */
  async call(name, input = '') {
    if (!this.functionExists(name)) throw new Error(`Plugin error: function "${name}" does not exist`)
    const { output, error } = await this.#perform(input, () => this.#finish(this.#instance.start(name)))
    if (error !== null) throw new Error(`Plugin-originated error: ${error.text()}`)
    return output
  }

  /** As if it had just been created: memories, globals and tables from a snapshot, and no variables. */
  reset() {
    if (this.isActive()) return false
    const options = { modules: [this.#module], imports: this.#imports(), wasi: this.#wasi(), limits: this.#limits }
    this.#instance = this.#engine.restore(this.#fresh, options).instance
    this.#vars.clear()
    return true
  }

  close() {
    this.#instance = this.#fresh = undefined
  }

  async #perform(input, body) {
    if (this.isActive()) throw new Error('Plugin error: it is being called already')
    const call = new Call(this.#limits.memoryBytes, input)
    this.#call = call
    try {
      await body()
      return call
    } finally {
      this.#call = undefined
    }
  }

  /** Goes on to the end, or to that of the budget, while timers, events and other plugins have their turn. */
  async #finish(run) {
    const { timeoutMs: timeout, fuel } = this.#options
    try {
      await run.finish({ timeout, fuel, sliceMs: 10 })
    } catch (error) {
      if (error.code === 'TIMEOUT') throw new Error(`Plugin error: more than ${timeout} ms`, { cause: error })
      if (error.code === 'FUEL_EXHAUSTED')
        throw new Error(`Plugin error: more than ${fuel} instructions`, { cause: error })
      throw error
    }
  }

  #wasi() {
    const { useWasi = false, allowedPaths = {} } = this.#options
    return useWasi ? wasiProvider(new Wasi({ preopens: allowedPaths })) : undefined
  }

  /** Host functions get a CurrentPlugin first. */
  #imports() {
    const { functions = {} } = this.#options
    const current = {
      read: (address) => (address === 0n ? null : this.#call.read(address)),
      store: (data) => this.#call.store(data),
    }
    const imports = mapValues(functions, (namespace) => withFirst(namespace, current))
    const env = kernel(this.#options, this.#vars, () => this.#call)
    return {
      ...imports,
      'extism:host/env': mapValues(
        env,
        (f) =>
          (_, ...args) =>
            f(...args),
      ),
    }
  }
}

/** Functions that are called with `first` in place of Heddle's context. */
function withFirst(functions, first) {
  return mapValues(
    functions,
    (f) =>
      (_, ...args) =>
        f(first, ...args),
  )
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
}
