// What every Loki refuses of a push with its default limits, each at its bound and one past it, and what it
// says.

import { expect, it } from 'vitest'
import { type Line, linesFrom, pushOf } from '../support/entries.ts'
import {
  hourNs,
  minuteNs,
  nowNs,
  outcomeOf,
  type Refused,
  refused,
  storedLines,
  streamLabels,
  type Subject,
} from './sink-subject.ts'

export function refusedEntries(subject: Subject): void {
  it('takes a line of 256 KiB, and refuses one byte more while the others are stored', async () => {
    const labels = streamLabels()
    const longest = 'x'.repeat(262_144)
    const outcome = await refusedBy(subject, labels, ['first', longest, `${longest}x`, 'last'])
    expect(outcome).toMatchObject({ named: [], isWhole: false, refusal: { reason: 'too_long' } })
    expect(await storedLines(subject, labels)).toEqual(['first', longest, 'last'])
  })

  it('tells when the counts cover the whole push', async () => {
    const tooLong = 'x'.repeat(262_145)
    const outcome = await refusedBy(subject, streamLabels(), [tooLong, tooLong, tooLong])
    expect(outcome).toMatchObject({ named: [], isWhole: true, refusal: { reason: 'too_long' } })
  })

  it('takes an entry 9 minutes ahead and refuses one 11 minutes ahead', async () => {
    const labels = streamLabels()
    const [ahead, tooNew] = [nowNs() + 9n * minuteNs, nowNs() + 11n * minuteNs]
    const lines = [
      ...linesFrom(nowNs(), ['now']),
      ...linesFrom(ahead, ['ahead']),
      ...linesFrom(tooNew, ['b', 'c']),
    ]
    const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
    expect(outcome).toMatchObject({ named: [], isWhole: false, refusal: { reason: 'too_new' } })
    expect(await storedLines(subject, labels)).toEqual(['now', 'ahead'])
  })

  it('refuses entries older than a week', async () => {
    const labels = streamLabels()
    const lines = linesFrom(nowNs() - 8n * 24n * hourNs, ['a', 'b'])
    const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
    expect(outcome).toMatchObject({
      named: [],
      isWhole: true,
      refusal: { reason: 'too_old' },
      error: { code: 'loki_too_old' },
    })
  })

  it('names by time the entries that are too far behind, and stores the others', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    await outcomeOf(subject, pushOf(labels, linesFrom(atNs, ['newest'])))
    // The fraction is what a Go time prints: one of nine digits, one of one digit, none.
    const secondNs = (atNs / 1_000_000_000n) * 1_000_000_000n - 2n * hourNs
    const behind = [0n, 500_000_000n, 999_999_999n].map((extra) => ({
      atNs: secondNs + extra,
      line: 'behind',
    }))
    const lines = [...behind, ...linesFrom(atNs - 59n * minuteNs, ['inside'])]
    const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
    expect(outcome.isWhole).toBe(false)
    expect(outcome.named.map((one) => one.atNs)).toEqual(behind.map((one) => one.atNs))
    expect(new Set(outcome.named.map(({ refusal }) => refusal.reason))).toEqual(new Set(['too_far_behind']))
    expect(await storedLines(subject, labels)).toEqual(['inside', 'newest'])
  })

  it('names only ten of twenty that are too far behind, and counts all', async () => {
    const labels = streamLabels()
    await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), ['newest'])))
    const texts = Array.from({ length: 20 }, (_, index) => `behind ${index}`)
    const lines = linesFrom(nowNs() - 2n * hourNs, texts)
    const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
    expect(outcome.named.map((one) => one.atNs)).toEqual(lines.slice(0, 10).map((one) => one.atNs))
    expect(outcome).toMatchObject({ isWhole: true, refusal: { reason: 'too_far_behind' } })
  })

  it('moves its window inside a push: a descending one loses its tail', async () => {
    const labels = streamLabels()
    const atNs = nowNs()
    const lines: Line[] = [
      { atNs, line: 'new' },
      { atNs: atNs - 61n * minuteNs, line: 'old' },
    ]
    expect(refused(await outcomeOf(subject, pushOf(labels, lines))).named).toMatchObject([
      { atNs: atNs - 61n * minuteNs },
    ])
  })

  it('hides that a line is too long behind an entry that is too far behind', async () => {
    const labels = streamLabels()
    await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), ['newest'])))
    const lines = [
      ...linesFrom(nowNs() - 2n * hourNs, ['behind']),
      ...linesFrom(nowNs(), ['x'.repeat(262_145)]),
    ]
    const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
    expect(outcome).toMatchObject({ isWhole: false, refusal: { reason: 'too_far_behind' } })
    expect(outcome.named).toHaveLength(1)
  })

  it('does not claim to know one reason where all were refused for two', async () => {
    const lines = [
      ...linesFrom(nowNs() - 8n * 24n * hourNs, ['old']),
      ...linesFrom(nowNs() + 11n * minuteNs, ['new']),
    ]
    const outcome = refused(await outcomeOf(subject, pushOf(streamLabels(), lines)))
    expect(outcome).toMatchObject({ named: [], isWhole: false })
  })

  it('takes 128 pairs of metadata and 64 KiB of them, and refuses one more', async () => {
    const pairs = (count: number): [string, string][] =>
      Array.from({ length: count }, (_, index) => [`name${index}`, 'v'])
    const sized = (bytes: number): [string, string][] => [['name', 'v'.repeat(bytes - 4)]]
    const good = [pairs(128), sized(65_536)]
    for (const metadata of good) {
      const push = pushOf(streamLabels(), linesFrom(nowNs(), ['x'], metadata))
      expect(await outcomeOf(subject, push)).toEqual({ kind: 'delivered' })
    }
    for (const metadata of [pairs(129), sized(65_537)]) {
      const push = pushOf(streamLabels(), linesFrom(nowNs(), ['x'], metadata))
      expect(refused(await outcomeOf(subject, push))).toMatchObject({ refusal: { reason: 'metadata' } })
    }
  })

  it('refuses metadata without a name as a server error, which is not retried', async () => {
    for (const name of ['', '.']) {
      const push = pushOf(streamLabels(), linesFrom(nowNs(), ['x'], [[name, 'v']]))
      expect(refused(await outcomeOf(subject, push)).refusal.reason).toBe('metadata')
    }
  })
}

export function refusedLabels(subject: Subject): void {
  it('takes 15 labels and refuses the whole push for 16', async () => {
    const labels = (count: number): Record<string, string> => ({
      ...streamLabels(),
      ...Object.fromEntries(Array.from({ length: count - 1 }, (_, index) => [`label${index}`, 'v'])),
    })
    expect(await outcomeOf(subject, pushOf(labels(15), linesFrom(nowNs(), ['a', 'b'])))).toEqual({
      kind: 'delivered',
    })
    const outcome = refused(await outcomeOf(subject, pushOf(labels(16), linesFrom(nowNs(), ['a', 'b']))))
    expect(outcome).toMatchObject({ named: [], isWhole: true, refusal: { reason: 'labels' } })
  })

  it('takes names of 1024 and values of 2048 bytes, and refuses the whole push for one more', async () => {
    const bounds = (nameBytes: number, valueBytes: number): Record<string, string> => ({
      ...streamLabels(),
      ['n'.repeat(nameBytes)]: 'v'.repeat(valueBytes),
    })
    const lines = linesFrom(nowNs(), ['a', 'b'])
    expect(await outcomeOf(subject, pushOf(bounds(1_024, 2_048), lines))).toEqual({ kind: 'delivered' })
    for (const labels of [bounds(1_025, 1), bounds(1, 2_049)]) {
      const outcome = refused(await outcomeOf(subject, pushOf(labels, lines)))
      expect(outcome).toMatchObject({ isWhole: true, refusal: { reason: 'labels' } })
    }
  })

  it('refuses the whole push for a label name that is none', async () => {
    for (const name of ['a-b', '1a', 'a.b']) {
      const push = pushOf({ ...streamLabels(), [name]: 'v' }, linesFrom(nowNs(), ['a', 'b']))
      const outcome = refused(await outcomeOf(subject, push))
      expect(outcome).toMatchObject({ named: [], isWhole: true, refusal: { reason: 'labels' } })
    }
  })
}

async function refusedBy(
  subject: Subject,
  labels: Record<string, string>,
  texts: readonly string[],
): Promise<Refused> {
  return refused(await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), texts))))
}
