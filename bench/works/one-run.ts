// (d) One large run: from the tick until its 100,000 rows are in the spool, fsynced, against a loop that only
// fetches them.

import { waitFor } from '../../test/support/servers/waiting.ts'
import { fetchBarely } from '../bare-fetch.ts'
import { statusOf } from '../rowtail-status.ts'
import { openDoor, samplesQuery, tableRows } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { playContender } from './turn.ts'

/** The first run connects and warms up. */
const runs = 2
/** Between two runs Loki takes the rows of the first, at 1 MB/s. */
const usual = { rows: tableRows, everyMs: 30_000 }
const quick = { rows: 1_000, everyMs: 1_000 }
const runTimeoutMs = 60_000

export const oneRun: Work = {
  letter: 'd',
  title: 'One large run',
  what: `One metric, ${tableRows.toLocaleString('en')} rows; the second run counts, to the end of its fsync.`,
  subjects: ['rowtail', 'bare-fetch'],
  figures: ['rowsPerSecond'],
  rounds: 2,
  play: playOneRun,
}

async function playOneRun(turn: WorkTurn): Promise<Played> {
  const { rows, everyMs } = turn.isQuick ? quick : usual
  const name = 'large'
  const metrics = [{ name, everyMs, query: samplesQuery(name, rows), rows }]
  if (turn.subject === 'bare-fetch') {
    const { postgres } = turn.stage
    await openDoor(postgres, metrics)
    const fetched = await fetchBarely(postgres.connectionString(), samplesQuery(name, rows), runs)
    if (fetched.rows !== rows) throw new Error(`${fetched.rows} of ${rows} rows were fetched`)
    return { figures: { rowsPerSecond: fetched.rows / fetched.seconds } }
  }
  const { seen, delivery } = await playContender(turn, metrics, ({ contestant, checkAlive }) =>
    waitFor(
      async () => {
        checkAlive()
        const [metric] = await statusOf(contestant).then(
          ({ metrics }) => metrics,
          () => [], // not listening yet
        )
        return metric !== undefined && metric.runs.ok >= runs ? metric.lastRun : undefined
      },
      { what: `${runs} runs`, timeoutMs: runTimeoutMs + everyMs, everyMs: 200 },
    ),
  )
  return { figures: { rowsPerSecond: (1_000 * seen.rows) / seen.durationMs }, delivery }
}
