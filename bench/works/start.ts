// (f) From the start of the process until Loki has taken its first row, startup checks included. A proxy
// before Loki tells the moment: asking Loki again and again would cost the contender its two cores.

import { decodePush } from '../../src/demo/receiver/push-request.ts'
import { type Asked, isPush, LokiProxy, sendAnswer } from '../../test/support/loki-proxy.ts'
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
    const { seen, delivery } = await playContender({ ...turn, lokiUrl: proxy.baseUrl }, metrics, (session) =>
      firstRowMs(session.startedMs, () => {
        session.checkAlive()
        return takenMs
      }),
    )
    return { figures: { firstRowMs: seen }, delivery }
  } finally {
    await proxy.stop()
  }
}

async function firstRowMs(startedMs: number, takenMs: () => number | undefined): Promise<number> {
  return (await waitFor(takenMs, { what: 'the first row', timeoutMs: 60_000 })) - startedMs
}

/** Rowtail's run lines are no rows. */
function hasRows(asked: Asked): boolean {
  if (!isPush(asked)) return false
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = asked.headers
  const streams = decodePush(asked.body, {
    contentType: String(contentType),
    contentEncoding: String(contentEncoding ?? ''),
  })
  return streams.some(({ labels, entries }) => entries.length > 0 && !labels.includes('job="rowtail"'))
}
