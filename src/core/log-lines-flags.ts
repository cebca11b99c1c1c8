// Says once per column and reason that a value could not be passed on as the database meant it, and what
// cures it.

import { type Line, line } from './log-record.ts'
import type { Flag, FlagReason } from './source.ts'

/** Columns and reasons that one metric is told of; one line says that there are more. */
const maxFlags = 100

/** What a reason means, without a full stop. */
export const flagSentences: Readonly<Record<FlagReason, string>> = {
  cut_by_driver: 'the driver gave fewer characters than the database holds',
  not_a_number: 'a NaN or an infinity is sent as null',
  zone_unknown: 'the driver does not tell the time zone of its timestamps, so none is sent',
  rounded: 'the driver passed the number through a double, so digits may be lost',
  shortened: 'a line was longer than 256 KiB, so its longest strings were shortened',
  unreadable: 'a value is no text in the encoding that was announced',
  out_of_range: 'the driver cannot express a date',
  renamed: 'the column was renamed, for its name has spaces or comes twice',
  rows_cut: 'a run had more rows or bytes than its bounds allow, the rest was cut',
}

export function createFlagVoice(): (flags: readonly Flag[]) => Line[] {
  const said = new Set<string>()
  return (flags) => flags.flatMap((flag) => tell(flag, said))
}

function tell({ column, why, cure }: Flag, said: Set<string>): Line[] {
  const key = `${why} ${column}`
  if (said.has(key) || said.size > maxFlags) return []
  said.add(key)
  if (said.size > maxFlags) {
    return [
      line('warn', `more than ${maxFlags} columns and reasons are flagged; the run lines name them all`),
    ]
  }
  const where = column === '*' ? '' : `column "${column}": `
  const remedy = cure === undefined ? '' : ` Cure: ${cure}`
  return [line('warn', `${where}${flagSentences[why]}.${remedy}`, { column, why })]
}
