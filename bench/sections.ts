// The measurements that run in a process of their own, by name: what the process that starts them and the one that does the work
// agree on.

import { checkAdversaries, measureAdversaries } from './adversarial.ts'
import { measureKernels } from './kernels.ts'
import { measureLoading } from './loading.ts'
import { measureStopping } from './stopping.ts'
import { measureSnapshots } from './snapshots.ts'
import { measureReplay } from './replay.ts'
import { measureText } from './text.ts'
import { measureWasi } from './wasi.ts'

export const SECTIONS = {
  kernels: measureKernels,
  loading: measureLoading,
  text: measureText,
  stopping: measureStopping,
  snapshots: measureSnapshots,
  replay: measureReplay,
  wasi: measureWasi,
  adversaries: measureAdversaries,
  'small-adversaries': ({ scale }: { readonly scale: number }) => checkAdversaries(scale),
} as const

export type SectionName = keyof typeof SECTIONS
export type SectionOptions<N extends SectionName> = Parameters<(typeof SECTIONS)[N]>[0]
