// The pushes of one stream in the order of their times, and the stretches of time that Loki is asked for: for
// `spool verify`. Pure.

import type { DeliveryRecord } from '../../spool/reader.ts'

/** Pushes whose times overlap: a clock was set back, so which entry belongs to which of them is not told. */
export type Cluster = {
  readonly pushes: readonly DeliveryRecord[]
  readonly firstNs: bigint
  readonly lastNs: bigint
  readonly entries: number
  readonly bytes: number
}

/** Clusters that one query asks for. */
export type Stretch = {
  readonly clusters: readonly Cluster[]
  readonly fromNs: bigint
  /** Exclusive: up to the next cluster where that one is asked for too, so that nothing between is missed. */
  readonly untilNs: bigint
  readonly entries: number
}

/** Bytes of entries in one answer: as JSON it stays below 1.5 MB also where all is there twice. */
const maxStretchBytes = 512 * 1024
const maxStretchEntries = 2_000

export function clustersOf(records: readonly DeliveryRecord[]): Cluster[] {
  const clusters: Cluster[] = []
  for (const push of records.toSorted((left, right) => Number(left.firstNs - right.firstNs))) {
    const last = clusters.at(-1)
    if (last === undefined || push.firstNs > last.lastNs) clusters.push(clusterOf(push))
    else clusters[clusters.length - 1] = joined(last, push)
  }
  return clusters
}

/** The wanted clusters, neighbours together as far as one answer can hold them. */
export function stretchesOf(
  clusters: readonly Cluster[],
  isWanted: (push: DeliveryRecord) => boolean,
): Stretch[] {
  const stretches: Stretch[] = []
  let open: Cluster[] = []
  for (const [index, cluster] of clusters.entries()) {
    if (!cluster.pushes.some(isWanted)) continue
    open.push(cluster)
    const next = clusters[index + 1]
    const isNextWanted = next?.pushes.some(isWanted) === true
    if (isNextWanted && hasRoom([...open, next])) continue
    stretches.push(stretchOf(open, isNextWanted ? next.firstNs : cluster.lastNs + 1n))
    open = []
  }
  return stretches
}

function clusterOf(push: DeliveryRecord): Cluster {
  const { firstNs, lastNs, entries, bytes } = push
  return { pushes: [push], firstNs, lastNs, entries, bytes }
}

function joined(cluster: Cluster, push: DeliveryRecord): Cluster {
  return {
    pushes: [...cluster.pushes, push],
    firstNs: cluster.firstNs,
    lastNs: push.lastNs > cluster.lastNs ? push.lastNs : cluster.lastNs,
    entries: cluster.entries + push.entries,
    bytes: cluster.bytes + push.bytes,
  }
}

function hasRoom(clusters: readonly Cluster[]): boolean {
  const bytes = clusters.reduce((sum, cluster) => sum + cluster.bytes, 0)
  return bytes <= maxStretchBytes && entriesOf(clusters) <= maxStretchEntries
}

function stretchOf(clusters: readonly Cluster[], untilNs: bigint): Stretch {
  return { clusters, fromNs: clusters[0]?.firstNs ?? 0n, untilNs, entries: entriesOf(clusters) }
}

function entriesOf(clusters: readonly Cluster[]): number {
  return clusters.reduce((sum, { entries }) => sum + entries, 0)
}
