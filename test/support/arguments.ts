// What a developer's tool was told on its command line.

/** Where that cannot be read, it says why and ends the process with exit code 2. */
export function argumentsOrExit<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return process.exit(2)
  }
}
