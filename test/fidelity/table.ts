// A table of a database under test: a column for each cell, a row with the values, a row of NULLs. What its
// rows must be as lines, and as labels behind `| json`.

import { arrivalOf, columnOf, type FidelityCell, labelOf, rowNumber, type Way } from './cell.ts'

export const tableName = 'fidelity'

/** `suffix` is what the dialect wants behind the columns. */
export function statementsOf(cells: readonly FidelityCell[], suffix = ''): string[] {
  const columns = cells.map((of, index) => `${columnOf(of, index)} ${of.type} null`)
  const values = cells.map(({ sql }) => sql)
  return [
    `create table ${tableName} (${rowNumber} integer, ${columns.join(', ')}) ${suffix}`,
    `insert into ${tableName} values (1, ${values.join(', ')})`,
    `insert into ${tableName} (${rowNumber}) values (2)`,
  ]
}

export function queryOf(cells: readonly FidelityCell[]): string {
  const columns = cells.map(columnOf)
  return `select ${[rowNumber, ...columns].join(', ')} from ${tableName} order by ${rowNumber}`
}

/** JSON by column, of both rows. */
export function expectedLines(cells: readonly FidelityCell[], way: Way): Record<string, string>[] {
  const columns = cells.map(columnOf)
  const values = cells.map((of, index) => [columns[index], arrivalOf(of, way).json])
  const nulls = columns.map((column) => [column, 'null'])
  return [
    { [rowNumber]: '1', ...Object.fromEntries(values) },
    { [rowNumber]: '2', ...Object.fromEntries(nulls) },
  ]
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
