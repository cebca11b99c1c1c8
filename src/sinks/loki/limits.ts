// The limits of a Loki that what rowtail sends could meet, for `check`: from its /config, which shows those
// of every tenant without overrides of its own, else Loki's defaults. A gateway often passes no /config on.

import { createLokiClient } from './client.ts'
import type { LokiConfig } from './config.ts'

export type LokiLimits = {
  readonly source: 'config' | 'defaults'
  /** max_line_size */
  readonly lineBytes: number
  /** ingestion_rate_mb, of the tenant. */
  readonly tenantBytesPerSecond: number
  /** per_stream_rate_limit */
  readonly streamBytesPerSecond: number
  /** The lower one of max_global_streams_per_user and max_streams_per_user. */
  readonly streams: number
  /** max_label_names_per_series */
  readonly labels: number
  /** max_label_name_length */
  readonly labelNameBytes: number
  /** max_label_value_length */
  readonly labelValueBytes: number
  /** allow_structured_metadata */
  readonly takesMetadata: boolean
}

const kib = 1_024
const mib = 1_024 * kib

/** Loki 3's own. */
export const defaultLokiLimits: LokiLimits = {
  source: 'defaults',
  lineBytes: 256 * kib,
  tenantBytesPerSecond: 4 * mib,
  streamBytesPerSecond: 3 * mib,
  streams: 5_000,
  labels: 15,
  labelNameBytes: 1_024,
  labelValueBytes: 2_048,
  takesMetadata: true,
}

const timeoutMs = 5_000
/** Loki 3.7 answers with 90 KiB. */
const maxConfigBytes = mib

/** Never rejects: a Loki that does not tell has the defaults. */
export async function askLokiLimits(config: LokiConfig, signal: AbortSignal): Promise<LokiLimits> {
  const client = createLokiClient(config)
  try {
    const url = config.endpoint.readyUrl.replace(/ready$/, 'config')
    const answer = await client.ask({ url, maxAnswerBytes: maxConfigBytes, timeoutMs, signal })
    const isConfig = answer.kind === 'answer' && answer.status === 200
    return isConfig ? limitsIn(answer.body) : defaultLokiLimits
  } finally {
    client.close()
  }
}

/** The limits in the YAML of /config; a value that is missing there is the default. */
export function limitsIn(yaml: string): LokiLimits {
  const section = /^limits_config:\n((?: .*\n|\n)*)/m.exec(`${yaml}\n`)?.[1]
  if (section === undefined) return defaultLokiLimits
  const values = new Map([...section.matchAll(/^ {2}(\w+): (.*)$/gm)].map(([, name, text]) => [name, text]))
  const bytes = (name: string, fallback: number) => unlimited(bytesOf(values.get(name)) ?? fallback)
  const count = (name: string, fallback: number) => unlimited(numberOf(values.get(name)) ?? fallback)
  const { lineBytes, tenantBytesPerSecond, streamBytesPerSecond, ...defaults } = defaultLokiLimits
  return {
    source: 'config',
    lineBytes: bytes('max_line_size', lineBytes),
    tenantBytesPerSecond: count('ingestion_rate_mb', tenantBytesPerSecond / mib) * mib,
    streamBytesPerSecond: bytes('per_stream_rate_limit', streamBytesPerSecond),
    streams: Math.min(
      count('max_global_streams_per_user', defaults.streams),
      count('max_streams_per_user', Number.POSITIVE_INFINITY),
    ),
    labels: count('max_label_names_per_series', defaults.labels),
    labelNameBytes: count('max_label_name_length', defaults.labelNameBytes),
    labelValueBytes: count('max_label_value_length', defaults.labelValueBytes),
    takesMetadata: values.get('allow_structured_metadata') !== 'false',
  }
}

/** To Loki, 0 is no limit. */
function unlimited(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[\d.]+(?:e\+?\d+)?$/.test(text) ? Number(text) : undefined
}

/** Loki writes sizes as 256KB and means KiB. */
function bytesOf(text: string | undefined): number | undefined {
  const [, amount, unit] = /^([\d.]+)([KMGT]?)i?B$/.exec(text ?? '') ?? []
  if (amount === undefined) return undefined
  return Number(amount) * kib ** ['', 'K', 'M', 'G', 'T'].indexOf(unit ?? '')
}
