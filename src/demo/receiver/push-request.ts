// A push as the distributor takes it, read from the body that came by HTTP: JSON, or protobuf in a
// snappy block, chosen by Content-Type as Loki does. Any fault refuses the whole request.

import { gunzipSync, inflateRawSync } from 'node:zlib'
import { decodeJson } from './json.ts'
import { decodeProtobuf } from './protobuf.ts'
import { Rejection } from './rejection.ts'

export type Label = readonly [name: string, value: string]

export type PushedEntry = {
  readonly atNs: bigint
  readonly line: string
  readonly lineBytes: number
  readonly metadata: readonly Label[]
}

export type PushedStream = {
  /** As text: `{a="b"}`. */
  readonly labels: string
  readonly entries: readonly PushedEntry[]
}

export type PushHeaders = { readonly contentType: string; readonly contentEncoding: string }

export function decodePush(body: Buffer, headers: PushHeaders): PushedStream[] {
  const { contentType, contentEncoding } = headers
  const content = uncoded(body, contentEncoding)
  if (contentType === '') throw new Rejection(400, 'mime: no media type')
  const [type = ''] = contentType.split(';')
  return type.trim().toLowerCase() === 'application/json' ? decodeJson(content) : decodeProtobuf(content)
}

function uncoded(body: Buffer, encoding: string): Buffer {
  switch (encoding) {
    case '':
    case 'snappy': // the body is a snappy block with or without this header
      return body
    case 'gzip':
      return attempt(() => gunzipSync(body), 'gzip: invalid header')
    case 'deflate':
      return attempt(() => inflateRawSync(body), 'EOF')
    default:
      throw new Rejection(400, `Content-Encoding "${encoding}" not supported`)
  }
}

function attempt(decode: () => Buffer, fault: string): Buffer {
  try {
    return decode()
  } catch {
    throw new Rejection(400, fault)
  }
}
