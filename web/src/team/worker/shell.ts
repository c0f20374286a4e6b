/** What one version of the page consists of. */
export interface Shell {
  version: string
  files: string[]
}

/** The name of the cache of a version. */
export const nameOf = (shell: Shell): string => `d115-team-${shell.version}`

/** Whether an address is part of the shell. */
export const isShell = (shell: Shell, path: string): boolean => shell.files.includes(path)
