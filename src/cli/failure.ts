// How a command ends when it can't do what it was asked for: a message on stderr and an exit code.

export const EXIT_OK = 0
export const EXIT_MODULE = 1
export const EXIT_USAGE = 2
/** As sysexits.h has it: a fault in the program itself. */
export const EXIT_INTERNAL = 70
/** 128 + SIGPIPE, as shells report it. */
export const EXIT_BROKEN_PIPE = 141

/** A failure that the user can understand: by default a mistake in what was typed. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT_USAGE, options?: { readonly cause: unknown }) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** As fileError, of a file that is to be made: it is the folder that is missing. */
export function writingError(path: string, error: unknown): CliError {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return fileError(path, error)
  return new CliError(`${path}: there is no such folder to write in`, EXIT_MODULE)
}

/** What the system said, in words. */
export function fileError(path: string, error: unknown): CliError {
  const { code, message } = error as NodeJS.ErrnoException
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'it is not a folder',
    ERR_FS_FILE_TOO_LARGE: 'the file is too large',
  }
  return new CliError(`${path}: ${words[code ?? ''] ?? message}`, EXIT_MODULE)
}
