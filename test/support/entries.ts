// Frozen entries for tests of sinks: lines with their times, encoded by the sink's own codec.

import type { Metadata, PushBody } from '../../src/core/sink.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'

export type Line = { readonly atNs: bigint; readonly line: string | Uint8Array; readonly metadata?: Metadata }

export function pushOf(labels: Readonly<Record<string, string>>, lines: readonly Line[]): PushBody {
  const entries = Buffer.concat(lines.map(encoded))
  return { stream: lokiCodec.streamOf(labels), entries, count: lines.length }
}

/** Lines one nanosecond apart. */
export function linesFrom(atNs: bigint, texts: readonly string[], metadata: Metadata = []): Line[] {
  return texts.map((line, index) => ({ atNs: atNs + BigInt(index), line, metadata }))
}

function encoded({ atNs, line, metadata = [] }: Line): Uint8Array {
  const bytes = Buffer.from(line)
  const encoder = lokiCodec.encoderOf(metadata)
  const out = new Uint8Array(encoder.maxEncodedBytes(bytes.length))
  return out.subarray(0, encoder.encode(atNs, bytes, out, 0))
}
