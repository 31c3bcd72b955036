// What a guest may use of the host, counted before anything is allocated.

export interface WasiLimits {
  /** Open file descriptors, the standard three and the preopened folders included; then EMFILE. */
  readonly files: number
  /** Bytes that one call moves: reads and writes are cut short to it, random_get of more answers EINVAL. */
  readonly callBytes: number
  /** Buffers in one call; then EINVAL. */
  readonly iovecs: number
  /** Bytes of a path or of a link's target; then ENAMETOOLONG. */
  readonly pathBytes: number
  /** Subscriptions of one poll_oneoff; then EINVAL. */
  readonly subscriptions: number
  /** Bytes of the virtual file system's files and links; then ENOSPC. */
  readonly fsBytes: number
  /** Names in the virtual file system: files, folders, links of both kinds; then ENOSPC. */
  readonly fsEntries: number
  /** Bytes written to stdout and stderr together; then ENOSPC. By default 64 MiB when they are collected, else none. */
  readonly outputBytes: number
}

export const DEFAULT_LIMITS: WasiLimits = {
  files: 256,
  callBytes: 64 * 2 ** 20,
  iovecs: 1024,
  pathBytes: 4096,
  subscriptions: 1024,
  fsBytes: 256 * 2 ** 20,
  fsEntries: 2 ** 17,
  outputBytes: Infinity,
}

export const COLLECTED_OUTPUT_BYTES: number = 64 * 2 ** 20

/** Bytes of one component of a path, as file systems have it. */
export const NAME_BYTES = 255

/** Symbolic links in the resolution of one path; one more is ELOOP. */
export const LINKS_FOLLOWED = 40
