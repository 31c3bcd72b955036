// Hooks for Node's module loader, in a thread of its own: TypeScript for a Node that can't run it. What can be done there is in erase-types.ts,
// or in Node itself where it can erase types but doesn't do so by default.

import { readFile } from 'node:fs/promises'
import * as nodeModule from 'node:module'
import { eraseTypes } from './erase-types.ts'

interface Loaded {
  readonly format: string
  readonly source: string
  readonly shortCircuit: true
}

type NextLoad = (url: string, context: unknown) => unknown

const { stripTypeScriptTypes = eraseTypes } = nodeModule as { readonly stripTypeScriptTypes?: (text: string) => string }

export async function load(url: string, context: unknown, nextLoad: NextLoad): Promise<unknown> {
  const { protocol, pathname } = new URL(url)
  if (protocol !== 'file:' || !/\.m?ts$/.test(pathname)) return nextLoad(url, context)
  const text = await readFile(new URL(url), 'utf8')
  return { format: 'module', source: stripTypeScriptTypes(text), shortCircuit: true } satisfies Loaded
}
