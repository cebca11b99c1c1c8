// Tables of the spool commands: columns as wide as their widest cell, numbers to the right.

/** One line each for the heads and every row. */
export function tableLines(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  return table.map((cells) =>
    cells
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number): string {
  return /^[\d,]+$/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
}
