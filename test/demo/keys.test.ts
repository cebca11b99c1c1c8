import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { describe, expect, it } from 'vitest'
import { readKeys } from '../../src/demo/keys.ts'

/** A terminal's side of standard input, with its raw mode on record. */
function terminal(isTTY: boolean) {
  const modes: boolean[] = []
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  })
  const input = stream as unknown as ReadStream // all of it that is used
  return { input, stream, modes }
}

describe('keys', () => {
  it('come as they are pressed, Ctrl-C as q; then the terminal is itself again', async () => {
    const { input, stream, modes } = terminal(true)
    const keys: string[] = []
    const release = readKeys(input, (key) => keys.push(key))
    for (const text of ['l', '\u001b[A', 'H', '\u0003']) stream.write(text)
    await expect.poll(() => keys).toEqual(['l', 'h', 'q'])
    release()
    expect(modes).toEqual([true, false])
    stream.write('c')
    expect(keys).toEqual(['l', 'h', 'q'])
  })

  it('come from a pipe as letters, and its end means nothing', async () => {
    const { input, stream, modes } = terminal(false)
    const keys: string[] = []
    const release = readKeys(input, (key) => keys.push(key))
    stream.end('l\nc\n')
    await expect.poll(() => keys.filter((key) => key !== '\n')).toEqual(['l', 'c'])
    release()
    expect(modes).toEqual([])
  })
})
