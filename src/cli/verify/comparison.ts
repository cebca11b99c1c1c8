// Compares what Loki shows of a stretch of time with the pushes that it acknowledged: how many entries of
// each, none of them twice, and the same bytes. Pure; `spool verify` adds the findings up.

import { checksumOf } from '../../core/checksum.ts'
import type { EntryCodec, Metadata } from '../../core/sink.ts'
import type { ShownEntry } from '../../sinks/loki/query.ts'
import type { DeliveryRecord } from '../../spool/reader.ts'
import { originalTimeName } from '../../worker/settling.ts'
import type { Cluster, Stretch } from './pushes.ts'

export type Finding = {
  pushes: number
  /** Entries that are there as they were sent. */
  rows: number
  missing: number
  /** Missing, but of an age that Loki shows only when it has flushed their chunk. */
  notShown: number
  /** Pushes with as many entries as were sent, of which some differ. */
  changed: number
  /** Entries that are there twice with the same time. */
  doubled: number
  /** Entries that no push explains, by time: sent again with another time, or written by somebody else. */
  readonly extraNs: bigint[]
}

export type Comparing = {
  readonly codec: EntryCodec
  /** The stream's own labels. */
  readonly labels: Readonly<Record<string, string>>
  readonly nowMs: number
}

const minuteMs = 60_000
/** Loki asks its ingesters for the last 3 h, in steps of an hour; rows of 160 min were seen to be absent. */
const shownForSureMs = 150 * minuteMs
/** Loki flushes an idle chunk after 30 min; its sweep takes a moment. */
const flushedForSureMs = 35 * minuteMs

/** What Loki may add to labels and metadata of ours. */
const namesOfLoki = ['service_name', 'detected_level', '__stream_shard__']

export function noFinding(): Finding {
  return { pushes: 0, rows: 0, missing: 0, notShown: 0, changed: 0, doubled: 0, extraNs: [] }
}

/** Adds what a stretch shows to `finding`. */
export function compare(
  { clusters }: Stretch,
  shown: readonly ShownEntry[],
  { finding, ...comparing }: Comparing & { readonly finding: Finding },
): void {
  const own = shown.filter((entry) => isOfStream(entry, clusters, comparing.labels))
  let at = 0
  for (const cluster of clusters) {
    for (; at < own.length && timeAt(own, at) < cluster.firstNs; at += 1)
      finding.extraNs.push(timeAt(own, at))
    const start = at
    while (at < own.length && timeAt(own, at) <= cluster.lastNs) at += 1
    compareCluster(cluster, own.slice(start, at), { ...comparing, finding })
  }
  for (; at < own.length; at += 1) finding.extraNs.push(timeAt(own, at))
}

function timeAt(entries: readonly ShownEntry[], index: number): bigint {
  return entries[index]?.atNs ?? 0n
}

/** The selector also finds streams with further labels, which are not ours. */
function isOfStream(
  { pairs }: ShownEntry,
  clusters: readonly Cluster[],
  labels: Readonly<Record<string, string>>,
): boolean {
  const metadata = clusters.flatMap(({ pushes }) => pushes.flatMap(({ metadataNames }) => metadataNames))
  const known = new Set([...Object.keys(labels), ...metadata, ...namesOfLoki, originalTimeName])
  return Object.keys(pairs).every((name) => known.has(name))
}

function compareCluster(
  cluster: Cluster,
  entries: readonly ShownEntry[],
  { codec, nowMs, finding }: Comparing & { readonly finding: Finding },
): void {
  const names = cluster.pushes[0]?.metadataNames ?? []
  const single = withoutRepeats(entries, names)
  finding.pushes += cluster.pushes.length
  finding.doubled += entries.length - single.length
  const lacking = cluster.entries - single.length
  finding.rows += Math.min(single.length, cluster.entries)
  if (lacking > 0) finding[isHidden(cluster, nowMs) ? 'notShown' : 'missing'] += lacking
  // Which of them is the one too many is not told; the last ones stand for it.
  if (lacking < 0) finding.extraNs.push(...single.slice(lacking).map(({ atNs }) => atNs))
  const [push, other] = cluster.pushes
  if (lacking !== 0 || push === undefined || other !== undefined) return
  if (checksumOf(encoded(single, push, codec)) !== push.checksum) finding.changed += 1
}

function isHidden({ pushes, firstNs }: Cluster, nowMs: number): boolean {
  const isOld = Number(firstNs / 1_000_000n) < nowMs - shownForSureMs
  return isOld && pushes.some(({ atMs }) => atMs > nowMs - flushedForSureMs)
}

/** Entries of one time that are equal are one that was stored twice. */
function withoutRepeats(entries: readonly ShownEntry[], names: readonly string[]): ShownEntry[] {
  const seen = new Set<string>()
  return entries.filter((entry) => {
    const key = JSON.stringify([String(entry.atNs), entry.line, metadataOf(entry, names)])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** As it was sent: names in their order, and last the time that an entry had first. */
function metadataOf({ pairs }: ShownEntry, names: readonly string[]): Metadata {
  return [...new Set([...names, originalTimeName])].flatMap((name) => {
    const value = pairs[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
}

function encoded(
  entries: readonly ShownEntry[],
  { metadataNames }: DeliveryRecord,
  codec: EntryCodec,
): Uint8Array {
  const parts = entries.map((entry) => {
    const encoder = codec.encoderOf(metadataOf(entry, metadataNames))
    const line = Buffer.from(entry.line)
    const out = new Uint8Array(encoder.maxEncodedBytes(line.length))
    return out.subarray(0, encoder.encode(entry.atNs, line, out, 0))
  })
  return Buffer.concat(parts)
}
