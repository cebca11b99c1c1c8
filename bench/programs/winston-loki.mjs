// A monitor on winston and winston-loki: one transport for each metric, a batch each second.

import { createLogger, format } from 'winston'
import LokiTransport from 'winston-loki'
import { lineOf, poll, readJob } from './poll.mjs'

const job = readJob()
const transports = new Map(job.metrics.map(({ name }) => [name, transportOf(name)]))
const loggers = new Map(
  [...transports].map(([name, transport]) => [name, createLogger({ transports: [transport] })]),
)

await poll(job, {
  send: (name, row) => loggers.get(name).info(lineOf(row)),
  flush: () => Promise.all([...transports.values()].map((transport) => transport.flush())),
})

function transportOf(name) {
  return new LokiTransport({
    host: job.lokiUrl,
    labels: { contender: job.label, metric: name },
    format: format.printf(({ message }) => message),
    interval: 1,
    gracefulShutdown: false,
    onConnectionError: (error) => process.stderr.write(`${String(error)}\n`),
  })
}
