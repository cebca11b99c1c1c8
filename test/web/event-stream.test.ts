import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventStream, maxEventClients } from '../../src/web/event-stream.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A client that reads, or one that takes nothing. */
function newClient({ isReading = true } = {}) {
  const texts: string[] = []
  const client = new Writable({
    highWaterMark: 1,
    write(part, _encoding, done) {
      texts.push(String(part))
      if (isReading) done()
    },
  })
  client.on('error', () => undefined)
  return { client, texts }
}

function newStream() {
  let sequence = 1
  const message = vi.fn<(known: number) => string>((known) => `${known}`)
  const stream = createEventStream({ message, sequence: () => sequence })
  const happen = () => {
    sequence += 1
    stream.touch()
  }
  return { stream, message, happen }
}

describe('a page that listens', () => {
  it('gets everything at once, then what is new, at most once a second', () => {
    const { stream, happen } = newStream()
    const { client, texts } = newClient()
    stream.add(client)
    expect(texts).toEqual(['retry: 1000\n\n', 'data: 0\n\n'])
    happen()
    happen()
    expect(texts).toHaveLength(2)
    vi.advanceTimersByTime(1_000)
    expect(texts.slice(2)).toEqual(['data: 1\n\n'])
    happen()
    vi.advanceTimersByTime(1_000)
    expect(texts.slice(3)).toEqual(['data: 3\n\n'])
  })

  it('hears every five seconds that all is as it was', () => {
    const { stream } = newStream()
    const { client, texts } = newClient()
    stream.add(client)
    vi.advanceTimersByTime(4_999)
    expect(texts).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(texts).toHaveLength(3)
  })

  it('shares its message with all others that know the same', () => {
    const { stream, message, happen } = newStream()
    for (let index = 0; index < 3; index += 1) stream.add(newClient().client)
    message.mockClear()
    happen()
    vi.advanceTimersByTime(1_000)
    expect(message).toHaveBeenCalledTimes(1)
  })
})

describe('pages cost little', () => {
  it('nothing is made while none listens', async () => {
    const { stream, message, happen } = newStream()
    happen()
    vi.advanceTimersByTime(10_000)
    const { client } = newClient()
    stream.add(client)
    client.destroy()
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0))
    message.mockClear()
    vi.advanceTimersByTime(10_000)
    expect(message).not.toHaveBeenCalled()
  })

  it('twenty may listen and no more, until one goes', async () => {
    const { stream } = newStream()
    const clients = Array.from({ length: maxEventClients }, () => newClient().client)
    for (const client of clients.slice(1)) stream.add(client)
    expect(stream.hasRoom()).toBe(true)
    const [first] = clients
    if (first !== undefined) stream.add(first)
    expect(stream.hasRoom()).toBe(false)
    first?.destroy()
    await vi.waitFor(() => expect(stream.hasRoom()).toBe(true))
  })

  it('one that does not read gets no second message, and is dropped after 15 s', () => {
    const { stream, happen } = newStream()
    const { client, texts } = newClient({ isReading: false })
    stream.add(client)
    for (let second = 0; second < 15; second += 1) {
      happen()
      vi.advanceTimersByTime(1_000)
    }
    expect(client.destroyed).toBe(false)
    vi.advanceTimersByTime(1_000)
    expect(client.destroyed).toBe(true)
    expect(texts).toHaveLength(1)
  })
})
