// Short forms of pushes of record and of what Loki shows of them, for the tests of `spool verify`.

import { checksumOf } from '../../../src/core/checksum.ts'
import { lokiCodec } from '../../../src/sinks/loki/codec.ts'
import type { ShownEntry } from '../../../src/sinks/loki/query.ts'
import type { DeliveryRecord } from '../../../src/spool/reader.ts'

export const nowMs = 1_764_000_000_000
export const minuteMs = 60_000

export function nsOf(ms: number): bigint {
  return BigInt(ms) * 1_000_000n
}

/** Rows 1 ns apart, the lines `1`, `2`, …, with the metadata that rowtail sends. */
export function rowsAt(firstNs: bigint, count: number): ShownEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    atNs: firstNs + BigInt(index),
    line: String(index + 1),
    pairs: { job: 'locks', detected_level: 'info', run_id: 'r1' },
  }))
}

/** The push that such rows were, a moment ago where nothing else is said. */
export function pushOf(rows: readonly ShownEntry[], given: Partial<DeliveryRecord> = {}): DeliveryRecord {
  const metadataNames = ['run_id', 'detected_level']
  const body = Buffer.concat(
    rows.map(({ atNs, line, pairs }) => {
      const encoder = lokiCodec.encoderOf(metadataNames.map((name) => [name, String(pairs[name])]))
      const out = new Uint8Array(encoder.maxEncodedBytes(line.length))
      return out.subarray(0, encoder.encode(atNs, Buffer.from(line), out, 0))
    }),
  )
  return {
    id: 1,
    stream: 1,
    atMs: nowMs,
    firstNs: rows[0]?.atNs ?? 0n,
    lastNs: rows.at(-1)?.atNs ?? 0n,
    entries: rows.length,
    bytes: body.length,
    checksum: checksumOf(body),
    metadataNames,
    ...given,
  }
}
