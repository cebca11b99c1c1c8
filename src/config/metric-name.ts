// What a metric may be called. Its name becomes the value of the label `job`, the name of its spool file and
// a word in the log, so only letters, digits and _ are allowed, beginning with a letter.

export const maxMetricNameLength = 100

/** Names of rowtail's own streams. */
export const reservedMetricNames: readonly string[] = ['rowtail', 'rowtail_log']

/** Names of devices on Windows, whatever extension a file of that name has. */
export const deviceNames: readonly string[] = [
  'con',
  'prn',
  'aux',
  'nul',
  ...Array.from('0123456789', (digit) => [`com${digit}`, `lpt${digit}`]).flat(),
]

/** What was expected instead of this name; undefined where it is fine. */
export function metricNameFault(name: string): string | undefined {
  if (!/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name)) return 'letters, digits and _, beginning with a letter'
  if (name.length > maxMetricNameLength) return `at most ${maxMetricNameLength} characters`
  if (reservedMetricNames.includes(name.toLowerCase()))
    return "another one: rowtail's own streams are called so"
  if (deviceNames.includes(name.toLowerCase())) return 'another one: Windows allows no file of that name'
  return undefined
}
