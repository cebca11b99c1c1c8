import { describe, expect, it } from 'vitest'
import {
  bytesPerSecondOf,
  limitWarnings,
  type Planned,
  streamsOf,
} from '../../../src/cli/check/limit-warnings.ts'
import type { SampleRun } from '../../../src/cli/check/volume.ts'
import type { Metric } from '../../../src/core/metric.ts'
import { defaultLokiLimits, type LokiLimits } from '../../../src/sinks/loki/limits.ts'
import { settingsOf } from '../surroundings.ts'

const metric: Metric = {
  name: 'locks',
  intervalMs: 1_000,
  query: 'select 1',
  timeoutMs: 5_000,
  labels: { team: 'dba' },
  send: true,
}

type Given = { flags?: string[]; limits?: Partial<LokiLimits>; run?: Partial<SampleRun>; bytes?: number }

function planned({ flags = [], limits = {}, run = {}, bytes = 1_000 }: Given = {}): Planned {
  const summary = { rows: 10, bytes, flags: [], isCut: false }
  const sample: SampleRun = { metric, summary, durationMs: 10, longestLineBytes: 100, ...run }
  return {
    settings: settingsOf(flags),
    metrics: [metric, { ...metric, name: 'reset', send: false }],
    runs: [sample],
    limits: { ...defaultLokiLimits, ...limits },
  }
}

describe('the limits of Loki', () => {
  it('are not met by a little', () => {
    expect(limitWarnings(planned())).toEqual([])
  })

  it('are met by one stream too many: each metric has one of rows and one of runs', () => {
    expect(streamsOf(planned())).toBe(3)
    expect(streamsOf(planned({ flags: ['--log_to_loki'] }))).toBe(4)
    expect(limitWarnings(planned({ limits: { streams: 3 } }))).toEqual([])
    expect(limitWarnings(planned({ limits: { streams: 2 } }))).toEqual([
      "3 streams would be written, and Loki's max_global_streams_per_user is 2. Raise it, or ask less.",
    ])
  })

  it('are met by more bytes a second than the tenant has', () => {
    const bytesPerSecond = bytesPerSecondOf(planned())
    expect(limitWarnings(planned({ limits: { tenantBytesPerSecond: bytesPerSecond } }))).toEqual([])
    expect(limitWarnings(planned({ limits: { tenantBytesPerSecond: bytesPerSecond - 1 } }))).toEqual([
      expect.stringMatching(/^1\.\d KiB a second would be sent, and Loki's ingestion_rate_mb is 1\.\d KiB\./),
    ])
  })

  it('are met by one stream that is faster than it is fed', () => {
    const bytes = 2_000_000
    const limits = { tenantBytesPerSecond: Number.POSITIVE_INFINITY }
    expect(limitWarnings(planned({ bytes, limits }))).toEqual([
      expect.stringContaining('into one stream, and --loki_stream_rate is 977 KiB'),
    ])
    const flags = ['--loki_stream_rate', 'off']
    expect(limitWarnings(planned({ bytes, limits, flags }))).toEqual([])
    const slow = { ...limits, streamBytesPerSecond: 1_024 * 1_024 }
    expect(limitWarnings(planned({ bytes, limits: slow, flags }))).toEqual([
      expect.stringContaining("and Loki's per_stream_rate_limit is 1 MiB"),
    ])
  })

  it('are met by a line that is one byte too long', () => {
    expect(limitWarnings(planned({ limits: { lineBytes: 100 } }))).toEqual([])
    expect(limitWarnings(planned({ limits: { lineBytes: 99 } }))).toEqual([
      expect.stringContaining("A row of locks has 100 B, and Loki's max_line_size is 99 B"),
    ])
  })

  it('are met by labels: their number, names and values', () => {
    expect(limitWarnings(planned({ limits: { labels: 4, labelNameBytes: 8, labelValueBytes: 9 } }))).toEqual(
      [],
    )
    expect(limitWarnings(planned({ limits: { labels: 3 } }))).toEqual([
      "locks has 4 labels, and Loki's max_label_names_per_series is 3.",
      "reset has 4 labels, and Loki's max_label_names_per_series is 3.",
    ])
    expect(limitWarnings(planned({ limits: { labelNameBytes: 7, labelValueBytes: 8 } })).slice(0, 2)).toEqual(
      [
        "The value of the label host of locks is longer than Loki's max_label_value_length, 8.",
        "The label database of locks is longer than Loki's max_label_name_length, 7.",
      ],
    )
  })

  it('are met by structured metadata, where Loki takes none', () => {
    const limits = { takesMetadata: false }
    expect(limitWarnings(planned({ limits }))).toEqual([
      'Loki takes no structured metadata (allow_structured_metadata). Add --loki_metadata off.',
    ])
    expect(limitWarnings(planned({ limits, flags: ['--loki_metadata', 'off'] }))).toEqual([])
  })
})
