import { describe, expect, it } from 'vitest'
import type { RowtailEvent } from '../../src/core/events.ts'
import { createBacklogVoice } from '../../src/demo/backlog.ts'

const error = { code: 'loki_unreachable', message: 'Loki cannot be reached.' } as const

function depth(atMs: number, rows: number, metric = 'show_locks'): RowtailEvent {
  return { type: 'spool.depth', atMs, metric, depth: { rows, bytes: rows * 100, deadLetters: 0 } }
}

describe('what the demo tells of a backlog', () => {
  it('is nothing while Loki takes rows', () => {
    const tell = createBacklogVoice()
    expect([depth(0, 5), depth(10, 0), depth(20, 7)].map(tell)).toEqual([undefined, undefined, undefined])
  })

  it('is how it grows and drains, at most every three seconds, and its end at once', () => {
    const tell = createBacklogVoice()
    tell({ type: 'sink.lost', atMs: 0, error })
    const told = [
      depth(1, 5),
      depth(3_000, 9),
      depth(3_001, 9),
      depth(3_500, 1, 'get_license_info'),
      depth(9_000, 4),
      depth(9_001, 0, 'get_license_info'),
      depth(9_002, 0),
      depth(20_000, 3),
    ].map(tell)
    expect(told).toEqual([
      '5 rows (500 B) wait on disk, and more to come',
      undefined,
      '9 rows (900 B) wait on disk, and more to come',
      undefined,
      '5 rows (500 B) wait on disk, and fewer by the moment',
      undefined,
      'every row that waited is in Loki',
      undefined,
    ])
  })
})
