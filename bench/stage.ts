// Where a work is played: a PostgreSQL and a real Loki with its default limits, the same for all contenders
// of the work, one after another. A session is one contender's turn; nothing of it is left when it ends.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LokiServer } from '../test/support/servers/loki.ts'
import { PostgresServer } from '../test/support/servers/postgres.ts'
import { stopProcess } from '../test/support/servers/processes.ts'
import { waitFor } from '../test/support/servers/waiting.ts'
import type { BenchMetric, Contender, Contestant, Job } from './contender.ts'
import { closeDoor, openDoor, prepareSource, rowsOfRuns, runsOf } from './source.ts'

export type Stage = { readonly postgres: PostgresServer; readonly loki: LokiServer }

/** Rows that were handed out to a contender, and those of them that Loki holds when it is done. */
export type Delivery = { readonly asked: number; readonly arrived: number }

export type Session = {
  readonly contestant: Contestant
  /** Just before its process was started; `performance.now()`. */
  readonly startedMs: number
  /** Runs of each metric so far, in their order, as the database counts them. */
  readonly runs: () => Promise<number[]>
  /** Rows in Loki so far. */
  readonly arrived: () => Promise<number>
  /** Throws with the contender's last words when it has ended. */
  readonly checkAlive: () => void
}

/** After the last row was handed out: how long a contender may take until it is in Loki. */
const settleMs = 60_000

export async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const [postgres, loki] = await Promise.all([
    PostgresServer.start({ settings: { max_connections: 400, shared_buffers: '128MB' } }),
    LokiServer.start(),
  ])
  try {
    await prepareSource(postgres)
    return await work({ postgres, loki })
  } finally {
    await Promise.allSettled([loki.remove(), postgres.remove()])
  }
}

/** What a turn needs beside the metrics. */
export type Turn = {
  readonly contender: Contender
  readonly metrics: readonly BenchMetric[]
  /** Unique on the stage. */
  readonly label: string
  readonly flags?: readonly string[]
  /** Something before the stage's Loki. */
  readonly lokiUrl?: string
}

/** One contender's turn: starts it, lets `watch` look, closes the door, counts what arrived, ends it. */
export async function play<T>(
  stage: Stage,
  turn: Turn,
  watch: (session: Session) => Promise<T>,
): Promise<{ readonly seen: T; readonly delivery: Delivery }> {
  const { postgres, loki } = stage
  const { contender, metrics, label } = turn
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-bench-'))
  const job: Job = { lokiUrl: loki.baseUrl, ...turn, database: postgres.address, directory }
  await openDoor(postgres, metrics)
  const startedMs = performance.now()
  const contestant = await contender.start(job)
  const { launched } = contestant
  const lastWords = () => launched.output().slice(-2_000)
  const session: Session = {
    contestant,
    startedMs,
    runs: () => runsOf(postgres, metrics),
    arrived: () => rowsInLoki(loki, label),
    checkAlive: () => {
      if (!launched.isRunning()) throw new Error(`${contender.title} ended: ${lastWords()}`)
    },
  }
  try {
    const seen = await watch(session)
    await closeDoor(postgres)
    const delivery = await settled(session, metrics)
    if (delivery.arrived < delivery.asked) sayMissing(contender, lastWords())
    return { seen, delivery }
  } catch (cause) {
    throw new Error(`${contender.title}: ${String(cause)}\n${lastWords()}`, { cause })
  } finally {
    await stopProcess(launched, 'SIGTERM', 10_000)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A run that failed was handed out by the database too: the contender may say so. */
function sayMissing({ title }: Contender, lastWords: string): void {
  process.stderr.write(`  rows of ${title} are missing; it said last:\n${lastWords}\n`)
}

/** Waits until all that was handed out has arrived, or as long as a contender may take. */
async function settled(session: Session, metrics: readonly BenchMetric[]): Promise<Delivery> {
  const asked = rowsOfRuns(metrics, await session.runs())
  let arrived = 0
  const isComplete = async () => {
    arrived = await session.arrived()
    return arrived >= asked
  }
  await waitFor(isComplete, { what: 'all rows', timeoutMs: settleMs, everyMs: 250 }).catch(() => undefined)
  return { asked, arrived }
}

/** Counted by Loki; rowtail's run lines are no rows. */
async function rowsInLoki(loki: LokiServer, label: string): Promise<number> {
  const query = `sum(count_over_time({contender="${label}", job!="rowtail"}[1h]))`
  const address = `${loki.baseUrl}/loki/api/v1/query?query=${encodeURIComponent(query)}`
  const response = await fetch(address)
  const body = await response.text()
  if (!response.ok) throw new Error(`Loki answered ${response.status} to ${query}: ${body}`)
  // The shape of an instant query's answer; without a match the vector is empty.
  const { data } = JSON.parse(body) as { data: { result: { value: [number, string] }[] } }
  return Number(data.result[0]?.value[1] ?? 0)
}
