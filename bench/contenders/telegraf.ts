// Telegraf with inputs.sql and outputs.loki. It holds rows in memory, so its buffer is made large enough for
// the work, a batch is a second's rows, and it flushes each second: with its defaults (1,000 of a buffer of
// 10,000, every ten seconds) it would lose rows and be late. It asks PostgreSQL through its own driver.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresAddress } from '../../test/support/servers/postgres-address.ts'
import { launch } from '../../test/support/servers/processes.ts'
import type { BenchMetric, Contender, Job } from '../contender.ts'

export const telegraf: Contender = {
  name: 'telegraf',
  title: 'Telegraf 1.37.2',
  async start(job) {
    const program = process.env['TELEGRAF_BIN']
    if (program === undefined) throw new Error('TELEGRAF_BIN is not set: npm run bench builds Telegraf first')
    const configPath = join(job.directory, 'telegraf.conf')
    writeFileSync(configPath, configOf(job))
    const args = ['--config', configPath, '--non-strict-env-handling']
    return { launched: await launch(program, args, { cwd: job.directory }) }
  },
}

function configOf({ metrics, database, lokiUrl, label }: Job): string {
  const agent = `[global_tags]
contender = ${quoted(label)}
[agent]
precision = "1ns"
flush_interval = "1s"
metric_batch_size = 5000
metric_buffer_limit = 200000
omit_hostname = true
skip_processors_after_aggregators = true
[[outputs.loki]]
domain = ${quoted(lokiUrl)}
metric_name_label = "metric"
`
  return [agent, ...metrics.map((metric) => inputOf(metric, urlOf(database)))].join('\n')
}

function inputOf({ name, everyMs, query }: BenchMetric, url: string): string {
  return `[[inputs.sql]]
driver = "postgres"
dsn = ${quoted(url)}
interval = "${everyMs}ms"
connection_max_open = 1
[[inputs.sql.query]]
measurement = ${quoted(name)}
query = ${quoted(query)}
`
}

function urlOf({ host, port, user, password, database }: PostgresAddress): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`
}

/** A basic string of TOML; JSON's escapes are among its own. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
