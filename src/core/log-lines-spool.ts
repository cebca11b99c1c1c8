// What the log says about a spool: how full it is, what was dropped, and whether it can be written.

import { sentenceOf } from './errors.ts'
import type { DropReason } from './events.ts'
import { errorFields, type Line, line, type Voice } from './log-record.ts'
import { createTally, createTrouble, type Sum } from './log-repeats.ts'
import { countOf, formatBytes, formatElapsed, inAll } from './quantity.ts'

export type SpoolVoice = {
  readonly voice: Voice<
    'spool.depth' | 'spool.failed' | 'spool.recovered' | 'spool.quarantined' | 'rows.dropped'
  >
  /** Sums that are due, or all that were not said. */
  readonly sums: (atMs: number, isLast?: boolean) => Line[]
}

const dropQuietMs = 60_000
/** Shares of a bound that are told when they are reached, in percent. */
const marks = [50, 80, 100] as const
/** A mark is told again only after the level was this much below it. */
const hysteresisPercent = 10

const dropReasons: Readonly<Record<DropReason, string>> = {
  spool_full: "the metric's spool is full",
  spool_total: 'all spools together are full',
  disk_low: 'less is free on its disk than --disk_reserve',
  spool_damaged: 'the spool was damaged',
  dead_letters_full: 'there is no more room for dead letters',
}

export function createSpoolVoice(maxBytes: number): SpoolVoice {
  const drops = createTally(dropQuietMs)
  const trouble = createTrouble()
  const tellLevel = createLevelWatch('its spool', maxBytes)
  return {
    voice: {
      'spool.depth': ({ depth }) => tellLevel(depth.bytes),
      'spool.failed': ({ error, atMs }) => {
        const isLoud = trouble.fail(error.code, atMs).kind !== 'silent'
        const text = `rows cannot be spooled: ${sentenceOf(error)}`
        return [line(isLoud ? 'error' : 'debug', text, errorFields(error))]
      },
      'spool.recovered': ({ atMs }) => {
        const ended = trouble.end(atMs)
        if (ended?.wasSaid !== true) return []
        return [line('info', `its spool can be written again after ${formatElapsed(ended.lastedMs)}`)]
      },
      'spool.quarantined': ({ error, copyPath, saved = 0, lost }) => {
        const text = `${sentenceOf(error)} The file is kept as ${copyPath} and a new one begun`
        const fields = { ...errorFields(error), copyPath, saved, ...(lost === undefined ? {} : { lost }) }
        return [line('error', `${text}${fateOf(saved, lost)}.`, fields)]
      },
      'rows.dropped': ({ reason, rows, atMs }) => drops.add(reason, rows, atMs).map(dropped),
    },
    sums: (atMs, isLast) => drops.due(atMs, isLast).map(dropped),
  }
}

/** Tells when a level passes a mark upwards, and when it is well below all of them again. */
export function createLevelWatch(what: string, maxBytes: number): (bytes: number) => Line[] {
  let reached = 0
  return (bytes) => {
    const percent = Math.floor((bytes / maxBytes) * 100)
    const mark = markUpTo(percent)
    const size = `${formatBytes(bytes)} of ${formatBytes(maxBytes)}`
    if (mark > reached) {
      reached = mark
      const then = mark === 100 ? ': its oldest rows are dropped' : ''
      return [line('warn', `${what} is ${percent}% full (${size})${then}`, { bytes, maxBytes })]
    }
    const wasReached = reached > 0
    while (reached > 0 && percent < reached - hysteresisPercent) reached = markUpTo(reached - 1)
    if (!wasReached || reached > 0) return []
    return [line('info', `${what} has room again (${size})`, { bytes, maxBytes })]
  }
}

/** What became of the rows of a damaged spool. */
function fateOf(saved: number, lost: number | undefined): string {
  const found = saved === 0 ? '' : ` with the ${countOf(saved, 'row')} that could be read`
  if (lost === 0)
    return saved === 0 ? '; no row waited in it' : ` with all ${countOf(saved, 'row')} that waited`
  if (lost === undefined) return `${found}; how many more it held cannot be told`
  return `${found}; ${countOf(lost, 'row')} cannot be read`
}

function markUpTo(percent: number): number {
  return marks.findLast((mark) => mark <= percent) ?? 0
}

function dropped(sum: Sum): Line {
  const { key, amount: rows, total } = sum
  const reason = key as DropReason // the tally's keys are the reasons it was given
  const why = `because ${dropReasons[reason]}`
  const text = `${countOf(rows, 'row')} dropped, the oldest first, ${why}${inAll(sum)}`
  return { ...line('warn', text, { rows, total, reason }), event: 'rows.dropped' }
}
