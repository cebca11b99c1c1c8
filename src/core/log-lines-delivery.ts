// What the log says about a metric's way to Loki: sent, refused, sent again, and clocks that disagree.

import { sentenceOf } from './errors.ts'
import type { EventOf } from './events.ts'
import { errorFields, type Line, line, type Voice } from './log-record.ts'
import { createTally, createTrouble, reminderMs, type Sum } from './log-repeats.ts'
import { countOf, formatBytes, formatElapsed, inAll } from './quantity.ts'

type PushVoice = Voice<'push.delivered' | 'push.failed'>
type ClockVoice = Voice<'clock.stepped' | 'clock.ahead'>

export type DeliveryVoice = {
  readonly voice: PushVoice & ClockVoice & Voice<'push.restamped' | 'dead_letters.added'>
  /** Sums that are due, or all that were not said. */
  readonly sums: (atMs: number, isLast?: boolean) => Line[]
}

/** Pushes that fail fewer times in a row mend themselves; a Loki that is away has a line of its own. */
const failuresToTell = 3
const deadLetterQuietMs = 60_000

export function createDeliveryVoice(): DeliveryVoice {
  const deadLetters = createTally(deadLetterQuietMs)
  const restamped = createTally(reminderMs)
  return {
    voice: {
      ...createPushVoice(),
      ...createClockVoice(),
      'push.restamped': ({ reason, rows, atMs }) => restamped.add(reason, rows, atMs).map(stamped),
      'dead_letters.added': ({ reason, rows, said, atMs }) =>
        deadLetters.add(reason, rows, atMs).map((sum) => refused(sum, said)),
    },
    sums: (atMs, isLast) => [
      ...deadLetters.due(atMs, isLast).map((sum) => refused(sum)),
      ...restamped.due(atMs, isLast).map(stamped),
    ],
  }
}

function createPushVoice(): PushVoice {
  const trouble = createTrouble()
  let hasDelivered = false

  function delivered({ rows, bytes, durationMs, isRunLine, atMs }: EventOf<'push.delivered'>): Line {
    const ended = trouble.end(atMs)
    const wasSaid = ended?.wasSaid === true
    const hasRows = isRunLine !== true
    const isNews = wasSaid || (hasRows && !hasDelivered)
    hasDelivered ||= hasRows
    const again = wasSaid ? `delivery works again after ${formatElapsed(ended.lastedMs)}: ` : ''
    const size = `${countOf(rows, hasRows ? 'row' : 'run line')} (${formatBytes(bytes)})`
    const text = `sent ${size} in ${formatElapsed(durationMs)}`
    return line(isNews ? 'info' : 'debug', `${again}${text}`, { rows, bytes, durationMs })
  }

  function failed({ error, outcome, failures, atMs }: EventOf<'push.failed'>): Line {
    // A push that is halved or partly refused goes on at once; what comes of it has its own events.
    const isStanding = outcome !== 'split' && outcome !== 'refused' && failures >= failuresToTell
    const kind = isStanding ? trouble.fail(error.code, atMs).kind : 'silent'
    const fields = { ...errorFields(error), outcome, failures }
    if (kind === 'silent') {
      return line('debug', `a push was not taken (${outcome}): ${sentenceOf(error)}`, fields)
    }
    const state = kind === 'reminder' ? 'rows are still not delivered' : 'rows are not delivered'
    return line('warn', `${state} and wait in the spool: ${sentenceOf(error)}`, fields)
  }

  return {
    'push.delivered': (event) => [delivered(event)],
    'push.failed': (event) => [failed(event)],
  }
}

function createClockVoice(): ClockVoice {
  const quiet = createTally(reminderMs)
  return {
    'clock.stepped': ({ behindMs, atMs }) => {
      const text = `this machine's clock went back by ${formatElapsed(behindMs)}: rows now carry its new time`
      return quiet.add('stepped', 1, atMs).map(() => line('warn', text, { behindMs }))
    },
    'clock.ahead': ({ aheadMs, atMs }) => {
      const clocks = `this machine's clock is ${formatElapsed(aheadMs)} ahead of Loki's`
      const text = `${clocks}: rows wait until the two are near`
      return quiet.add('ahead', 1, atMs).map(() => line('warn', text, { aheadMs }))
    },
  }
}

function refused(sum: Sum, said?: string): Line {
  const { key: reason, amount: rows, total } = sum
  const words = said === undefined ? '' : ` It said: ${said}`
  const text = `Loki refused ${countOf(rows, 'row')} for good (${reason}), kept as dead letters${inAll(sum)}.`
  return { ...line('warn', `${text}${words}`, { rows, total, reason }), event: 'dead_letters.added' }
}

function stamped(sum: Sum): Line {
  const { key: reason, amount: rows, total } = sum
  const refusal = `Loki refused the time of ${countOf(rows, 'row')} (${reason})`
  const text = `${refusal}, sent again with a new one${inAll(sum)}`
  return { ...line('warn', text, { rows, total, reason }), event: 'push.restamped' }
}
