import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { createNarrator } from '../../src/core/log-lines.ts'
import { bounds, broken, failed, finished, listener, timeout } from './narrator.ts'

describe('the lines of a worker', () => {
  const lost: ErrorReport = { code: 'worker_crashed', message: 'It ran out of memory.' }
  const loss = { type: 'worker.lost', metric: 'show_locks', error: lost, restartMs: 200 } as const
  const restart = 'It ran out of memory. A new one starts in 200ms.'

  it('tell of isolation, loss and a stuck one', () => {
    const { tell } = listener()
    expect(tell({ type: 'metric.isolated', error: timeout })).toEqual([
      'warn moved to the second driver host: The query took longer than 5s. Raise its timeout.',
    ])
    expect(tell({ type: 'metric.returned' })).toEqual(['info back on the main driver host'])
    expect(tell({ type: 'worker.stuck', metric: 'show_locks' })).toEqual([
      'error its worker does not answer and is replaced',
    ])
    expect(tell(loss)).toEqual([`error its worker was lost: ${restart}`])
    expect(tell(loss)).toEqual([`debug its worker was lost: ${restart}`])
    expect(tell(loss, 600_000)).toEqual([`error its worker was lost, 2 times since last told: ${restart}`])
  })

  it('stay few when it dies a thousand times', () => {
    const { tell, loud } = listener()
    const started = { type: 'metric.started', intervalMs: 2_000, isSending: true } as const
    tell(started)
    for (let times = 0; times < 1_000; times += 1) {
      tell(loss, 500)
      tell(started, 500)
    }
    expect(loud()).toEqual([
      'info started, runs every 2s',
      `error its worker was lost: ${restart}`,
      'info started, runs every 2s',
      `error its worker was lost, 600 times since last told: ${restart}`,
      'info started, runs every 2s',
    ])
  })

  it('stay few when it is isolated and comes back again and again', () => {
    const { tell, loud } = listener()
    for (let times = 0; times < 60; times += 1) {
      tell({ type: 'metric.isolated', error: timeout }, 10_000)
      tell({ type: 'metric.returned' }, 10_000)
    }
    expect(loud()).toHaveLength(2 * 20)
  })

  it('tell nothing of a former metric that left nothing', () => {
    const { tell, loud } = listener()
    tell({ type: 'metric.draining', depth: { bytes: 0, rows: 0, deadLetters: 0 } })
    tell({ type: 'metric.drained', deadLetters: 0 })
    expect(loud()).toEqual([])
  })

  it('tell of a former metric whose spool is emptied', () => {
    const { tell } = listener()
    expect(tell({ type: 'metric.draining', depth: { bytes: 3_482, rows: 1_204, deadLetters: 1 } })).toEqual([
      'info no longer configured; its spool still holds 1,204 rows (3.4 KiB) and 1 dead letter',
    ])
    expect(tell({ type: 'metric.drained', deadLetters: 0 })).toEqual([
      'info its rows are sent: nothing is left of this former metric',
    ])
    expect(tell({ type: 'metric.drained', deadLetters: 2 })).toEqual([
      'info its rows are sent: nothing but 2 dead letters is left of this former metric',
    ])
  })
})

describe('a record', () => {
  it('carries time, metric, event and fields for programs', () => {
    const { tell, told } = listener()
    tell(failed(broken, 1))
    tell({ type: 'warning', error: timeout })
    expect(told).toMatchObject([
      {
        atMs: 1_001_000,
        level: 'warn',
        metric: 'show_locks',
        event: 'run.failed',
        fields: {
          code: 'query_failed',
          sqlState: '42P01',
          said: broken.said,
          failures: 1,
          durationMs: 5_000,
        },
      },
      { event: 'warning', message: 'The query took longer than 5s. Raise its timeout.' },
    ])
    expect(told[1]).not.toHaveProperty('metric')
  })

  it('of a sum names the events that it sums up, not the one that let it out', () => {
    const { tell, told } = listener()
    const drop = { type: 'rows.dropped', rows: 5, bytes: 100, reason: 'spool_full' } as const
    tell(drop)
    tell(drop)
    tell(finished(), 60_000)
    expect(told.map(({ event }) => event)).toEqual(['rows.dropped', 'run.finished', 'rows.dropped'])
  })

  it('of a metric beyond a thousand makes the oldest one forgotten', () => {
    const narrate = createNarrator(bounds)
    const levelOf = (metric: string) => narrate({ ...finished(), atMs: 0, metric })[0]?.level
    for (let index = 0; index < 1_000; index += 1) levelOf(`metric_${index}`)
    expect(levelOf('metric_0')).toBe('debug')
    levelOf('one_more')
    expect(levelOf('metric_0')).toBe('info')
  })
})
