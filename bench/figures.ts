// The figures that works yield: how the tables name them, and their units.

export const figures = {
  cpuPerRowUs: { title: 'CPU a row', unit: 'µs' },
  cpuPercent: { title: 'CPU', unit: '% of a core' },
  cpu50Percent: { title: 'CPU, 50 metrics', unit: '% of a core' },
  cpu100Percent: { title: 'CPU, 100 metrics', unit: '% of a core' },
  memoryMb: { title: 'memory', unit: 'MB' },
  memory50Mb: { title: 'memory, 50 metrics', unit: 'MB' },
  memory100Mb: { title: 'memory, 100 metrics', unit: 'MB' },
  memoryPerMetricMb: { title: 'memory a further metric', unit: 'MB' },
  runDelayP99Ms: { title: 'query end → 204 for its last row, p99', unit: 'ms' },
  pushDelayP99Ms: { title: 'the same, of runs that are one push, p99', unit: 'ms' },
  late50P99Ms: { title: 'ticks late by, 50 metrics, p99', unit: 'ms' },
  late100P99Ms: { title: 'ticks late by, 100 metrics, p99', unit: 'ms' },
  rowsPerSecond: { title: 'rows a second', unit: '' },
  drain5Percent: { title: "5 streams, of Loki's limit", unit: '%' },
  drain50Percent: { title: "50 streams, of Loki's limit", unit: '%' },
  refused5Count: { title: '5 streams, 429 after the first', unit: '' },
  refused50Count: { title: '50 streams, 429 after the first', unit: '' },
  firstRowMs: { title: 'first row in Loki after', unit: 'ms' },
} as const satisfies Record<string, { readonly title: string; readonly unit: string }>

export type FigureName = keyof typeof figures

/** Three digits: a fourth would be noise. Counts are whole. */
export function textOf(value: number, unit: string): string {
  const digits = unit === '' || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${text} ${unit}`.trimEnd()
}
