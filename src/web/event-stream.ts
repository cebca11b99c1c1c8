// Server-sent events for the page: at most one message a second while something happens, one every five
// seconds otherwise, and no work at all without a listener. A client that does not read is skipped, and
// dropped when it has not read for 15 s; what it missed stands in its next message.

import type { Writable } from 'node:stream'

export type EventStreamOptions = {
  /** The message for a client that knows everything up to a sequence; 0 for one that knows nothing. */
  readonly message: (knownSequence: number) => string
  readonly sequence: () => number
}

export interface EventStream {
  /** Something happened: the next second brings a message. */
  readonly touch: () => void
  readonly hasRoom: () => boolean
  /** The response's head is written already. */
  readonly add: (response: Writable) => void
}

export const maxEventClients = 20
const tickMs = 1_000
const quietMs = 5_000
const patienceMs = 15_000

type Client = { knownSequence: number; sentAtMs: number }

export function createEventStream({ message, sequence }: EventStreamOptions): EventStream {
  const clients = new Map<Writable, Client>()
  let timer: NodeJS.Timeout | undefined
  let isTouched = false

  function send(to: readonly Writable[]): void {
    const nowMs = performance.now()
    const known = sequence()
    const texts = new Map<number, string>() // mostly all know the same, and get the same text
    for (const response of to) {
      const client = clients.get(response)
      if (client === undefined) continue
      const text = texts.get(client.knownSequence) ?? message(client.knownSequence)
      texts.set(client.knownSequence, text)
      // What is not JSON cannot break out of its line: JSON holds no line break.
      response.write(`data: ${text}\n\n`)
      clients.set(response, { knownSequence: known, sentAtMs: nowMs })
    }
  }

  function tick(): void {
    const nowMs = performance.now()
    const due: Writable[] = []
    for (const [response, { sentAtMs }] of clients) {
      if (!response.writableNeedDrain) {
        if (isTouched || nowMs - sentAtMs >= quietMs) due.push(response)
      } else if (nowMs - sentAtMs > patienceMs) response.destroy()
    }
    isTouched = false
    send(due)
  }

  function remove(response: Writable): void {
    clients.delete(response)
    if (clients.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    touch: () => {
      isTouched = true
    },
    hasRoom: () => clients.size < maxEventClients,
    add(response) {
      response.once('close', () => remove(response))
      clients.set(response, { knownSequence: 0, sentAtMs: 0 })
      timer ??= setInterval(tick, tickMs).unref()
      response.write('retry: 1000\n\n')
      send([response])
    },
  }
}
