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
        .map((why) => ({ column, why, cure: cures[why] })),
    )
  }
}

/** Plain words, because a cast is spelled differently from database to database. */
const cures: Readonly<Record<FlagReason, string>> = {
  cut_by_driver: 'Select it as unbounded text (PostgreSQL: column::text), or use --odbc_binding direct.',
  not_a_number: 'Cast the column to text to keep NaN and the infinities apart.',
  zone_unknown: "Select it in UTC as text (PostgreSQL: (column at time zone 'UTC')::text || 'Z').",
  rounded: 'Cast the column to text, or use --odbc_binding direct.',
  shortened: 'Select only a part of the column (left(column, 10000)).',
  unreadable: 'Select the column as bytes (PostgreSQL: column::bytea): they arrive as base64.',
  out_of_range: 'Cast the column to text.',
  renamed: 'Give the column a name of its own: select … as name.',
  rows_cut: 'Select fewer rows (limit, where).',
}
