// Says once per column and reason that a value could not be passed on as the database meant it, and what
// cures it. The log and the commands `check` and `once` use the same sentences.

import { type Line, line } from './log-record.ts'
import type { Flag, FlagReason } from './source.ts'

/** Columns and reasons that one metric is told of; one line says that there are more. */
const maxFlags = 100
/** Columns that one line names. */
const maxNamed = 10

/** What a reason means, without a full stop. */
const flagSentences: Readonly<Record<FlagReason, string>> = {
  cut_by_driver: 'the driver gave fewer characters than the database holds',
  not_a_number: 'a NaN or an infinity is sent as null',
  zone_unknown: 'the driver does not tell the time zone of its timestamps, so none is sent',
  rounded: 'the driver passed the number through a double, so digits may be lost',
  shortened: 'a line was longer than 256 KiB, so its longest strings were shortened',
  unreadable: 'a value is no text in the encoding that was announced',
  out_of_range: 'the driver cannot express a value of this range',
  renamed: 'the database gives the name twice or not at all, so this one was made up',
  rows_cut: 'a run had more rows or bytes than its bounds allow, the rest was cut',
}

export function createFlagVoice(): (flags: readonly Flag[]) => Line[] {
  const said = new Set<string>()
  return (flags) => {
    const isFull = said.size > maxFlags
    const news = isFull ? [] : flags.filter((flag) => !said.has(keyOf(flag)))
    const told = news.slice(0, maxFlags - said.size)
    for (const flag of news.slice(0, told.length + 1)) said.add(keyOf(flag))
    const lines = sentencesOfFlags(told).map(({ text, ...fields }) => line('warn', text, fields))
    if (news.length > told.length) lines.push(line('warn', moreFlags))
    return lines
  }
}

const moreFlags = `more than ${maxFlags} columns and reasons are flagged; the run lines name them all`

/** One sentence a reason, however many columns it holds for. */
export function sentencesOfFlags(
  flags: readonly Flag[],
): { readonly why: FlagReason; readonly columns: string[]; readonly text: string }[] {
  return [...Map.groupBy(flags, ({ why }) => why)].map(([why, alike]) => {
    const columns = alike.map(({ column }) => column)
    const cure = alike[0]?.cure
    const remedy = cure === undefined ? '' : ` Cure: ${cure}`
    return { why, columns, text: `${where(columns)}${flagSentences[why]}.${remedy}` }
  })
}

function where(columns: readonly string[]): string {
  const [first, ...others] = columns
  if (first === undefined || first === '*') return ''
  if (others.length === 0) return `column "${first}": `
  const named = columns.slice(0, maxNamed).map((column) => `"${column}"`)
  const rest = columns.length > maxNamed ? ` and ${columns.length - maxNamed} more` : ''
  return `columns ${named.join(', ')}${rest}: `
}

function keyOf({ column, why }: Flag): string {
  return `${why} ${column}`
}
