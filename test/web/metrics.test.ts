import { describe, expect, it } from 'vitest'
import type { RowtailEvent } from '../../src/core/events.ts'
import { createMetrics, families } from '../../src/web/metrics.ts'
import { everything, finished, newStatus, startedMs } from './full-status.ts'

async function expositionOf(events: readonly RowtailEvent[]): Promise<string[]> {
  const status = newStatus()
  const metrics = createMetrics()
  for (const event of events) {
    status.apply(event)
    metrics.apply(event)
  }
  return (await metrics.text(status.snapshot(startedMs + 5_000))).split('\n')
}

describe('/metrics tells', () => {
  it.each([
    'rowtail_build_info{version="0.1.0",node="' + process.versions.node + '"} 1',
    'rowtail_polling 1',
    'rowtail_login_accepted 1',
    'rowtail_host_losses_total{role="main"} 1',
    'rowtail_sink_up 0',
    'rowtail_sink_limit_bytes_per_second 4000000',
    'rowtail_sink_fast_streams 1',
    'rowtail_spool_limit_bytes{scope="metric"} 1000',
    'rowtail_spool_limit_bytes{scope="total"} 10000',
    'rowtail_metric_interval_seconds{metric="show_locks"} 2',
    'rowtail_last_success_timestamp_seconds{metric="show_locks"} 1790000001',
    'rowtail_runs_total{metric="show_locks",status="ok"} 1',
    'rowtail_runs_total{metric="show_locks",status="failed"} 1',
    'rowtail_failures_in_a_row{metric="show_locks"} 1',
    'rowtail_rows_total{metric="show_locks"} 3',
    'rowtail_run_duration_seconds_sum{metric="show_locks",status="ok"} 0.04',
    'rowtail_run_duration_seconds_bucket{le="0.025",metric="show_locks",status="ok"} 0',
    'rowtail_run_duration_seconds_bucket{le="0.05",metric="show_locks",status="ok"} 1',
    'rowtail_run_duration_seconds_sum{metric="show_locks",status="failed"} 0.7',
    'rowtail_ticks_skipped_total{metric="show_locks"} 2',
    'rowtail_tick_lateness_seconds_sum 0.007',
    'rowtail_worker_restarts_total{metric="show_locks"} 1',
    'rowtail_spool_bytes{metric="show_locks"} 512',
    'rowtail_spool_rows{metric="show_locks"} 6',
    'rowtail_spool_oldest_age_seconds{metric="show_locks"} 5',
    'rowtail_spool_writable{metric="show_locks"} 0',
    'rowtail_delivered_rows_total{metric="show_locks"} 2',
    'rowtail_delivered_bytes_total{metric="show_locks"} 200',
    'rowtail_pushes_total{metric="show_locks",outcome="delivered"} 1',
    'rowtail_pushes_total{metric="show_locks",outcome="retry"} 1',
    'rowtail_push_duration_seconds_sum 0.012',
    'rowtail_restamped_rows_total{metric="show_locks"} 1',
    'rowtail_dead_letters_kept{metric="show_locks"} 1',
    'rowtail_dead_letters_total{metric="show_locks",reason="too_long"} 1',
    'rowtail_dropped_rows_total{metric="show_locks",reason="spool_full"} 4',
  ])('%s', async (line) => {
    expect(await expositionOf(everything)).toContain(line)
  })

  it('the same at the second scrape', async () => {
    const status = newStatus()
    const metrics = createMetrics()
    for (const event of everything) status.apply(event)
    const snapshot = status.snapshot(startedMs)
    expect(await metrics.text(snapshot)).toBe(await metrics.text(snapshot))
  })

  it('nothing of the tenant limit before Loki named one', async () => {
    const lines = await expositionOf([])
    expect(lines.filter((line) => line.startsWith('rowtail_sink_limit'))).toEqual([])
  })

  it('nothing more of the spool of a former metric that is drained', async () => {
    const depth = { bytes: 1, rows: 1, deadLetters: 0 }
    const draining = { type: 'metric.draining', metric: 'former', depth, atMs: startedMs } as const
    const drained = { type: 'metric.drained', metric: 'former', deadLetters: 0, atMs: startedMs } as const
    expect(await expositionOf([draining])).toContain('rowtail_spool_bytes{metric="former"} 1')
    expect((await expositionOf([draining, drained])).join('\n')).not.toContain('former')
  })
})

describe('labels are bounded', () => {
  it('to a thousand metrics and no more', async () => {
    const named = (index: number) => ({ ...finished, metric: `m${index}` })
    const lines = await expositionOf(Array.from({ length: 1_001 }, (_, index) => named(index)))
    const counted = lines.filter((line) => line.startsWith('rowtail_rows_total'))
    expect(counted).toHaveLength(1_000)
    expect(counted.at(-1)).toContain('m999')
  })

  it('to the outcomes that are known', async () => {
    const error = { code: 'internal', message: 'x' } as const
    const failed = { type: 'push.failed', metric: 'm', error, outcome: 'new', failures: 1, atMs: 0 } as const
    expect(await expositionOf([failed])).toContain('rowtail_pushes_total{metric="m",outcome="other"} 1')
  })
})

describe('names', () => {
  it('follow Prometheus: base units, and _total for counters alone', () => {
    for (const { name, type, labels } of families) {
      expect(name).toMatch(/^rowtail_[a-z]+(_[a-z]+)*$/)
      expect(name).not.toMatch(/milliseconds|_ms\b|minutes|kilo|mega|percent|_count$|_sum$|_bucket$|_info_/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(labels.filter((label) => !/^[a-z]+$/.test(label) || label === 'le')).toEqual([])
    }
    expect(new Set(families.map(({ name }) => name.replace(/_total$/, ''))).size).toBe(families.length)
  })

  it('have a help that is a sentence', () => {
    expect(families.filter(({ help }) => !/^[A-Z].*\.$/.test(help))).toEqual([])
  })
})
