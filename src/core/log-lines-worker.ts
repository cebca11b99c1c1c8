// What the log says about a metric's worker: started, lost, stuck, isolated, draining what a former metric
// left.

import { formatDuration } from './duration.ts'
import { sentenceOf } from './errors.ts'
import type { EventOf } from './events.ts'
import { errorFields, type Line, line, type LogLevel, type Voice } from './log-record.ts'
import { createTally, createTrouble } from './log-repeats.ts'
import { countOf, formatBytes, formatElapsed, timesSince } from './quantity.ts'

type LifeVoice = Voice<'metric.started' | 'worker.lost' | 'worker.stuck'>
type DrainVoice = Voice<'metric.draining' | 'metric.drained'>
type IsolationVoice = Voice<'metric.isolated' | 'metric.returned'>

/** A worker that is lost again and again is told of once in this time, with the count. */
const lostWorkerQuietMs = 10 * 60_000

export function createWorkerVoice(): LifeVoice & DrainVoice & IsolationVoice {
  return { ...createLifeVoice(), ...createDrainVoice(), ...createIsolationVoice() }
}

function createLifeVoice(): LifeVoice {
  const losses = createTally(lostWorkerQuietMs)
  /** The first start is news, and the one after a loss that was told. */
  let isStartNews = true

  function tellLoss(event: EventOf<'worker.lost' | 'worker.stuck'>, kind: string, what: string): Line[] {
    const [sum] = losses.add(kind, 1, event.atMs)
    if (sum !== undefined) isStartNews = true
    const fields = event.type === 'worker.lost' ? errorFields(event.error) : {}
    const text = `its worker ${event.type === 'worker.lost' ? 'was lost' : 'does not answer'}`
    return [line(sum === undefined ? 'debug' : 'error', `${text}${timesSince(sum)}${what}`, fields)]
  }

  return {
    'metric.started': ({ intervalMs, isSending }) => {
      const level = isStartNews ? 'info' : 'debug'
      isStartNews = false
      const unsent = isSending ? '' : ', its rows are not sent'
      return [line(level, `started, runs every ${formatDuration(intervalMs)}${unsent}`, { intervalMs })]
    },
    'worker.stuck': (event) => tellLoss(event, 'stuck', ' and is replaced'),
    'worker.lost': (event) => {
      const next = `A new one starts in ${formatElapsed(event.restartMs)}.`
      return tellLoss(event, event.error.code, `: ${sentenceOf(event.error)} ${next}`)
    },
  }
}

/** A former metric that left nothing behind is no news. */
function createDrainVoice(): DrainVoice {
  let level: LogLevel = 'info'
  return {
    'metric.draining': ({ depth }) => {
      level = depth.rows + depth.deadLetters === 0 ? 'debug' : 'info'
      const rest = `${countOf(depth.rows, 'row')} (${formatBytes(depth.bytes)})`
      const dead = depth.deadLetters === 0 ? '' : ` and ${countOf(depth.deadLetters, 'dead letter')}`
      return [line(level, `no longer configured; its spool still holds ${rest}${dead}`, { ...depth })]
    },
    'metric.drained': ({ deadLetters }) => {
      const rest = deadLetters === 0 ? 'nothing' : `nothing but ${countOf(deadLetters, 'dead letter')}`
      return [line(level, `its rows are sent: ${rest} is left of this former metric`, { deadLetters })]
    },
  }
}

function createIsolationVoice(): IsolationVoice {
  const trouble = createTrouble()
  return {
    'metric.isolated': ({ error, atMs }) => {
      const { kind } = trouble.fail(error.code, atMs)
      const text = `moved to the second driver host: ${sentenceOf(error)}`
      return [line(kind === 'silent' ? 'debug' : 'warn', text, errorFields(error))]
    },
    'metric.returned': ({ atMs }) => {
      const level = trouble.end(atMs)?.wasSaid === true ? 'info' : 'debug'
      return [line(level, 'back on the main driver host')]
    },
  }
}
