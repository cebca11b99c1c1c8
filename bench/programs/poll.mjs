// The half that the three small programs share, as a Node developer writes it: a connection of npm's `odbc`
// for each metric, a query on an interval, and every row to `send`. A query that still runs skips its turn.

import odbc from 'odbc'
import { readFileSync } from 'node:fs'

/**
 * The job of a program, from the file that its command line names.
 * @returns {{ connectionString: string, lokiUrl: string, label: string,
 *   metrics: { name: string, everyMs: number, query: string }[] }}
 */
export function readJob() {
  return JSON.parse(readFileSync(process.argv[2], 'utf8'))
}

/** Polls until SIGTERM; then `flush` sends what waits. */
export async function poll(job, { send, flush }) {
  const timers = await Promise.all(job.metrics.map((metric) => schedule(metric, job, send)))
  const leave = async () => {
    for (const timer of timers) clearInterval(timer)
    await flush()
    process.exit(0)
  }
  process.once('SIGTERM', () => void leave())
}

/** JSON has no BigInt. */
export function lineOf(row) {
  return JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

async function schedule({ name, everyMs, query }, { connectionString }, send) {
  const connection = await odbc.connect(connectionString)
  let isBusy = false
  const ask = async () => {
    if (isBusy) return
    isBusy = true
    try {
      for (const row of await connection.query(query)) await send(name, row)
    } catch (error) {
      process.stderr.write(`${name}: ${String(error)}\n`)
    }
    isBusy = false
  }
  void ask()
  return setInterval(() => void ask(), everyMs)
}
