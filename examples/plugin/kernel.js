// What a plugin finds in `extism:host/env`: the functions of which Extism's PDKs are made. A call has its blocks of memory, its input and
// its output; variables outlive it.

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error']

/** What a function gives, and what a host function reads. */
export class PluginOutput {
  #bytes

  constructor(bytes) {
    this.#bytes = bytes
  }

  bytes = () => this.#bytes.slice()
  text = () => new TextDecoder().decode(this.#bytes)
  json = () => JSON.parse(this.text())
}

/** One call of a plugin: the memory that guest and host have in common, and what is said there. */
export class Call {
  output = null
  error = null
  status = 0
  #blocks = [new Uint8Array(0)]
  #left

  /** `limit`: bytes of all blocks. */
  constructor(limit, input) {
    this.#left = limit
    this.input = this.store(input)
  }

  /** The number of the block is the upper half of its address. The null address where there is no room. */
  alloc(length) {
    const size = Number(BigInt.asUintN(64, BigInt(length)))
    // A block takes something of the host's even if it has no bytes.
    if (size + 64 > this.#left) return 0n
    this.#left -= size + 64
    return BigInt(this.#blocks.push(new Uint8Array(size)) - 1) << 32n
  }

  free(address) {
    const block = Number(address >> 32n)
    this.#left += this.#blocks[block]?.length ?? 0
    this.#blocks[block] = undefined
  }

  store(data) {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    const address = this.alloc(bytes.length)
    if (address === 0n) throw new Error('Plugin error: no memory left')
    this.at(address).set(bytes)
    return address
  }

  /** A block from the address on. */
  at(address) {
    return (this.#blocks[Number(address >> 32n)] ?? this.#blocks[0]).subarray(Number(BigInt.asUintN(32, address)))
  }

  view(address) {
    const { buffer, byteOffset, byteLength } = this.at(address)
    return new DataView(buffer, byteOffset, byteLength)
  }

  read = (address, length) => new PluginOutput(this.at(address).slice(0, length))
  text = (address) => this.read(address).text()
}

/** `call` gives the call that is under way. */
export function kernel(options, vars, call) {
  const { config = {}, memory = {}, logger = console, logLevel = 'error' } = options
  const { maxVarBytes = Infinity } = memory
  const storeOrNull = (data) => (data === undefined ? 0n : call().store(data))
  const log = (level) => (address) => {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(logLevel)) logger[level](call().text(address))
  }
  return {
    alloc: (length) => call().alloc(length),
    free: (address) => call().free(address),
    length: (address) => BigInt(call().at(address).length),
    length_unsafe: (address) => BigInt(call().at(address).length),
    load_u8: (address) => call().view(address).getUint8(0),
    load_u64: (address) => call().view(address).getBigInt64(0, true),
    store_u8: (address, value) => call().view(address).setUint8(0, value),
    store_u64: (address, value) => call().view(address).setBigInt64(0, value, true),
    input_offset: () => call().input,
    input_length: () => BigInt(call().at(call().input).length),
    input_load_u8: (offset) =>
      call()
        .view(call().input + offset)
        .getUint8(0),
    input_load_u64: (offset) =>
      call()
        .view(call().input + offset)
        .getBigInt64(0, true),
    output_set: (address, length) => void (call().output = call().read(address, Number(length))),
    error_set: (address) => void (call().error = call().read(address)),
    config_get: (name) => {
      const key = call().text(name)
      return storeOrNull(Object.hasOwn(config, key) ? config[key] : undefined)
    },
    var_get: (name) => storeOrNull(vars.get(call().text(name))),
    var_set(name, value) {
      const key = call().text(name)
      vars.delete(key)
      if (value === 0n) return
      const used = [...vars.values()].reduce((sum, { length }) => sum + length, 0)
      if (used + call().at(value).length > maxVarBytes) throw new Error('Plugin error: too many variables')
      vars.set(key, call().read(value).bytes())
    },
    http_request: (request, body) => httpRequest(options, call(), call().read(request).json(), body),
    http_status_code: () => call().status,
    http_headers: () => 0n,
    get_log_level: () => LEVELS.indexOf(logLevel),
    ...Object.fromEntries(LEVELS.map((level) => [`log_${level}`, log(level)])),
  }
}

/** The guest waits for the answer, and nobody else. */
async function httpRequest(options, call, { url, method = 'GET', headers = {} }, body) {
  const { allowedHosts = [], memory = {}, fetch = globalThis.fetch } = options
  const { hostname } = new URL(url)
  const isAllowed = (host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host)
  if (!allowedHosts.some(isAllowed)) throw new Error(`Call error: HTTP request to "${url}" is not allowed`)
  const content = body === 0n ? {} : { body: call.at(body).slice() }
  // An allowed host could send us on to another one.
  const response = await fetch(url, { method, headers, redirect: 'error', ...content })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length > (memory.maxHttpResponseBytes ?? Infinity)) throw new Error('Call error: the response is too large')
  call.status = response.status
  return call.store(bytes)
}
