// `--tcplisten`: a server on the command line.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const echo = 'test/fixtures/cli/echo.wat'

interface Running {
  readonly child: ReturnType<typeof spawn>
  /** Where it listens. */
  readonly ports: readonly number[]
}

async function start(addresses: readonly string[], ...args: readonly string[]): Promise<Running> {
  const options = addresses.flatMap((address) => ['--tcplisten', address])
  const child = spawn(process.execPath, [main, ...options, ...args], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
  const ports: number[] = []
  for await (const line of createInterface(child.stderr)) {
    const [, port] = /^note: listening on .*:(\d+)$/.exec(line) ?? []
    ports.push(Number(port))
    if (ports.length === addresses.length) break
  }
  return { child, ports }
}

async function say(port: number | undefined, text: string): Promise<[Socket, string]> {
  const client = connect(port!, '127.0.0.1')
  client.write(text)
  const [chunk] = (await once(client, 'data')) as [Buffer]
  return [client, String(chunk)]
}

describe('heddle --tcplisten', () => {
  it('serves until the program ends, and its exit code is the program’s', async () => {
    const { child, ports } = await start(['127.0.0.1:0'], echo)
    const [client, answer] = await say(ports[0], 'quit')
    const exit = once(child, 'exit')
    client.end()
    expect([answer, await exit]).toEqual(['quit', [0, null]])
  })

  it('is ended by an interrupt with exit code 130, and its connections are closed', async () => {
    const { child, ports } = await start(['127.0.0.1:0'], echo)
    const [client] = await say(ports[0], 'hello')
    const [exit, end] = [once(child, 'exit'), once(client.resume(), 'close')]
    child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
    await end
  })

  it('may stand several times: descriptors are given in order', async () => {
    const { child, ports } = await start(
      ['127.0.0.1:0', 'localhost:0'],
      '--strace',
      'test/fixtures/cli/wasi.wat',
      'nothing',
    )
    expect(new Set(ports).size).toBe(2)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it.each(['127.0.0.1', ':80', '127.0.0.1:70000', '127.0.0.1:http', 'tcp://127.0.0.1:80'])(
    'does not take %s',
    (address) => {
      const { status, stderr } = spawnSync(process.execPath, [main, '--tcplisten', address, echo], {
        cwd: root,
        encoding: 'utf8',
      })
      expect([status, stderr.split('\n')[0]]).toEqual([
        2,
        `error: --tcplisten takes an address such as 127.0.0.1:8080 or [::1]:8080, not "${address}"`,
      ])
    },
  )

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const child = spawn(process.execPath, [main, '--tcplisten', `127.0.0.1:${port}`, echo], { cwd: root })
    const [text] = (await once(child.stderr, 'data')) as [Buffer]
    expect(String(text)).toContain(`--tcplisten 127.0.0.1:${port}: listen EADDRINUSE`)
    expect(await once(child, 'exit')).toEqual([1, null])
    server.close()
  })

  it('is no part of a deterministic run', () => {
    const args = ['--deterministic', '--tcplisten', '127.0.0.1:0', echo]
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8' })
    expect([status, stderr]).toEqual([2, expect.stringContaining("--tcplisten doesn't go with --deterministic")])
  })
})
