import { describe, expect, it } from 'vitest'
import {
  beginSettling,
  maxEqualServerErrors,
  maxStreamLimits,
  refusalCure,
} from '../../src/worker/settling.ts'
import {
  answerTimes,
  blocked,
  delivered,
  entriesOf,
  namedAt,
  noAnswer,
  rateLimited,
  refusalOf,
  refused,
  serverError,
  tooLarge,
} from './settling-support.ts'

describe('settling a range', () => {
  it('Q-18: pushes the whole range first and is done once that is delivered', () => {
    const settling = beginSettling(entriesOf(3))
    expect(settling.next()).toEqual([0, 1, 2])
    expect(settling.answer(delivered)).toEqual({ kind: 'done', refused: [] })
    expect(settling.next()).toBeUndefined()
  })

  it('gives the same piece until it is answered', () => {
    const settling = beginSettling(entriesOf(2))
    expect(settling.next()).toEqual([0, 1])
    expect(settling.next()).toEqual([0, 1])
  })

  it('treats an answer after the end as a bug', () => {
    const settling = beginSettling(entriesOf(1))
    settling.answer(delivered)
    expect(() => settling.answer(delivered)).toThrow('after the range was settled')
  })

  it('Q-18: sends the same piece again after a retry, with the wait that the sink asked for', () => {
    const settling = beginSettling(entriesOf(2))
    expect(settling.answer(rateLimited({ afterMs: 200 }))).toEqual({
      kind: 'again',
      afterMs: 200,
      isStuck: false,
    })
    expect(settling.answer(noAnswer())).toEqual({ kind: 'again', isStuck: false })
    expect(settling.next()).toEqual([0, 1])
  })

  it('keeps the piece as the probe of a blocked stream', () => {
    const settling = beginSettling(entriesOf(2))
    expect(settling.answer(blocked)).toEqual(blocked)
    expect(settling.next()).toEqual([0, 1])
    expect(settling.answer(delivered)).toEqual({ kind: 'done', refused: [] })
  })
})

describe('a piece that never passes', () => {
  it('Q-19: is halved at the 20th equal server error, not at the 19th', () => {
    const settling = beginSettling(entriesOf(3))
    answerTimes(settling, serverError(), maxEqualServerErrors - 1)
    expect(settling.next()).toEqual([0, 1, 2])
    expect(settling.answer(serverError())).toEqual({ kind: 'again', isStuck: false })
    expect(settling.next()).toEqual([0, 1])
  })

  it('is not halved by server errors that differ, nor by a network that is away', () => {
    const settling = beginSettling(entriesOf(2))
    answerTimes(settling, serverError('500 one'), maxEqualServerErrors - 1)
    answerTimes(settling, serverError('500 two'), maxEqualServerErrors - 1)
    answerTimes(settling, noAnswer(), maxEqualServerErrors + 1)
    expect(settling.next()).toEqual([0, 1])
  })

  it('is counted anew once it is halved for another reason', () => {
    const settling = beginSettling(entriesOf(4))
    answerTimes(settling, serverError(), maxEqualServerErrors - 1)
    settling.answer(tooLarge)
    settling.answer(serverError())
    expect(settling.next()).toEqual([0, 1])
  })

  it('Q-21: is stuck, and never dropped, once it is a single entry', () => {
    const settling = beginSettling(entriesOf(1))
    expect(answerTimes(settling, serverError(), maxEqualServerErrors - 1)).toMatchObject({ isStuck: false })
    expect(answerTimes(settling, serverError(), 100)).toEqual({ kind: 'again', isStuck: true })
    expect(settling.next()).toEqual([0])
    expect(settling.answer(delivered)).toEqual({ kind: 'done', refused: [] })
  })

  it('Q-19: is halved at the third answer that names a limit below its size, not at the second', () => {
    const settling = beginSettling(entriesOf(2))
    answerTimes(settling, rateLimited({ isStreamLimit: true }), maxStreamLimits - 1)
    expect(settling.next()).toEqual([0, 1])
    settling.answer(rateLimited({ isStreamLimit: true }))
    expect(settling.next()).toEqual([0])
  })

  it('counts limits anew after another answer', () => {
    const settling = beginSettling(entriesOf(2))
    answerTimes(settling, rateLimited({ isStreamLimit: true }), maxStreamLimits - 1)
    settling.answer(rateLimited())
    answerTimes(settling, rateLimited({ isStreamLimit: true }), maxStreamLimits - 1)
    expect(settling.next()).toEqual([0, 1])
  })

  it('Q-19: goes in halves when it is too large, the second only after the first is settled', () => {
    const settling = beginSettling(entriesOf(5))
    expect(settling.answer(tooLarge)).toEqual({ kind: 'next' })
    expect(settling.next()).toEqual([0, 1, 2])
    settling.answer(noAnswer())
    expect(settling.next()).toEqual([0, 1, 2])
    settling.answer(delivered)
    expect(settling.next()).toEqual([3, 4])
  })

  it('Q-21: is refused as too long when it is one entry that is still too large', () => {
    const settling = beginSettling(entriesOf(2))
    settling.answer(tooLarge)
    expect(settling.answer(tooLarge)).toEqual({ kind: 'next' })
    const refusal = { reason: 'too_long', said: 'test: loki_too_large' }
    expect(settling.answer(delivered)).toEqual({
      kind: 'done',
      refused: [{ index: 0, refusal, isMaybeStored: false }],
    })
  })
})

describe('refused entries', () => {
  it('Q-20: are taken out where they are named, and the rest goes again as one piece', () => {
    const settling = beginSettling(entriesOf(5))
    const named = [namedAt(1, 'too_far_behind'), namedAt(3, 'too_far_behind')]
    expect(settling.answer(refused('too_far_behind', { named }))).toEqual({ kind: 'next' })
    expect(settling.next()).toEqual([0, 2, 4])
    expect(settling.answer(delivered)).toMatchObject({ kind: 'done', refused: [{ index: 1 }, { index: 3 }] })
  })

  it('end the piece where every one of it is named', () => {
    const settling = beginSettling(entriesOf(2))
    const named = [namedAt(0, 'too_far_behind'), namedAt(1, 'too_far_behind')]
    expect(settling.answer(refused('too_far_behind', { named }))).toMatchObject({
      kind: 'done',
      refused: [{ index: 0 }, { index: 1 }],
    })
  })

  it('are searched by halves where the names fit no entry of the piece', () => {
    const settling = beginSettling(entriesOf(4))
    settling.answer(refused('too_far_behind', { named: [namedAt(9, 'too_far_behind')] }))
    expect(settling.next()).toEqual([0, 1])
  })

  it('Q-20: are all of the piece where the sink refused it whole', () => {
    const settling = beginSettling(entriesOf(4))
    settling.answer(refused('too_old'))
    settling.answer(refused('too_old', { isWhole: true }))
    expect(settling.next()).toEqual([2, 3])
    expect(settling.answer(delivered)).toMatchObject({ refused: [{ index: 0 }, { index: 1 }] })
  })

  it('Q-20: are found by halving where the sink only counts', () => {
    const settling = beginSettling(entriesOf(4))
    const pieces = []
    for (const outcome of [refused('too_long'), refused('too_long'), delivered, refused('too_long')]) {
      pieces.push(settling.next())
      settling.answer(outcome)
    }
    expect(pieces).toEqual([[0, 1, 2, 3], [0, 1], [0], [1]])
    expect(settling.next()).toEqual([2, 3])
    expect(settling.answer(delivered)).toEqual({
      kind: 'done',
      refused: [{ index: 1, refusal: refusalOf('too_long'), isMaybeStored: false }],
    })
  })

  it('Q-23: may be stored where they are too far behind after a push of unknown end', () => {
    const settling = beginSettling(entriesOf(2))
    settling.answer(noAnswer())
    const named = [namedAt(0, 'too_far_behind')]
    settling.answer(refused('too_far_behind', { named }))
    expect(settling.answer(delivered)).toMatchObject({ refused: [{ index: 0, isMaybeStored: true }] })
  })

  it.each(['too_new', 'too_old', 'too_far_behind'] as const)(
    'may be stored where their time is refused (%s) after a push of unknown end, whatever came between',
    (reason) => {
      const settling = beginSettling(entriesOf(2))
      for (const outcome of [noAnswer(), rateLimited(), blocked]) settling.answer(outcome)
      settling.answer(refused(reason))
      settling.answer(refused(reason))
      expect(settling.answer(delivered)).toMatchObject({ refused: [{ index: 0, isMaybeStored: true }] })
    },
  )

  it('may be stored where the time of the push before them was refused, and not theirs by name', () => {
    const settling = beginSettling(entriesOf(3))
    settling.answer(refused('too_far_behind', { named: [namedAt(0, 'too_far_behind')] }))
    const named = [namedAt(1, 'too_far_behind')]
    settling.answer(refused('too_far_behind', { named }))
    expect(settling.answer(delivered)).toMatchObject({
      refused: [
        { index: 0, isMaybeStored: false },
        { index: 1, isMaybeStored: true },
      ],
    })
  })

  it('may be stored up to the time that an earlier worker may have pushed, and no later', () => {
    const settling = beginSettling(entriesOf(2), entriesOf(1)[0]?.atNs)
    expect(settling.answer(refused('too_new', { isWhole: true }))).toMatchObject({
      refused: [{ isMaybeStored: true }, { isMaybeStored: false }],
    })
  })

  it('are not stored where the retry was refused for another reason, or no end was unknown', () => {
    const settling = beginSettling(entriesOf(1))
    settling.answer(noAnswer())
    expect(settling.answer(refused('too_long'))).toMatchObject({ refused: [{ isMaybeStored: false }] })
    const other = beginSettling(entriesOf(1))
    other.answer(rateLimited())
    expect(other.answer(refused('too_far_behind'))).toMatchObject({ refused: [{ isMaybeStored: false }] })
  })
})

describe('a stream that is refused as such', () => {
  it('Q-22: is blocked when all of the range is refused for its metadata', () => {
    const settling = beginSettling(entriesOf(3))
    const outcome = refused('metadata', { isWhole: true })
    expect(answerTimes(settling, outcome, 3)).toEqual({ kind: 'blocked', error: outcome.error })
    expect(settling.next()).toEqual([0, 1, 2])
    expect(settling.answer(delivered)).toEqual({ kind: 'done', refused: [] })
  })

  it('Q-22: is blocked by a refused label, whatever the counts say', () => {
    const settling = beginSettling(entriesOf(3))
    expect(settling.answer(refused('labels'))).toMatchObject({ kind: 'blocked' })
    expect(settling.next()).toEqual([0, 1, 2])
  })

  it('Q-22: is blocked, and starts over, when halving finds nothing but refused metadata', () => {
    const settling = beginSettling(entriesOf(2))
    expect(answerTimes(settling, refused('metadata'), 3)).toMatchObject({ kind: 'blocked' })
    expect(settling.next()).toEqual([0, 1])
    expect(settling.answer(delivered)).toEqual({ kind: 'done', refused: [] })
  })

  it('is not blocked by metadata that only some entries are refused for', () => {
    const settling = beginSettling(entriesOf(2))
    settling.answer(refused('metadata'))
    settling.answer(refused('metadata'))
    expect(settling.answer(delivered)).toMatchObject({ kind: 'done', refused: [{ index: 0 }] })
  })
})

describe('the cure of a refused entry', () => {
  const metadata = [['run_id', 'x']] as const
  const stampedAnew = [['ts_original', '1']] as const

  it.each(['too_new', 'too_far_behind'] as const)('Q-24: is a new time, once, for %s', (reason) => {
    const refusal = refusalOf(reason)
    expect(refusalCure({ refusal, isMaybeStored: false, metadata })).toBe('restamp')
    expect(refusalCure({ refusal, isMaybeStored: false, metadata: stampedAnew })).toBe('dead_letter')
  })

  it('is never a new time where the entry may be stored', () => {
    const refusal = refusalOf('too_far_behind')
    expect(refusalCure({ refusal, isMaybeStored: true, metadata })).toBe('dead_letter')
  })

  it.each(['too_old', 'too_long', 'metadata', 'labels', 'other'] as const)(
    'Q-24: is the dead letters for %s',
    (reason) => {
      const refusal = refusalOf(reason)
      expect(refusalCure({ refusal, isMaybeStored: false, metadata })).toBe('dead_letter')
    },
  )
})
