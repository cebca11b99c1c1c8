// How `check` and `once` speak: one line a finding, secrets hidden.

/** Writes lines to a stream, redacted. */
export function speaker(
  stream: NodeJS.WritableStream,
  redact: (text: string) => string,
): (text: string) => void {
  return (text) => void stream.write(`${redact(text)}\n`)
}
