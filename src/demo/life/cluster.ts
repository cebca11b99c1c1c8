// The life of the demo's cluster, second by second: statements come, queue, run and leave, writers take locks
// that others wait for, a node drops out now and then, the license fills up and is given room again. Pure:
// the next second follows from this one and from chance. Nothing in it grows without a bound.

import type { Random } from './random.ts'

export type StatementStatus = 'Preparing' | 'In queue' | 'Initializing' | 'Executing'

export type Statement = {
  readonly id: number
  readonly user: string
  readonly client: string
  /** Index of the node that it runs on. */
  readonly node: number
  readonly table: string
  readonly isWriting: boolean
  readonly text: string
  readonly status: StatementStatus
  /** Seconds of the cluster's life. */
  readonly startedS: number
  readonly statusSinceS: number
  /** Seconds of execution that are left. */
  readonly workS: number
}

export type Node = {
  readonly address: string
  readonly name: string
  /** Undefined while it is connected. */
  readonly backInS: number | undefined
  readonly heartbeatMs: number
}

/** One counter of the metadata store: how often, how long. */
export type Counter = {
  readonly operation: string
  readonly count: number
  readonly averageMs: number
  readonly maxMs: number
  readonly maxAtS: number
  readonly variance: number
}

export type Cluster = {
  readonly second: number
  readonly nodes: readonly Node[]
  readonly statements: readonly Statement[]
  readonly counters: readonly Counter[]
  /** Terabytes of the license that are used. */
  readonly usedTb: number
  readonly lastStatementId: number
}

export const licenseTb = 100
export const maxStatements = 40
const maxExecuting = 6
const mostRoomTb = 28
const leastRoomTb = 3
const maxCount = 1_000_000
const nodeCount = 6
/** For a third of each minute everybody wants something at once. */
const rushPeriodS = 60
const rushS = 20

const tables = ['orders', 'calls', 'cell_towers', 'trips', 'sensors'] as const
const users = ['etl', 'reports', 'ann', 'dashboard'] as const

export function newCluster(random: Random): Cluster {
  const nodes = Array.from({ length: nodeCount }, (_, index) => {
    return { address: `10.0.0.${11 + index}`, name: `sqream_${index}`, backInS: undefined, heartbeatMs: 200 }
  })
  const counters = ['Get', 'Put', 'Delete', 'Write'].map((operation) => {
    return { operation, count: 0, averageMs: 1, maxMs: 1, maxAtS: 0, variance: 0 }
  })
  let cluster: Cluster = {
    second: 0,
    nodes,
    statements: [],
    counters,
    usedTb: licenseTb - mostRoomTb + random.next(),
    lastStatementId: 9_000,
  }
  // It has been alive for a while when somebody looks.
  for (let second = 0; second < rushS; second += 1) cluster = nextSecond(cluster, random)
  return cluster
}

export function nextSecond(cluster: Cluster, random: Random): Cluster {
  const second = cluster.second + 1
  const nodes = cluster.nodes.map((node) => nextNode(node, random))
  const alive = cluster.statements.filter(({ node, workS }) => workS > 0 && isConnected(nodes[node]))
  const arrived = arrivals({ ...cluster, second, nodes, statements: alive }, random)
  const statements = advance([...alive, ...arrived], second)
  const writers = statements.filter(({ isWriting, status }) => isWriting && status === 'Executing').length
  return {
    second,
    nodes,
    statements,
    counters: cluster.counters.map((counter) => nextCounter(counter, second, random)),
    usedTb: nextUsedTb(cluster.usedTb, writers, random),
    lastStatementId: arrived.at(-1)?.id ?? cluster.lastStatementId,
  }
}

export function isConnected(node: Node | undefined): boolean {
  return node !== undefined && node.backInS === undefined
}

function nextNode(node: Node, random: Random): Node {
  const { backInS, heartbeatMs } = node
  if (backInS === undefined) {
    const isLost = random.next() < 1 / 150
    return {
      ...node,
      backInS: isLost ? 5 + random.below(15) : undefined,
      heartbeatMs: 50 + random.below(900),
    }
  }
  return backInS === 0
    ? { ...node, backInS: undefined }
    : { ...node, backInS: backInS - 1, heartbeatMs: heartbeatMs + 1_000 }
}

function arrivals(cluster: Cluster, random: Random): Statement[] {
  const isRush = cluster.second % rushPeriodS < rushS
  const wanted = isRush ? random.below(3) : Number(random.next() < 0.4)
  const count = Math.min(wanted, maxStatements - cluster.statements.length)
  return Array.from({ length: count }, (_, index) => {
    return newStatement(cluster, { id: cluster.lastStatementId + 1 + index, random })
  }).filter(({ node }) => isConnected(cluster.nodes[node]))
}

function newStatement(cluster: Cluster, { id, random }: { id: number; random: Random }): Statement {
  const table = random.pick(tables)
  const isWriting = random.next() < 0.3
  const text = isWriting ? `insert into ${table} select * from staging_${table}` : readingText(table, random)
  return {
    id,
    user: isWriting ? 'etl' : random.pick(users),
    client: `10.0.1.${20 + random.below(30)}`,
    node: random.below(cluster.nodes.length),
    table,
    isWriting,
    text,
    status: 'Preparing',
    startedS: cluster.second,
    statusSinceS: cluster.second,
    workS: 2 + random.below(isWriting ? 14 : 8),
  }
}

function readingText(table: string, random: Random): string {
  return random.pick([
    `select count(*) from ${table}`,
    `select day, sum(amount) from ${table} group by day order by day`,
    `select a.id, b."Full Name" from ${table} a join people b on b.id = a.owner where b.note like '%it''s%'`,
  ])
}

/**
 * Oldest first: each that may go on does. At most a few execute at once, and one that writes shares its table
 * with nobody.
 */
function advance(statements: readonly Statement[], second: number): Statement[] {
  const holders = statements.filter(({ status }) => status === 'Executing' || status === 'Initializing')
  return statements.map((statement): Statement => {
    const { status, statusSinceS, workS } = statement
    const changed = (next: StatementStatus): Statement => ({
      ...statement,
      status: next,
      statusSinceS: second,
    })
    if (status === 'Executing') return { ...statement, workS: workS - 1 }
    if (status === 'Initializing') return changed('Executing')
    if (status === 'Preparing') return second > statusSinceS ? changed('In queue') : statement
    if (holders.length >= maxExecuting || isLockedFor(statement, holders)) return statement
    holders.push(statement)
    return changed('Initializing')
  })
}

function isLockedFor({ table, isWriting }: Statement, holders: readonly Statement[]): boolean {
  return holders.some((other) => other.table === table && (isWriting || other.isWriting))
}

function nextCounter(counter: Counter, second: number, random: Random): Counter {
  if (counter.count > maxCount) return { ...counter, count: 0, maxMs: 0, maxAtS: second }
  const count = counter.count + 1 + random.below(200)
  const tookMs = 0.2 + random.next() ** 6 * 40
  const averageMs = counter.averageMs + (tookMs - counter.averageMs) / 50
  const isSlowest = tookMs > counter.maxMs
  return {
    ...counter,
    count,
    averageMs,
    variance: counter.variance + ((tookMs - averageMs) ** 2 - counter.variance) / 50,
    maxMs: isSlowest ? tookMs : counter.maxMs,
    maxAtS: isSlowest ? second : counter.maxAtS,
  }
}

/** Writers fill the license; when hardly anything is left, somebody deletes old data. */
function nextUsedTb(usedTb: number, writers: number, random: Random): number {
  if (licenseTb - usedTb < leastRoomTb) return licenseTb - mostRoomTb
  return usedTb + writers * random.next() * 0.02
}
