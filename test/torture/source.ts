// What rowtail is asked to fetch: a PostgreSQL function whose rows follow from metric, poll and index
// alone, so that the ledger can write each line again. The database counts the polls itself, in a sequence
// that no rollback turns back, and notes those that were answered to the end in a table.

import { createHash } from 'node:crypto'
import type { PostgresServer } from '../support/servers/postgres.ts'

export type MetricSpec = {
  readonly name: string
  readonly everyMs: number
  /** Rows of a poll: between these two, by its number. */
  readonly leastRows: number
  readonly mostRows: number
  /** The longest filling of a row. */
  readonly padBytes: number
}

export type Polls = {
  /** The number of the last poll that began. */
  readonly last: number
  /** Polls whose transaction ended well. */
  readonly answered: ReadonlySet<number>
}

const idsPerPoll = 1_000_000

const schema = `
  create schema torture;
  create table torture.polls (metric text, poll bigint, rows int, primary key (metric, poll));
  create function torture.pad(id bigint, most int) returns text language sql immutable as $$
    select left(repeat(md5(id::text), 1 + most / 32), ((id * 48271) % (most + 1))::int)
  $$;
  create function torture.ask(metric text, fewest int, most int, pad_bytes int)
  returns table (id bigint, poll bigint, pad text) language plpgsql as $$
  declare
    number bigint := nextval('torture.' || quote_ident(metric));
    total int := fewest + ((number * 7919) % (most - fewest + 1))::int;
  begin
    insert into torture.polls values (metric, number, total);
    return query select number * ${idsPerPoll} + n, number, torture.pad(number * ${idsPerPoll} + n, pad_bytes)
      from generate_series(0, total - 1) as n;
  end $$;
`

export async function prepareSource(postgres: PostgresServer): Promise<void> {
  await postgres.psql(schema)
}

export async function addMetrics(postgres: PostgresServer, metrics: readonly MetricSpec[]): Promise<void> {
  await postgres.psql(metrics.map(({ name }) => `create sequence torture.${name};`).join('\n'))
}

export function queryOf({ name, leastRows, mostRows, padBytes }: MetricSpec): string {
  return `select * from torture.ask('${name}', ${leastRows}, ${mostRows}, ${padBytes})`
}

/** What the database itself says about each metric's polls. */
export async function pollsOf(
  postgres: PostgresServer,
  metrics: readonly MetricSpec[],
): Promise<Map<string, Polls>> {
  const questions = metrics.map(
    ({ name }) => `select '${name}', case when is_called then last_value else 0 end,
      (select string_agg(poll::text, ',') from torture.polls where metric = '${name}') from torture.${name}`,
  )
  const answer = await postgres.psql(`${questions.join(' union all ')};`)
  return new Map(
    answer.split('\n').map((line) => {
      const [name = '', last = '', answered = ''] = line.split('|')
      return [
        name,
        { last: Number(last), answered: new Set(answered.split(',').filter(Boolean).map(Number)) },
      ]
    }),
  )
}

export function rowsOfPoll({ leastRows, mostRows }: MetricSpec, poll: number): number {
  return leastRows + ((poll * 7919) % (mostRows - leastRows + 1))
}

/** The line that Loki must have for this row. */
export function lineOf({ padBytes }: MetricSpec, id: number): string {
  const pad = createHash('md5')
    .update(String(id))
    .digest('hex')
    .repeat(1 + Math.floor(padBytes / 32))
    .slice(0, (id * 48_271) % (padBytes + 1))
  return JSON.stringify({ id, poll: Math.floor(id / idsPerPoll), pad })
}

export function idOf(poll: number, index: number): number {
  return poll * idsPerPoll + index
}

export type Row = { readonly id: number; readonly poll: number; readonly index: number }

/** Undefined where the line is none of ours. */
export function rowOf(line: string): Row | undefined {
  const id = Number(/^\{"id":(\d{1,15}),/.exec(line)?.[1] ?? Number.NaN)
  if (Number.isNaN(id)) return undefined
  return { id, poll: Math.floor(id / idsPerPoll), index: id % idsPerPoll }
}
