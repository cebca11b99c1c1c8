import { describe, expect, it } from 'vitest'
import { refusedOutcome } from '../../../src/sinks/loki/refusal.ts'
import words from './fixtures/loki-words.json' with { type: 'json' }

const stream = '{job="b", service_name="b"}'

describe('the reason of a refusal', () => {
  it.each<[text: string, reason: string]>([
    [words.tooNew, 'too_new'],
    [words.tooOld, 'too_old'],
    [words.noSchema, 'too_old'],
    [behind([0]), 'too_far_behind'],
    [words.tooLong, 'too_long'],
    [words.metadataOff, 'metadata'],
    [words.metadataLarge, 'metadata'],
    [words.metadataMany, 'metadata'],
    [words.noName, 'metadata'],
    [words.noWord, 'metadata'],
    [words.manyLabels, 'labels'],
    [words.longName, 'labels'],
    [words.longValue, 'labels'],
    [words.twice, 'labels'],
    [words.unparsed, 'labels'],
    [words.enforced, 'labels'],
    [words.noSnappy, 'other'],
    ['something new', 'other'],
  ])('is read from: %s', (text, reason) => {
    expect(of(text, 5).refusal.reason).toBe(reason)
  })

  it('is not read from the labels, which may hold anything', () => {
    const labels = `{job="too far behind", why="\\"}; 5 errors like: couldn't parse labels"}`
    const outcome = of(words.tooLong.replace(stream, labels), 5)
    expect(outcome).toMatchObject({ isWhole: false, refusal: { reason: 'too_long' } })
    expect(outcome.refusal.said).toContain(labels)
  })

  it('comes with a sentence, a hint and at most 500 characters of what was said', () => {
    const outcome = of(`${words.tooNew} ${'x'.repeat(600)}`, 5)
    expect(outcome.error).toMatchObject({ code: 'loki_refused_entries', hint: expect.stringMatching(/\.$/) })
    expect(outcome.refusal.said).toHaveLength(500)
  })
})

describe('whether all of a push was refused', () => {
  it.each<[what: string, text: string, count: number]>([
    ['the count of one text is that of the push', `5 errors like: ${words.tooLong}`, 5],
    [
      'counts of one reason add up to it',
      `2 errors like: ${words.tooNew}; 3 errors like: ${words.tooNew.replace('05Z', '06Z')}`,
      5,
    ],
    ['a single entry is refused', words.tooNew, 1],
    ['a single entry meets what nobody knows', 'something new', 1],
    ['all are ignored', behind([1, 2, 3]), 3],
    ['the stream has too many labels', words.manyLabels, 5],
    ['a label name is too long', words.longName, 5],
    ['a label value is too long', words.longValue, 5],
    ['a label comes twice', words.twice, 5],
    ['the labels cannot be read', words.unparsed, 5],
    ['a label is missing', words.enforced, 5],
    ['the body cannot be read', words.noSnappy, 5],
    ['the message cannot be read', words.noProtobuf, 5],
  ])('yes, where %s', (_, text, count) => {
    expect(of(text, count).isWhole).toBe(true)
  })

  it.each<[what: string, text: string, count: number]>([
    ['one of several was', words.tooLong, 5],
    ['the counts fall short by one', `4 errors like: ${words.tooLong}`, 5],
    ['two reasons were given', `2 errors like: ${words.tooNew}; 3 errors like: ${words.tooLong}`, 5],
    ['some are ignored', behind([1, 2], { total: 5 }), 5],
    ['the distributor dropped others before', behind([1], { total: 1 }), 2],
    ['the rate was met by some', behind([1, 2], { rated: [3], total: 3 }), 3],
    ['nobody knows the words', 'something new', 5],
    ['the oldest entry is before the schema', words.noSchema, 5],
  ])('no, where %s', (_, text, count) => {
    expect(of(text, count).isWhole).toBe(false)
  })
})

describe('entries that are named', () => {
  it('are known by their nanoseconds, however short the fraction is printed', () => {
    const line = (time: string): string =>
      `entry with timestamp 2026-11-25 ${time} +0000 UTC ignored, reason: 'entry too far behind, x',\n`
    const lines = ['19:41:05', '19:41:05.5', '19:41:05.620000001'].map(line)
    const text = `${lines.join('')}user 'fake', total ignored: 3 out of 4 for stream: ${stream}`
    const second = BigInt(Date.UTC(2026, 10, 25, 19, 41, 5)) * 1_000_000n
    const expected = [second, second + 500_000_000n, second + 620_000_001n]
    expect(of(text, 4).named.map(({ atNs }) => atNs)).toEqual(expected)
  })

  it('are not those that only met the rate limit: they may go again', () => {
    expect(of(behind([1, 2], { rated: [3], total: 5 }), 5).named.map(({ atNs }) => atNs % 10n)).toEqual([
      1n,
      2n,
    ])
  })

  it('are none where only counts are given', () => {
    expect(of(`2 errors like: ${words.tooLong}`, 5).named).toEqual([])
  })
})

function of(text: string, count: number): ReturnType<typeof refusedOutcome> {
  const answer = { kind: 'answer', status: 400, body: `${text}\n`, contentType: 'text/plain' } as const
  return refusedOutcome(answer, count)
}

/** The ingester's words for entries at so many ns of one second. */
function behind(times: readonly number[], more: { rated?: readonly number[]; total?: number } = {}): string {
  const { rated = [], total = times.length } = more
  const line = (ns: number, why: string): string => {
    const time = `2026-11-25 19:41:05.${String(ns).padStart(9, '0')} +0000 UTC`
    return `entry with timestamp ${time} ignored, reason: '${why}',\n`
  }
  const far = 'entry too far behind, entry timestamp is: 2026-11-25T19:41:05Z, oldest acceptable is later'
  const rate = `Per stream rate limit exceeded (limit: 1KB/sec) while … for stream '${stream}'`
  const lines = [...rated.map((ns) => line(ns, rate)), ...times.map((ns) => line(ns, far))]
  return `${lines.join('')}user 'fake', total ignored: ${lines.length} out of ${total} for stream: ${stream}`
}
