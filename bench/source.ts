// The database that every contender asks: a table of mixed columns, and SQream's utility functions as the
// stand-in of the tests answers them. Each query passes a door that counts the runs of its metric, so that
// it is known how many rows were handed out, and that can be closed: then runs yield nothing, and what was
// handed out must arrive.

import { installUtilityFunctions } from '../test/support/sqream/install.ts'
import { type UtilityName, utilityFunctions } from '../test/support/sqream/utility-functions.ts'
import type { PostgresServer } from '../test/support/servers/postgres.ts'
import type { BenchMetric } from './contender.ts'

export const tableRows = 100_000

const schema = `
  create schema bench;
  create table bench.samples as select
      n as id,
      'device-' || lpad((n::bigint * 7919 % 1000)::text, 4, '0') as device,
      (n::bigint * 48271 % 1000000 / 100.0)::numeric(12, 2) as amount,
      sin(n)::double precision as ratio,
      n % 3 = 0 as is_active,
      timestamp '2026-01-02 03:04:05.678901' + n * interval '1 second' as changed_at,
      case when n % 10 > 0 then left(repeat(md5(n::text), 3), 20 + n % 60) end as note
    from generate_series(1, ${tableRows}) as n;
  alter table bench.samples add primary key (id);
  vacuum analyze bench.samples;
  create table bench.door (is_open boolean);
  insert into bench.door values (true);
  create function bench.pass(metric text) returns setof bigint language plpgsql volatile rows 1 as $$
  begin
    if (select is_open from bench.door) then return next nextval('bench.' || quote_ident(metric)); end if;
  end $$;
`

export async function prepareSource(postgres: PostgresServer): Promise<void> {
  await postgres.psql(schema)
}

/** A run of the table's first rows, eight columns with the run's number. */
export function samplesQuery(metric: string, rows: number): string {
  const columns = 'id, device, amount, ratio, is_active, changed_at, note'
  return `select run, ${columns} from bench.pass('${metric}') as pass(run), bench.samples where id <= ${rows}`
}

/**
 * The six metrics that rowtail asks of SQream by default, at their intervals and with rows of a busy cluster,
 * or of one that does nothing.
 */
export async function sqreamMetrics(
  postgres: PostgresServer,
  { isIdle = false } = {},
): Promise<BenchMetric[]> {
  const place = await installUtilityFunctions(postgres.address)
  const everySeconds = {
    show_locks: 2,
    show_cluster_nodes: 4,
    get_leveldb_stats: 5,
    get_license_info: 5,
    show_server_status: 7,
    reset_leveldb_stats: 86_400,
  } as const satisfies Partial<Record<UtilityName, number>>
  return Object.entries(everySeconds).map(([name, seconds]) => {
    // Object.entries forgets the keys of the literal above.
    const utility = utilityFunctions[name as keyof typeof everySeconds]
    const rows = isIdle && utility.isEmptyWhenIdle ? 0 : utility.rows
    const query = `select answer.* from bench.pass('${name}'), ${place}.${name}(${rows}) as answer`
    return { name, everyMs: seconds * 1_000, query, rows }
  })
}

/** Opens the door for metrics that no run was counted of yet. */
export async function openDoor(postgres: PostgresServer, metrics: readonly BenchMetric[]): Promise<void> {
  const counters = metrics.map(
    ({ name }) => `drop sequence if exists bench.${name}; create sequence bench.${name};`,
  )
  await postgres.psql(
    `set client_min_messages = warning; update bench.door set is_open = true; ${counters.join(' ')}`,
  )
}

export async function closeDoor(postgres: PostgresServer): Promise<void> {
  await postgres.psql('update bench.door set is_open = false')
}

/** Runs of each metric, in their order. */
export async function runsOf(postgres: PostgresServer, metrics: readonly BenchMetric[]): Promise<number[]> {
  const counts = metrics.map(
    ({ name }, index) =>
      `select ${index} as place, case when is_called then last_value else 0 end as runs from bench.${name}`,
  )
  const answer = await postgres.psql(`select runs from (${counts.join(' union all ')}) as c order by place`)
  return answer.split('\n').map(Number)
}

/** Rows of so many runs of each metric. */
export function rowsOfRuns(metrics: readonly BenchMetric[], runs: readonly number[]): number {
  return metrics.reduce((total, { rows }, index) => total + rows * (runs[index] ?? 0), 0)
}
