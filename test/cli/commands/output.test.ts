import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { outputTo } from '../../../src/cli/commands/output.ts'

it('writes every line in order', async () => {
  const stream = new PassThrough()
  const output = outputTo(stream)
  const read = text(stream)
  for (const line of ['a', 'b', 'ö']) expect(await output.line(line)).toBe(true)
  await output.end()
  stream.end()
  expect(await read).toBe('a\nb\nö\n')
})

it('waits while the reader is behind', async () => {
  const waiting: (() => void)[] = []
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  })
  const output = outputTo(stream)
  let isWritten = false
  const written = output.line('x'.repeat(70_000)).then((isOpen) => {
    isWritten = true
    return isOpen
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isWritten).toBe(false)
  waiting.pop()?.()
  expect(await written).toBe(true)
})

it('ends quietly when the reader has gone, and takes no other failure for that', async () => {
  const broken = (code: string) =>
    new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) })
  const output = outputTo(broken('EPIPE'))
  await output.line('x'.repeat(70_000))
  await new Promise((resolve) => setImmediate(resolve))
  expect(await output.line('more')).toBe(false)
})
