// What every contender of the benchmark is: a program that asks PostgreSQL on a schedule and brings the rows
// to Loki. The works (works/) start contenders and look at them from outside, all in the same way.

import type { PostgresAddress } from '../test/support/servers/postgres-address.ts'
import type { Launched } from '../test/support/servers/processes.ts'

/** A query on a schedule; a contender runs it every `everyMs` and sends what it yields. */
export type BenchMetric = {
  readonly name: string
  readonly everyMs: number
  readonly query: string
  /** Rows that each run yields. */
  readonly rows: number
}

export type Job = {
  readonly metrics: readonly BenchMetric[]
  readonly database: PostgresAddress
  readonly lokiUrl: string
  /** Every row has to carry the Loki label `contender` with this value: rows are counted by it. */
  readonly label: string
  /** Empty, the contender's own, and gone afterwards. */
  readonly directory: string
  /** Flags that a work needs beyond the defaults; only rowtail heeds them. */
  readonly flags?: readonly string[]
}

export const contenderNames = ['rowtail', 'telegraf', 'winston-loki', 'pino-loki', 'push-per-row'] as const
export type ContenderName = (typeof contenderNames)[number]

export interface Contender {
  readonly name: ContenderName
  /** As the tables name it. */
  readonly title: string
  /** Starts the program; does not wait for anything. */
  start(job: Job): Promise<Contestant>
}

/** A contender at work. All processes below its own belong to it. */
export type Contestant = {
  readonly launched: Launched
  /** Where rowtail shows its status. */
  readonly statusUrl?: string
}
