// Which proposals the folders of the official suite are about, beside those that are on by default.

import type { Features } from 'heddle/script'

/** Folder → the proposal that its scripts need. */
const FOLDERS: Readonly<Record<string, string>> = {
  legacy: 'legacy-exceptions',
  'proposals/custom-descriptors': 'custom-descriptors',
  'proposals/custom-page-sizes': 'custom-page-sizes',
  'proposals/stack-switching': 'stack-switching',
  'proposals/threads': 'threads',
  'proposals/threads-scripts': 'threads',
  'proposals/wide-arithmetic': 'wide-arithmetic',
}

/** `core`, `custom`, `legacy` or `proposals/<name>`. */
export function folderOf(script: string): string {
  return /^(proposals\/)?[^/]+/.exec(script)![0]
}

/** What to run a script of that name with. */
export function featuresOf(script: string): Features {
  const proposal = FOLDERS[folderOf(script)]
  return proposal === undefined ? {} : { [proposal]: true }
}
