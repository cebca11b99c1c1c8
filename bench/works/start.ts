// (f) From the start of the process until Loki has taken its first row, startup checks included. A proxy
// before Loki tells the moment: asking Loki again and again would cost the contender its two cores.

import { type Asked, isPush, LokiProxy, sendAnswer, streamsOf } from '../../test/support/loki-proxy.ts'
import { waitFor } from '../../test/support/servers/waiting.ts'
import { contenderNames } from '../contender.ts'
import { samplesQuery } from '../source.ts'
import type { Played, Work, WorkTurn } from '../work.ts'
import { playContender } from './turn.ts'

const name = 'start'
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
  const proxy = await LokiProxy.start(turn.stage.loki.baseUrl, { keepAlive: true })
  let takenMs: number | undefined
  proxy.serve(async (asked, answer) => {
    const told = await proxy.forward(asked)
    sendAnswer(answer, told)
    if (told.status === 204 && hasRows(asked)) takenMs ??= performance.now()
  })
  try {
    const onward = { ...turn, lokiUrl: proxy.baseUrl }
    const { seen, delivery } = await playContender(onward, metrics, async (session) => {
      const look = () => {
        session.checkAlive()
        return takenMs
      }
      return (await waitFor(look, { what: 'the first row', timeoutMs: 60_000 })) - session.startedMs
    })
    return { figures: { firstRowMs: seen }, delivery }
  } finally {
    await proxy.stop()
  }
}

/** Rowtail's run lines are no rows. */
function hasRows(asked: Asked): boolean {
  if (!isPush(asked)) return false
  return streamsOf(asked).some(
    ({ labels, entries }) => entries.length > 0 && !labels.includes('job="rowtail"'),
  )
}
