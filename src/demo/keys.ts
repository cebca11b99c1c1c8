// Single keys from standard input: a terminal sends each as it is pressed, a pipe sends letters. What else
// stands there, and its end, mean nothing.

import type { ReadStream } from 'node:tty'

const ctrlC = '\u0003'
const escape = '\u001b'

/** Calls `onKey` for each letter, and for Ctrl-C, which a terminal turns into no signal then, with `q`. */
export function readKeys(input: ReadStream, onKey: (key: string) => void): () => void {
  if (input.isTTY) input.setRawMode(true)
  const onData = (text: string): void => {
    if (text.startsWith(escape)) return // an arrow or another key of several letters
    for (const key of text) onKey(key === ctrlC ? 'q' : key.toLowerCase())
  }
  const onError = (): void => undefined // the terminal has gone: a signal tells the service
  input.setEncoding('utf8').on('data', onData).on('error', onError)
  return () => {
    input.off('data', onData)
    input.pause()
    if (input.isTTY) input.setRawMode(false)
  }
}
