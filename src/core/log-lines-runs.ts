// What the log says about a metric's runs: fetched, failed, recovered, overrun.

import { sentenceOf } from './errors.ts'
import type { EventOf } from './events.ts'
import { createFlagVoice } from './log-lines-flags.ts'
import { errorFields, type Line, line, type Voice } from './log-record.ts'
import {
  createTally,
  createTrouble,
  flapMs,
  reminderMs,
  type TroubleEnd,
  type TroubleStep,
} from './log-repeats.ts'
import { countOf, formatBytes, formatElapsed, inAll } from './quantity.ts'

export type RunVoice = Voice<'run.started' | 'run.finished' | 'run.failed'>

export function createRunVoice(): RunVoice {
  const trouble = createTrouble()
  const skipped = createTally(reminderMs)
  const tellFlags = createFlagVoice()
  const isNews = createRowsWatch()
  let isFirst = true

  /** The first run connects, beside those of all other metrics: that it takes long says nothing. */
  function overrun({ skippedTicks, durationMs, atMs }: EventOf<'run.finished'>): Line[] {
    const isWarmUp = isFirst
    isFirst = false
    if (skippedTicks === 0 || isWarmUp) return []
    return skipped.add('ticks', skippedTicks, atMs).map((sum) => {
      // Mostly the run is to blame; after a machine's sleep it was not.
      const took = `the last run took ${formatElapsed(durationMs)}`
      const text = `${countOf(sum.amount, 'tick')} skipped${inAll(sum)}: ${took}`
      return line('warn', text, { skipped: sum.amount, total: sum.total })
    })
  }

  return {
    'run.started': () => [],
    'run.finished': (event) => [
      fetched(event, trouble.end(event.atMs), isNews(event.rows > 0, event.atMs)),
      ...overrun(event),
      ...tellFlags(event.flags),
    ],
    'run.failed': (event) => {
      const { code, sqlState = '' } = event.error
      return [failed(event, trouble.fail(`${code} ${sqlState}`, event.atMs))]
    },
  }
}

/** The outcome of a run; how it stands to the runs before it decides whether it is news. */
function fetched(event: EventOf<'run.finished'>, ended: TroubleEnd | undefined, isNews: boolean): Line {
  const { rows, bytes, durationMs, isCut, isSent } = event
  const size = rows === 0 ? '0 rows' : `fetched ${countOf(rows, 'row')} (${formatBytes(bytes)})`
  const notes = `${isCut ? ', the rest was cut' : ''}${rows > 0 && !isSent ? ', not sent' : ''}`
  const outcome = `${size} in ${formatElapsed(durationMs)}${notes}`
  const fields = { rows, bytes, durationMs }
  if (ended === undefined) return line(isNews ? 'info' : 'debug', outcome, fields)
  const recovered = `recovered after ${countOf(ended.count, 'failure')} in ${formatElapsed(ended.lastedMs)}`
  const level = ended.wasSaid || isNews ? 'info' : 'debug'
  return line(level, `${recovered}: ${outcome}`, { ...fields, failures: ended.count })
}

const failurePrefixes: Readonly<Record<TroubleStep['kind'], string>> = {
  first: 'failed',
  changed: 'failed for another reason',
  reminder: 'still failing',
  silent: 'failed again',
}

function failed(event: EventOf<'run.failed'>, step: TroubleStep): Line {
  const { error, atMs, nextMs, durationMs, rows } = event
  const since = ` (${countOf(step.count, 'failure')} in ${formatElapsed(step.lastedMs)})`
  const prefix = `${failurePrefixes[step.kind]}${step.count === 1 ? '' : since}`
  const partly =
    rows === 0 ? '' : ` The ${countOf(rows, 'row')} that had arrived ${rows === 1 ? 'is' : 'are'} not kept.`
  const next = ` Next try in ${formatElapsed(Math.max(0, nextMs - atMs))}.`
  const fields = { ...errorFields(error), failures: step.count, durationMs }
  const level = step.kind === 'silent' ? 'debug' : 'warn'
  return line(level, `${prefix}: ${sentenceOf(error)}${partly}${next}`, fields)
}

/**
 * True for the first run, and where "0 rows" and "rows" changed places, but not more often than once a
 * minute.
 */
function createRowsWatch(): (hasRows: boolean, atMs: number) => boolean {
  let said: { readonly hasRows: boolean; readonly atMs: number } | undefined
  return (hasRows, atMs) => {
    const isKnown = said !== undefined && (said.hasRows === hasRows || Math.abs(atMs - said.atMs) < flapMs)
    if (!isKnown) said = { hasRows, atMs }
    return !isKnown
  }
}
