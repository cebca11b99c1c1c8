// A monitor on pino and pino-loki, in a worker thread as its page advises: a batch each second, with room for
// as many rows as the works bring in some seconds.

import { once } from 'node:events'
import pino from 'pino'
import { lineOf, poll, readJob } from './poll.mjs'

const job = readJob()
const transport = pino.transport({
  target: 'pino-loki',
  options: {
    host: job.lokiUrl,
    labels: { contender: job.label },
    propsToLabels: ['metric'],
    batching: { interval: 1, maxBufferSize: 200_000 },
  },
})
const logger = pino(transport)

await poll(job, {
  send: (metric, row) => logger.info({ metric }, lineOf(row)),
  async flush() {
    transport.end()
    await once(transport, 'close')
  },
})
