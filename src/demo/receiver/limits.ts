// The limits of Loki that the receiver enforces, with Loki's defaults and under the names of its
// configuration.

export type LokiLimits = {
  readonly maxLabelNames: number
  readonly maxLabelNameBytes: number
  readonly maxLabelValueBytes: number
  readonly maxLineBytes: number
  /** Undefined: reject_old_samples is off. */
  readonly maxAgeMs: number | undefined
  readonly gracePeriodMs: number
  readonly allowsStructuredMetadata: boolean
  readonly maxMetadataBytes: number
  readonly maxMetadataCount: number
  /** Half of ingester.max_chunk_age. */
  readonly windowMs: number
  readonly tenantBytesPerSecond: number
  readonly tenantBurstBytes: number
  readonly streamBytesPerSecond: number
  readonly streamBurstBytes: number
  /** False: a stream over its rate loses single entries instead of the whole push. */
  readonly shardsStreams: boolean
  readonly maxStreams: number
  /** distributor.max_recv_msg_size: the compressed body. */
  readonly maxBodyBytes: number
  /** server.grpc_server_max_recv_msg_size: what the ingester is sent. */
  readonly maxGrpcBytes: number
  /** The first schema's `from`, ms since the epoch. */
  readonly schemaFromMs: number
  /** Ingestion is blocked with this status; 260 is Loki's default for it. */
  readonly blockedStatus: number | undefined
  readonly maxQueryEntries: number
}

const mebibyte = 1024 * 1024
const hourMs = 3_600_000

export const defaultLimits: LokiLimits = {
  maxLabelNames: 15,
  maxLabelNameBytes: 1_024,
  maxLabelValueBytes: 2_048,
  maxLineBytes: 256 * 1_024,
  maxAgeMs: 7 * 24 * hourMs,
  gracePeriodMs: 10 * 60_000,
  allowsStructuredMetadata: true,
  maxMetadataBytes: 64 * 1_024,
  maxMetadataCount: 128,
  windowMs: hourMs,
  tenantBytesPerSecond: 4 * mebibyte,
  tenantBurstBytes: 6 * mebibyte,
  streamBytesPerSecond: 3 * mebibyte,
  streamBurstBytes: 15 * mebibyte,
  shardsStreams: true,
  maxStreams: 5_000,
  maxBodyBytes: 100 * mebibyte,
  maxGrpcBytes: 4 * mebibyte,
  schemaFromMs: Date.UTC(2020, 9, 24),
  blockedStatus: undefined,
  maxQueryEntries: 5_000,
}
