// The tables of a database under test: one with a column for each cell, a row with the values and a row of
// NULLs, and one with a text that is longer than a line. What their rows must be as lines, and as labels.

import { arrivalOf, columnOf, type FidelityCell, labelOf, type Way } from './cell.ts'
import type { FidelityTable } from './matrix.ts'

/** Characters of the long text. */
const longLength = 1_000_000

export function statementsOf({ cells, longText }: FidelityTable): string[] {
  const columns = cells.map((of, index) => `${columnOf(of, index)} ${of.type} null`)
  return [
    `create table fidelity (n integer, ${columns.join(', ')})`,
    `insert into fidelity values (1, ${cells.map(({ sql }) => sql).join(', ')})`,
    'insert into fidelity (n) values (2)',
    `create table fidelity_long (word varchar(10), long_text ${longText.type})`,
    `insert into fidelity_long values ('kept', ${longText.sql(longLength)})`,
  ]
}

export function valuesQuery(cells: readonly FidelityCell[]): string {
  return `select ${cells.map(columnOf).join(', ')} from fidelity order by n`
}

export const longQuery = 'select word, long_text from fidelity_long'

/** JSON by column, of both rows. */
export function expectedLines(cells: readonly FidelityCell[], way: Way): Record<string, string>[] {
  const columns = cells.map(columnOf)
  const values = cells.map((of, index) => [columns[index], arrivalOf(of, way).json])
  return [Object.fromEntries(values), Object.fromEntries(columns.map((column) => [column, 'null']))]
}

export function expectedLabels(lines: readonly Record<string, string>[]): Record<string, string>[] {
  return lines.map((line) => {
    const labels = Object.entries(line).flatMap(([column, json]) => {
      const label = labelOf(json)
      return label === undefined ? [] : [[column, label]]
    })
    return Object.fromEntries(labels)
  })
}

/** As the run line tells them, in its order. */
export function expectedFlags(cells: readonly FidelityCell[], way: Way): { column: string; why: string }[] {
  return cells.flatMap((of, index) =>
    arrivalOf(of, way).flags.map((why) => ({ column: columnOf(of, index), why })),
  )
}

/** The values of a line by column, as they are written: digits and escapes untouched. */
export function writtenCells(line: string): Record<string, string> {
  const written = (_: string, value: unknown, context: { source?: string }) => context.source ?? value
  // The reviver's third parameter is newer than TypeScript's library; a line is an object of plain values.
  return JSON.parse(line, written as (key: string, value: unknown) => unknown) as Record<string, string>
}
