// What LogQL's `| json` makes of column names: `check` warns of those that are called otherwise there, and
// dashboards ask for them by these names.

/** What every entry carries beside its line and its own labels: a column of that name is renamed. */
export const entryLabels: readonly string[] = [
  'job',
  'host',
  'database',
  'service_name',
  'response_time',
  'run_id',
  'detected_level',
]

/**
 * `host → host_extracted`: each renamed column of a row, given the names that its entry carries beside the
 * line.
 */
export function renamedByJson(row: string, taken: readonly string[]): { column: string; renamed: string }[] {
  const parsed: unknown = JSON.parse(row)
  if (typeof parsed !== 'object' || parsed === null) return []
  return Object.keys(parsed).flatMap((column) => {
    const renamed = nameInJson(column, taken)
    return renamed === column ? [] : [{ column, renamed }]
  })
}

/**
 * Characters outside [a-zA-Z0-9_] become `_`, a leading digit gets one before it, a taken name `_extracted`.
 */
export function nameInJson(column: string, taken: readonly string[]): string {
  const clean = column.replaceAll(/[^a-zA-Z0-9_]/gu, '_').replace(/^(?=\d)/, '_')
  return taken.includes(clean) ? `${clean}_extracted` : clean
}
