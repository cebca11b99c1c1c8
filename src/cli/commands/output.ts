// Standard output for many lines: waits while the reader is behind, and ends quietly when it is gone, as
// `spool export | head` wants it.

import { once } from 'node:events'

const blockChars = 64 * 1024

export type Output = {
  /** False where nobody reads any more. */
  line(text: string): Promise<boolean>
  end(): Promise<void>
}

export function outputTo(stream: NodeJS.WritableStream): Output {
  let block = ''
  let isOpen = true
  const closed = new AbortController()
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isOpen = false
    closed.abort()
  })
  const flush = async (): Promise<void> => {
    const text = block
    block = ''
    if (text === '' || !isOpen || stream.write(text)) return
    await once(stream, 'drain', { signal: closed.signal }).catch((error: unknown) => {
      if (isOpen) throw error
    })
  }
  return {
    async line(text) {
      block += `${text}\n`
      if (block.length >= blockChars) await flush()
      return isOpen
    },
    end: flush,
  }
}
