// (f) From the start of the process to the first row that a query finds in Loki, startup checks included.

import { waitFor } from '../../test/support/servers/waiting.ts'
import { contenderNames } from '../contender.ts'
import { samplesQuery } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { playContender } from './turn.ts'

const name = 'start'
/** Loki works for each look: more of them would keep a contender from its two cores. */
const lookEveryMs = 10
const metrics = [{ name, everyMs: 1_000, query: samplesQuery(name, 1), rows: 1 }]

export const start: Work = {
  letter: 'f',
  title: 'Start',
  what: 'One metric, one row a second; database and Loki are ready. Telegraf sends at the end of a second.',
  subjects: contenderNames,
  figures: ['firstRowMs'],
  rounds: 5,
  play: playStart,
}

async function playStart(turn: WorkTurn): Promise<Played> {
  const { seen, delivery } = await playContender(turn, metrics, async (session) => {
    const look = async () => {
      session.checkAlive()
      return (await session.arrived()) > 0
    }
    await waitFor(look, { what: 'the first row', timeoutMs: 60_000, everyMs: lookEveryMs })
    return performance.now() - session.startedMs
  })
  return { figures: { firstRowMs: seen }, delivery }
}
