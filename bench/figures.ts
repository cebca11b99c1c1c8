// The figures that works yield: how the tables name them, and their units.

export const figures = {
  cpuPerRowUs: { title: 'CPU a row', unit: 'µs' },
  memoryMb: { title: 'memory', unit: 'MB' },
} as const satisfies Record<string, { readonly title: string; readonly unit: string }>

export type FigureName = keyof typeof figures

/** Three digits: a fourth would be noise. */
export function textOf(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${text} ${unit}`
}
