// How `check` and `once` speak: one line a finding, secrets hidden.

import { flagSentences } from '../../core/log-lines-flags.ts'
import type { Flag } from '../../core/source.ts'

/** `column "price": …; cast it to varchar`. */
export function flagText({ column, why, cure }: Flag): string {
  const where = column === '*' ? '' : `column "${column}": `
  return `${where}${flagSentences[why]}${cure === undefined ? '' : `; cure: ${cure}`}`
}

/** Writes lines to a stream, redacted. */
export function speaker(
  stream: NodeJS.WritableStream,
  redact: (text: string) => string,
): (text: string) => void {
  return (text) => void stream.write(`${redact(text)}\n`)
}
