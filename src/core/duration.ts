// Durations as people write them: `500ms`, `2s`, `5m`, `1h`, `1d`, or a number of seconds.

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a written duration, or undefined where it is none. Fractions are allowed: `1.5h`. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  if (match === null) return undefined
  const unit = (match[2] ?? 's') as keyof typeof unitsMs // the expression admits no other
  return Number(match[1]) * unitsMs[unit]
}

/** The shortest exact spelling, down to whole milliseconds: 90000 is `90s`, 7200000 is `2h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms * 1_000) / 1_000}ms`
  for (const unit of ['d', 'h', 'm'] as const) {
    if (ms % unitsMs[unit] === 0) return `${ms / unitsMs[unit]}${unit}`
  }
  return `${Math.round(ms) / 1_000}s`
}
