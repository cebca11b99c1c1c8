// The last lines of `check`: what all metrics together would send, how long the spools last while Loki is
// away, and which limits of Loki that would meet.

import { formatBytes, countOf, formatElapsed } from '../../core/quantity.ts'
import { sinks } from '../../sinks/registry.ts'
import type { LokiLimits } from '../../sinks/loki/limits.ts'
import { bytesPerSecondOf, limitWarnings, type Planned, streamsOf } from './limit-warnings.ts'
import type { Voice } from './voice.ts'
import { volumeOf } from './volume.ts'

const daySeconds = 86_400

export async function tellVolume(planned: Omit<Planned, 'limits'>, voice: Voice): Promise<void> {
  const bytesPerDay = bytesPerSecondOf(planned) * daySeconds
  const streams = streamsOf(planned)
  const spoolSeconds = spoolSecondsOf(planned)
  voice.volume({ streams, bytesPerDay: Math.round(bytesPerDay), spoolSeconds })
  const lasts = spoolSeconds === null ? '' : `; the spools hold ${formatElapsed(spoolSeconds * 1_000)} of it`
  const text = `${countOf(streams, 'stream')}, ${formatBytes(bytesPerDay)} a day before compression${lasts}`
  voice.tell({ result: 'ok', what: 'volume', text })
  const ask = await sinks.loki.limits()
  const limits = await ask(planned.settings.loki, new AbortController().signal)
  const warnings = limitWarnings({ ...planned, limits })
  const what = 'limits of Loki'
  if (warnings.length === 0)
    voice.tell({ result: 'ok', what, text: `none would be met; ${sourceOf(limits)}` })
  for (const warning of warnings) voice.tell({ result: 'warning', what, text: warning })
  voice.limits(limits)
}

function sourceOf({ source }: LokiLimits): string {
  return source === 'config'
    ? 'they are those of its /config, and a tenant may have others'
    : 'it does not tell them here, so these are its defaults'
}

/** Until the first spool, or all together, have no room; null where nothing is sent. */
function spoolSecondsOf(planned: Omit<Planned, 'limits'>): number | null {
  const { settings, runs } = planned
  const { spoolMetricBytes, spoolTotalBytes } = settings.bounds
  const rates = runs.map((run) => volumeOf(run, settings.loki.sendsMetadata).bytesPerSecond)
  if (rates.length === 0) return null
  const total = bytesPerSecondOf(planned)
  return Math.floor(Math.min(spoolMetricBytes / Math.max(...rates), spoolTotalBytes / total))
}
