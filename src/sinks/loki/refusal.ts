// Reads which entries Loki refused, and why, from the text of a 400. Loki stores the other entries of the
// push. Its ingester names up to ten refused entries by time; its distributor only counts, grouped by equal
// text, and for a label at fault counts one for the whole stream. Called by outcome.ts.

import type { PushOutcome, Refusal, RefusalReason } from '../../core/sink.ts'
import { reportOf } from './answer.ts'
import type { Answer } from './client.ts'

type RefusedOutcome = Extract<PushOutcome, { kind: 'refused' }>
type Group = { readonly refusal: Refusal; readonly count: number }

const maxSaidCharacters = 500
/** Labels stand in the middle of Loki's words, and their values may read like words of Loki. */
const labelText = /\{(?:\w+="(?:[^"\\]|\\.)*"(?:, )?)+\}/g

/** `count` is the number of entries in the push. */
export function refusedOutcome(answer: Answer, count: number): RefusedOutcome {
  const said = answer.body.trim()
  const body = said.replace(labelText, '{…}')
  const refusal = { ...refusalOf(body), said: said.slice(0, maxSaidCharacters) }
  const named = namedIn(body)
  const isWhole = count === 1 || concernsWholePush(body) || isEveryEntry(body, count)
  return { kind: 'refused', error: errorOf(answer, refusal), named, isWhole, refusal }
}

function errorOf(answer: Answer, refusal: Refusal): RefusedOutcome['error'] {
  const isTooOld = refusal.reason === 'too_old'
  return reportOf(answer, {
    code: isTooOld ? 'loki_too_old' : 'loki_refused_entries',
    message: `Loki refused entries: ${meaning[refusal.reason]}.`,
    hint: cure[refusal.reason],
  })
}

const meaning: Readonly<Record<RefusalReason, string>> = {
  too_new: 'their time is ahead of its clock',
  too_old: 'their time is before what it keeps',
  too_far_behind: 'they are more than its window behind the newest of their stream',
  too_long: 'a line is too long',
  metadata: 'their structured metadata does not pass',
  labels: 'a label of the stream does not pass',
  other: 'for a reason that rowtail does not know',
}

const cure: Readonly<Record<RefusalReason, string>> = {
  too_new: 'Compare the clocks of both machines; Loki admits creation_grace_period (10 min).',
  too_old:
    'See reject_old_samples_max_age (7 days) and the `from` of the schema in the configuration of Loki.',
  too_far_behind: 'Another writer of the same labels is ahead; Loki admits half of max_chunk_age (1 h).',
  too_long: 'Raise max_line_size in limits_config of Loki to 256KB or more.',
  metadata: 'Use --loki_metadata off for a Loki without allow_structured_metadata.',
  labels: 'Check --label and the labels of the metric against the limits of Loki.',
  other: 'The words of Loki are kept with the dead letters.',
}

/** Refusals by their words, the first match wins; each is what Loki 3 or an older one is known to say. */
const reasonPatterns: readonly (readonly [RegExp, RefusalReason])[] = [
  [/too far behind|out of order/, 'too_far_behind'],
  [/timestamp too new/, 'too_new'],
  [/timestamp too old|no schema config found/, 'too_old'],
  [/max entry size/i, 'too_long'],
  [/structured metadata|label name is empty|resulted in invalid name/, 'metadata'],
  [/label name|label value|parse labels|parsing labels|required labels|label pair/, 'labels'],
]

function refusalOf(text: string): Refusal {
  const reason = reasonPatterns.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
  return { reason, said: text.slice(0, maxSaidCharacters) }
}

/** Faults of the request or of its one stream: nothing of the push was stored. */
function concernsWholePush(body: string): boolean {
  if (/\d+ errors like: /.test(body)) return false
  const isOfStream =
    /couldn't parse labels|error parsing labels|\d+ label names; limit|label (name|value) too long/
  const isOfRequest = /^(snappy: |proto: |unexpected EOF|mime: |gzip: |Content-Encoding )/
  return (
    isOfStream.test(body) ||
    /duplicate label name|required labels|label pair/.test(body) ||
    isOfRequest.test(body)
  )
}

/** Only where the counts cover all entries and give one reason: of two reasons, no entry's own is known. */
function isEveryEntry(body: string, count: number): boolean {
  const ignored = /total ignored: (\d+) out of \d+/.exec(body)
  if (ignored !== null) return Number(ignored[1]) === count && reasonsOf(entryLines(body)).size === 1
  const groups = groupsOf(body)
  const refused = groups.reduce((sum, group) => sum + group.count, 0)
  return refused === count && reasonsOf(groups).size === 1
}

function reasonsOf(groups: readonly { refusal: Refusal }[]): Set<RefusalReason> {
  return new Set(groups.map((group) => group.refusal.reason))
}

/** `2 errors like: …; 1 errors like: …`; a single error has no count. */
function groupsOf(body: string): Group[] {
  const marks = [...body.matchAll(/(?:^|; )(\d+) errors like: /g)]
  if (marks.length === 0) return [{ refusal: refusalOf(body), count: 1 }]
  return marks.map((mark, index) => {
    const text = body.slice(mark.index + mark[0].length, marks[index + 1]?.index)
    return { refusal: refusalOf(text), count: Number(mark[1]) }
  })
}

/** Entries that are gone for good. One that met a rate limit in the same answer is not: it may go again. */
function namedIn(body: string): RefusedOutcome['named'] {
  return entryLines(body).filter(({ refusal }) => refusal.reason !== 'other')
}

/** `entry with timestamp 2026-11-25 19:41:05.62 +0000 UTC ignored, reason: '…',` as Go prints a time. */
function entryLines(body: string): { atNs: bigint; refusal: Refusal }[] {
  const line = /entry with timestamp (\S+) (\S+) \+0000 UTC ignored, reason: '([^\n]*)',$/gm
  return [...body.matchAll(line)].flatMap(([, day = '', time = '', why = '']) => {
    const atNs = parseGoTime(day, time)
    return atNs === undefined ? [] : [{ atNs, refusal: refusalOf(why) }]
  })
}

/** Go drops the trailing zeros of the fraction, and the fraction where it is zero. */
function parseGoTime(day: string, time: string): bigint | undefined {
  const [clock, fraction = ''] = time.split('.')
  const secondsMs = Date.parse(`${day}T${clock}Z`)
  if (Number.isNaN(secondsMs) || !/^\d{0,9}$/.test(fraction)) return undefined
  return BigInt(secondsMs) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}
