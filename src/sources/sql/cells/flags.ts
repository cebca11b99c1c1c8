// Collects what could not be passed on exactly: one flag a column and reason, with the cast that cures it.

import { flagReasons, type Flag, type FlagReason } from '../../../core/source.ts'

export class FlagBook {
  readonly #columns: readonly string[]
  /** A bit per reason and column, so that a flag in a hot loop costs one OR. */
  readonly #bits: Uint32Array

  constructor(columns: readonly string[]) {
    this.#columns = columns
    this.#bits = new Uint32Array(columns.length)
  }

  add(column: number, why: FlagReason): void {
    this.#bits[column] = (this.#bits[column] ?? 0) | (1 << flagReasons.indexOf(why))
  }

  flags(): Flag[] {
    return this.#columns.flatMap((column, index) =>
      flagReasons
        .filter((_, bit) => ((this.#bits[index] ?? 0) & (1 << bit)) !== 0)
        .map((why) => ({ column, why, ...cureOf(why) })),
    )
  }
}

/** Plain words, because the cast's spelling differs between databases. */
function cureOf(why: FlagReason): { cure: string } {
  switch (why) {
    case 'cut_by_driver':
      return { cure: 'Select it as unbounded text (PostgreSQL: column::text), or use --odbc_binding direct.' }
    case 'not_a_number':
      return { cure: 'Cast the column to text to keep NaN and the infinities apart.' }
    case 'zone_unknown':
      return {
        cure: "Select it in UTC and with its offset as text (PostgreSQL: to_char(column at time zone 'UTC', …)).",
      }
    case 'rounded':
      return { cure: 'Cast the column to text, or use --odbc_binding direct.' }
    case 'shortened':
      return { cure: 'Select only a part of the column (left(column, 10000)).' }
    case 'unreadable':
      return { cure: 'Select the column as bytes (PostgreSQL: column::bytea): they arrive as base64.' }
    case 'out_of_range':
      return { cure: 'Cast the column to text.' }
    case 'renamed':
      return { cure: 'Give the column a name of its own: select … as name.' }
    case 'rows_cut':
      return { cure: 'Select fewer rows (limit, where).' }
  }
}
