// rowtail as its users run it: the built program, default settings, the status page on a free port.

import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { postgresConnectionString } from '../../test/support/servers/postgres-address.ts'
import { freePort } from '../../test/support/servers/ports.ts'
import { launch } from '../../test/support/servers/processes.ts'
import type { BenchMetric, Contender, Job } from '../contender.ts'

/** Compiled by scripts/bench.mjs. */
const program = process.env['ROWTAIL_ENTRY'] ?? resolve('dist/main.js')

export const rowtail: Contender = {
  name: 'rowtail',
  title: 'rowtail',
  async start(job) {
    const metricsPath = join(job.directory, 'monitor_input.json')
    writeFileSync(metricsPath, JSON.stringify(metricsFile(job.metrics)))
    const port = await freePort()
    const launched = await launch(process.execPath, [program, ...flagsOf(job, { metricsPath, port })], {
      cwd: job.directory,
      env: { ROWTAIL_CONNECTION_STRING: postgresConnectionString(job.database), ROWTAIL_ENTRY: undefined },
    })
    return { launched, statusUrl: `http://127.0.0.1:${port}` }
  },
}

function metricsFile(metrics: readonly BenchMetric[]) {
  const entries = metrics.map(
    ({ name, everyMs, query }) => [name, { every: `${everyMs}ms`, query, send: true }] as const,
  )
  return Object.fromEntries(entries)
}

function flagsOf(job: Job, at: { readonly metricsPath: string; readonly port: number }): string[] {
  const flags = {
    loki_url: job.lokiUrl,
    label: `contender=${job.label}`,
    metrics_json_path: at.metricsPath,
    state_dir: join(job.directory, 'state'),
    listen: `127.0.0.1:${at.port}`,
  }
  return [...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), ...(job.flags ?? [])]
}
