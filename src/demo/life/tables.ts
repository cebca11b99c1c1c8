// The cluster as SQream's utility functions show it: their columns under their own names, one row list for
// each.

import { type Cluster, isConnected, licenseTb, type Statement } from './cluster.ts'

export type Value = string | number | null
type Column = readonly [name: string, type: 'text' | 'integer' | 'real' | 'boolean' | 'timestamp']

export const tables = {
  show_server_status: [
    ['service', 'text'],
    ['instance id', 'text'],
    ['connection id', 'integer'],
    ['server ip', 'text'],
    ['server port', 'integer'],
    ['database name', 'text'],
    ['user name', 'text'],
    ['client ip', 'text'],
    ['statement id', 'integer'],
    ['statement', 'text'],
    ['statement start time', 'timestamp'],
    ['statement status', 'text'],
    ['statement status start', 'timestamp'],
  ],
  show_locks: [
    ['stmt id', 'integer'],
    ['stmt string', 'text'],
    ['username', 'text'],
    ['server', 'text'],
    ['port', 'integer'],
    ['locked object', 'text'],
    ['lock mode', 'text'],
    ['statement start time', 'timestamp'],
    ['lock start time', 'timestamp'],
    ['is_statement_active', 'boolean'],
    ['is_snapshot_active', 'boolean'],
  ],
  get_leveldb_stats: [
    ['timestamp', 'timestamp'],
    ['server ip', 'text'],
    ['server port', 'integer'],
    ['msg', 'text'],
    ['count', 'integer'],
    ['average', 'real'],
    ['max', 'real'],
    ['max timestamp', 'timestamp'],
    ['variance', 'real'],
  ],
  show_cluster_nodes: [
    ['server ip', 'text'],
    ['server port', 'integer'],
    ['connection id', 'integer'],
    ['instance id', 'text'],
    ['last heartbeat', 'integer'],
    ['connection status', 'text'],
  ],
  get_license_info: [
    ['compressed cluster size', 'real'],
    ['uncompressed cluster size', 'real'],
    ['compress type', 'text'],
    ['cluster size limit', 'real'],
    ['expiration date', 'text'],
    ['is date expired', 'boolean'],
    ['is size exceeded', 'boolean'],
    ['cluster size left', 'real'],
    ['data read size limit', 'real'],
    ['data write size limit', 'real'],
    ['gpu limit', 'integer'],
  ],
} as const satisfies Readonly<Record<string, readonly Column[]>>

export type TableName = keyof typeof tables
export type Rows = Readonly<Record<TableName, readonly (readonly Value[])[]>>

const port = 5_000
const dayMs = 86_400_000

/** `nowMs` is the wall clock's time of the cluster's present second. */
export function rowsOf(cluster: Cluster, nowMs: number): Rows {
  const timeOf = (second: number): string => timestamp(nowMs - (cluster.second - second) * 1_000)
  return {
    show_server_status: cluster.statements.map((statement) => statusRow(cluster, statement, timeOf)),
    show_locks: cluster.statements
      .filter(({ status }) => status === 'Executing')
      .flatMap((statement) => lockRows(cluster, statement, timeOf)),
    get_leveldb_stats: cluster.counters.map((counter) => {
      const { operation, count, averageMs, maxMs, maxAtS, variance } = counter
      const figures = [count, rounded(averageMs), rounded(maxMs), timeOf(maxAtS), rounded(variance)]
      return [timeOf(cluster.second), '10.0.0.11', port, `leveldb::${operation}`, ...figures]
    }),
    show_cluster_nodes: cluster.nodes.map((node, index) => {
      const status = isConnected(node) ? 'Connected' : 'Disconnected'
      return [node.address, port, 100 + index, node.name, node.heartbeatMs, status]
    }),
    get_license_info: [licenseRow(cluster, nowMs)],
  }
}

type TimeOf = (second: number) => string

function statusRow(cluster: Cluster, statement: Statement, timeOf: TimeOf): Value[] {
  const node = cluster.nodes[statement.node]
  const { id, user, client, text, status, startedS, statusSinceS } = statement
  const where = ['sqream', node?.name ?? null, id - 8_000, node?.address ?? null, port]
  return [...where, 'master', user, client, id, text, timeOf(startedS), status, timeOf(statusSinceS)]
}

/** One that writes locks its table for itself; one that reads shares it. */
function lockRows(cluster: Cluster, statement: Statement, timeOf: TimeOf): Value[][] {
  const { id, text, user, table, isWriting, startedS, statusSinceS } = statement
  const address = cluster.nodes[statement.node]?.address ?? null
  const lock = (object: string, mode: string): Value[] => {
    return [id, text, user, address, port, object, mode, timeOf(startedS), timeOf(statusSinceS), 1, 1]
  }
  return [
    lock(`database$t$public$${table}`, isWriting ? 'Exclusive' : 'Inclusive'),
    ...(isWriting ? [lock('database$g', 'Inclusive')] : []),
  ]
}

function licenseRow({ usedTb }: Cluster, nowMs: number): Value[] {
  const expires = timestamp(nowMs + 60 * dayMs).slice(0, 10)
  const leftTb = rounded(licenseTb - usedTb)
  return [rounded(usedTb), rounded(usedTb * 3.7), 'compressed', licenseTb, expires, 0, 0, leftTb, 0, 0, 8]
}

/** As SQL writes it, in UTC. */
function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').replace('Z', '')
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
