// How `check` and `once` speak: one line a finding, secrets hidden.

import { oneLine } from '../../kit/log-text.ts'

/** Writes lines to a stream, redacted; what a database said stays in its line and moves no cursor. */
export function speaker(
  stream: NodeJS.WritableStream,
  redact: (text: string) => string,
): (text: string) => void {
  return (text) => void stream.write(`${oneLine(redact(text))}\n`)
}
