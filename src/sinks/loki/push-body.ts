// Turns the concatenated entries of one push into the bytes of an HTTP body: PushRequest { streams = 1 } with
// the one Stream { labels = 1; entries = 2 }, as a snappy block. Called by the sink for each push; entries
// are copied once.

import { compressSync } from 'snappy'
import type { PushBody } from '../../core/sink.ts'
import { putVarint, varintBytes } from './wire.ts'

const tag = { stream: 0x0a, labels: 0x0a } as const

export function encodePushBody(push: PushBody): Buffer {
  const labels = Buffer.from(push.stream)
  const streamBytes = 1 + varintBytes(labels.length) + labels.length + push.entries.length
  const message = Buffer.allocUnsafe(1 + varintBytes(streamBytes) + streamBytes)

  message[0] = tag.stream
  let at = putVarint(streamBytes, message, 1)
  message[at] = tag.labels
  at = putVarint(labels.length, message, at + 1)
  at += labels.copy(message, at)
  message.set(push.entries, at)
  return compressSync(message)
}

/** A push of nothing: Loki answers 422 to who may push, 401 to who may not. */
export function emptyPushBody(): Buffer {
  return compressSync(Buffer.alloc(0))
}
