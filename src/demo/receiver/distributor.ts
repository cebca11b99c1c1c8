// The first half of Loki's way in: checks streams and entries one by one, lets the good ones on and answers
// 400 for the rest, then the tenant's rate (all or nothing), the size of the message to the ingester, and the
// ingester itself, whose word replaces the distributor's own. The order is Loki's, and so is what one fault
// hides of another.

import { type CheckedStream, entryBytes, grpcBytes, metadataBytes } from './checked-stream.ts'
import { goLabels, goQuote, goSeconds } from './go-text.ts'
import type { Ingester } from './ingester.ts'
import { parseLabels } from './label-text.ts'
import { withLevel } from './levels.ts'
import type { LokiLimits } from './limits.ts'
import type { Label, PushedEntry, PushedStream } from './push-request.ts'
import { Rejection } from './rejection.ts'
import { TokenBucket } from './token-bucket.ts'

const nsPerMs = 1_000_000n
const mostNamedLabel = ['service', 'app', 'application', 'app_name', 'name', 'app_kubernetes_io_name'].concat(
  ['container', 'container_name', 'k8s_container_name', 'component', 'workload', 'job', 'k8s_job_name'],
)

export class Distributor {
  readonly #tenant: string
  readonly #limits: LokiLimits
  readonly #ingester: Ingester
  readonly #rate: TokenBucket

  constructor(tenant: string, limits: LokiLimits, ingester: Ingester) {
    this.#tenant = tenant
    this.#limits = limits
    this.#ingester = ingester
    this.#rate = new TokenBucket(limits.tenantBytesPerSecond, limits.tenantBurstBytes)
  }

  /** Returns where all was stored; throws the Rejection that Loki would answer with. */
  push(streams: readonly PushedStream[], nowMs: number): void {
    const named = streams.map(({ labels, entries }) => withServiceName(parseLabels(labels), entries))
    if (named.length === 0) {
      throw new Rejection(422, 'error at least one valid stream is required for ingestion')
    }
    const faults: string[] = []
    const checked = named.flatMap((stream) => this.#check(stream, nowMs, faults))
    const refusal = this.#refusalOf(named, faults)
    if (checked.length > 0) this.#store(checked, nowMs)
    if (refusal !== undefined) throw refusal
  }

  #check(stream: CheckedStream, nowMs: number, faults: string[]): CheckedStream[] {
    if (stream.entries.length === 0) return []
    const labelFault = this.#labelFault(stream)
    if (labelFault !== undefined) {
      faults.push(labelFault)
      return []
    }
    if (this.#limits.blockedStatus !== undefined) return []
    const entries = stream.entries.flatMap((entry) => {
      const fault = this.#entryFault(stream.text, entry, nowMs)
      if (fault !== undefined) faults.push(fault)
      return fault === undefined ? [this.#normalized(stream.labels, entry)] : []
    })
    return entries.length === 0 ? [] : [{ ...stream, entries }]
  }

  #labelFault({ labels, text }: CheckedStream): string | undefined {
    const limits = this.#limits
    const count = labels.filter(([name]) => name !== 'service_name').length
    if (count > limits.maxLabelNames) {
      return `entry for stream '${text}' has ${count} label names; limit ${limits.maxLabelNames}`
    }
    for (const [index, [name, value]] of labels.entries()) {
      if (Buffer.byteLength(name) > limits.maxLabelNameBytes) {
        return `stream '${text}' has label name too long: '${name}'`
      }
      if (Buffer.byteLength(value) > limits.maxLabelValueBytes) {
        return `stream '${text}' has label value too long: '${value}'`
      }
      if (labels[index - 1]?.[0] === name) return `stream '${text}' has duplicate label name: '${name}'`
    }
    return undefined
  }

  #entryFault(stream: string, entry: PushedEntry, nowMs: number): string | undefined {
    const { maxAgeMs, gracePeriodMs, maxLineBytes } = this.#limits
    const nowNs = BigInt(Math.round(nowMs * 1_000)) * 1_000n
    const oldestNs = nowNs - BigInt(maxAgeMs ?? 0) * nsPerMs
    const time = goSeconds(entry.atNs)
    if (maxAgeMs !== undefined && entry.atNs < oldestNs) {
      const oldest = `oldest acceptable timestamp is: ${goSeconds(oldestNs)}`
      return `entry for stream '${stream}' has timestamp too old: ${time}, ${oldest}`
    }
    if (entry.atNs > nowNs + BigInt(gracePeriodMs) * nsPerMs) {
      return `entry for stream '${stream}' has timestamp too new: ${time}`
    }
    if (entry.lineBytes > maxLineBytes) {
      return (
        `max entry size '${maxLineBytes}' bytes exceeded for stream '${stream}' ` +
        `while adding an entry with length '${entry.lineBytes}' bytes`
      )
    }
    return this.#metadataFault(stream, entry)
  }

  #metadataFault(stream: string, { metadata }: PushedEntry): string | undefined {
    if (metadata.length === 0) return undefined
    const { allowsStructuredMetadata, maxMetadataBytes, maxMetadataCount } = this.#limits
    const ask = (limit: string, verb: string): string =>
      `Please see \`limits_config.${limit}\` or contact your Loki administrator to ${verb} it`
    if (!allowsStructuredMetadata) {
      const cure = ask('allow_structured_metadata', 'enable')
      return `stream '${stream}' includes structured metadata, but this feature is disallowed. ${cure}`
    }
    const bytes = metadataBytes(metadata)
    if (bytes > maxMetadataBytes) {
      const cure = ask('max_structured_metadata_size', 'increase')
      const figures = `'${bytes}' bytes, limit: '${maxMetadataBytes}' bytes`
      return `stream '${stream}' has structured metadata too large: ${figures}. ${cure}`
    }
    if (metadata.length > maxMetadataCount) {
      const cure = ask('max_structured_metadata_entries_count', 'increase')
      const figures = `'${metadata.length}', limit: '${maxMetadataCount}'`
      return `stream '${stream}' has too many structured metadata labels: ${figures}. ${cure}`
    }
    return undefined
  }

  #normalized(labels: readonly Label[], entry: PushedEntry): PushedEntry {
    const metadata = entry.metadata.map(
      ([name, value]): Label => [normalizedName(name), value.replaceAll('\ufffd', ' ')],
    )
    if (!this.#limits.allowsStructuredMetadata) return { ...entry, metadata }
    return { ...entry, metadata: withLevel(labels, metadata, entry.line) }
  }

  #refusalOf(streams: readonly CheckedStream[], faults: readonly string[]): Rejection | undefined {
    if (faults.length > 0) return new Rejection(400, grouped(faults))
    const { blockedStatus } = this.#limits
    if (blockedStatus === undefined || !streams.some(({ entries }) => entries.length > 0)) return undefined
    const until = `until '2199-01-01T00:00:00Z' with status code '${blockedStatus}'`
    return new Rejection(blockedStatus, `ingestion blocked for user '${this.#tenant}' ${until}`)
  }

  #store(streams: readonly CheckedStream[], nowMs: number): void {
    const entries = streams.flatMap((stream) => stream.entries)
    const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
    if (!this.#rate.take(bytes, nowMs)) {
      throw new Rejection(
        429,
        `ingestion rate limit exceeded for user ${this.#tenant} ` +
          `(limit: ${this.#limits.tenantBytesPerSecond} bytes/sec) while attempting to ingest ` +
          `'${entries.length}' lines totaling '${bytes}' bytes, reduce log volume or contact your ` +
          'Loki administrator to see if the limit can be increased',
      )
    }
    const messageBytes = streams.reduce((sum, stream) => sum + grpcBytes(stream), 0)
    const { maxGrpcBytes } = this.#limits
    if (messageBytes > maxGrpcBytes) {
      const why = `grpc: received message larger than max (${messageBytes} vs. ${maxGrpcBytes})`
      throw new Rejection(500, `rpc error: code = ResourceExhausted desc = ${why}`)
    }
    this.#ingester.push(streams, nowMs)
  }
}

/** Adds service_name as Loki does where a stream has none. */
function withServiceName(labels: readonly Label[], entries: readonly PushedEntry[]): CheckedStream {
  const hasName = labels.some(([name]) => name === 'service_name')
  const value = mostNamedLabel
    .map((name) => labels.find(([other]) => other === name)?.[1])
    .find((one) => one !== undefined)
  const all: Label[] = hasName ? [...labels] : [...labels, ['service_name', value ?? 'unknown_service']]
  all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { labels: all, text: goLabels(all), entries }
}

/** Equal texts are counted together; a count stands before each group, unless there is but one fault. */
function grouped(faults: readonly string[]): string {
  const [only] = faults
  if (faults.length === 1 && only !== undefined) return only
  const counts = new Map<string, number>()
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return [...counts].map(([text, count]) => `${count} errors like: ${text}`).join('; ')
}

/** A name that cannot be mended refuses the whole request, as a 500. */
function normalizedName(name: string): string {
  if (name === '') throw new Rejection(500, 'label name is empty')
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_')
  const result = /^\d/.test(plain) ? `key_${plain}` : plain
  if (/[^_]/.test(result)) return result
  const why = `normalization for label name ${goQuote(name)} resulted in invalid name ${goQuote(result)}`
  throw new Rejection(500, why)
}
