import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { createNarrator } from '../../src/core/log-lines.ts'
import { bounds, listener } from './narrator.ts'

describe('the lines of delivery', () => {
  const away: ErrorReport = { code: 'loki_server_error', message: 'Loki answered 500.' }
  const sent = { type: 'push.delivered', rows: 12, bytes: 1_200, durationMs: 23 } as const
  const push = (failures: number, outcome = 'retry') =>
    ({ type: 'push.failed', error: away, outcome, failures }) as const

  it('tell of the first push and of later ones only to who debugs', () => {
    const { tell } = listener()
    expect(tell(sent)).toEqual(['info sent 12 rows (1.2 KiB) in 23ms'])
    expect(tell(sent)).toEqual(['debug sent 12 rows (1.2 KiB) in 23ms'])
  })

  it('count run lines apart: the first rows are news, a run line is not', () => {
    const { tell } = listener()
    expect(tell({ ...sent, rows: 1, isRunLine: true })).toEqual(['debug sent 1 run line (1.2 KiB) in 23ms'])
    expect(tell(sent)).toEqual(['info sent 12 rows (1.2 KiB) in 23ms'])
  })

  it('tell of pushes that failed three times in a row, and when they work again', () => {
    const { tell } = listener()
    tell(sent)
    expect(tell(push(1))).toEqual(['debug a push was not taken (retry): Loki answered 500.'])
    expect(tell(push(2))).toEqual(['debug a push was not taken (retry): Loki answered 500.'])
    expect(tell(push(3))).toEqual(['warn rows are not delivered and wait in the spool: Loki answered 500.'])
    expect(tell(push(4))).toEqual(['debug a push was not taken (retry): Loki answered 500.'])
    expect(tell(sent)).toEqual(['info delivery works again after 2s: sent 12 rows (1.2 KiB) in 23ms'])
  })

  it('leave a push that is halved to the events that follow it', () => {
    const { tell, loud } = listener()
    tell(push(5, 'split'))
    tell(push(6, 'refused'))
    expect(loud()).toEqual([])
  })

  it('sum up dead letters by reason, at most once a minute', () => {
    const { tell } = listener()
    const dead = { type: 'dead_letters.added', rows: 3, reason: 'too_long', said: 'max entry size' } as const
    expect(tell(dead)).toEqual([
      'warn Loki refused 3 rows for good (too_long), kept as dead letters. It said: max entry size',
    ])
    expect(tell(dead)).toEqual([])
    expect(tell(sent, 60_000)).toEqual([
      'info sent 12 rows (1.2 KiB) in 23ms',
      'warn Loki refused 3 rows for good (too_long), kept as dead letters, 6 in all.',
    ])
  })

  it('tell of time stamps and clocks', () => {
    const { tell } = listener()
    expect(tell({ type: 'push.restamped', rows: 2, reason: 'too_far_behind' })).toEqual([
      'warn Loki refused the time of 2 rows (too_far_behind), sent again with a new one',
    ])
    expect(tell({ type: 'clock.stepped', behindMs: 7_200_000 })).toEqual([
      "warn this machine's clock went back by 2h: rows now carry its new time",
    ])
    const ahead = { type: 'clock.ahead', aheadMs: 360_000 } as const
    expect(tell(ahead)).toEqual([
      "warn this machine's clock is 6m ahead of Loki's: rows wait until the two are near",
    ])
    expect(tell(ahead)).toEqual([])
  })
})

describe('the lines of the spool', () => {
  const depth = (bytes: number) =>
    ({ type: 'spool.depth', depth: { bytes, rows: 1, deadLetters: 0 } }) as const

  it('tell at 50, 80 and 100 percent, and when there is room again', () => {
    const { tell } = listener()
    expect(tell(depth(499_999))).toEqual([])
    expect(tell(depth(500_000))).toEqual(['warn its spool is 50% full (488 KiB of 977 KiB)'])
    expect(tell(depth(799_999))).toEqual([])
    expect(tell(depth(800_000))).toEqual(['warn its spool is 80% full (781 KiB of 977 KiB)'])
    expect(tell(depth(750_000))).toEqual([])
    expect(tell(depth(800_000))).toEqual([])
    expect(tell(depth(1_000_000))).toEqual([
      'warn its spool is 100% full (977 KiB of 977 KiB): its oldest rows are dropped',
    ])
    expect(tell(depth(600_000))).toEqual([])
    expect(tell(depth(0))).toEqual(['info its spool has room again (0 B of 977 KiB)'])
  })

  it('tell of all spools together', () => {
    const narrate = createNarrator(bounds)
    const messages = Array.from({ length: 12 }, (_, index) =>
      narrate({ ...depth(450_000), atMs: 0, metric: `metric_${index}` }),
    ).flat()
    expect(messages).toMatchObject([
      { level: 'warn', message: 'the room for all spools is 54% full (5.1 MiB of 9.5 MiB)' },
    ])
    expect(messages[0]).not.toHaveProperty('metric')
  })

  it('sum up dropped rows by reason, at most once a minute, the rest at the end', () => {
    const { tell, loud } = listener()
    const drop = { type: 'rows.dropped', rows: 5, bytes: 100, reason: 'spool_full' } as const
    for (let times = 0; times < 1_000; times += 1) tell(drop, 100)
    expect(loud()).toEqual([
      "warn 5 rows dropped, the oldest first, because the metric's spool is full",
      "warn 3,000 rows dropped, the oldest first, because the metric's spool is full, 3,005 in all",
    ])
    expect(tell({ type: 'service.stopped', spooledRows: 1 })).toEqual([
      "warn 1,995 rows dropped, the oldest first, because the metric's spool is full, 5,000 in all",
      'info stopped, 1 row kept in the spool',
    ])
  })

  it('tell when it cannot be written, when it can again, and of a damaged file', () => {
    const { tell } = listener()
    const full: ErrorReport = { code: 'spool_write_failed', message: 'The disk is full.' }
    expect(tell({ type: 'spool.failed', error: full })).toEqual([
      'error rows cannot be spooled: The disk is full.',
    ])
    expect(tell({ type: 'spool.failed', error: full })).toEqual([
      'debug rows cannot be spooled: The disk is full.',
    ])
    expect(tell({ type: 'spool.recovered' })).toEqual(['info its spool can be written again after 2s'])
    const damaged: ErrorReport = { code: 'spool_damaged', message: 'The spool is damaged.' }
    const begun = 'error The spool is damaged. The file is kept as /s/a.damaged and a new one begun'
    const quarantined = { type: 'spool.quarantined', error: damaged, copyPath: '/s/a.damaged' } as const
    expect(tell(quarantined)).toEqual([`${begun}; how many more it held cannot be told.`])
    expect(tell({ ...quarantined, saved: 2, lost: 0 })).toEqual([`${begun} with all 2 rows that waited.`])
    expect(tell({ ...quarantined, saved: 0, lost: 0 })).toEqual([`${begun}; no row waited in it.`])
    expect(tell({ ...quarantined, saved: 2, lost: 1 })).toEqual([
      `${begun} with the 2 rows that could be read; 1 row cannot be read.`,
    ])
  })
})
