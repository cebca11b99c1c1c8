// Settling against a model of Loki that refuses random entries for several reasons, answers by names or by
// counts as Loki does, and loses answers. Whatever the schedule: it ends, with exactly the bad entries
// refused.

import { describe, expect, it } from 'vitest'
import type { PushOutcome, RefusalReason } from '../../src/core/sink.ts'
import { beginSettling, type Piece, type RefusedEntry } from '../../src/worker/settling.ts'
import { type SeededRandom, seededRandom } from '../spool/support/seeded-random.ts'
import {
  delivered,
  entriesOf,
  namedAt,
  noAnswer,
  rateLimited,
  refused,
  refusalOf,
  serverError,
} from './settling-support.ts'

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

/** Loki's ingester names at most this many entries. */
const maxNamed = 10

type ModelLoki = {
  readonly stored: Set<number>
  /** Answers that were lost or asked for patience. */
  readonly retries: () => number
  push(piece: Piece): PushOutcome
}

function modelLoki(bad: ReadonlyMap<number, RefusalReason>, random: SeededRandom): ModelLoki {
  const stored = new Set<number>()
  let retries = 0
  const store = (piece: Piece): void => {
    for (const index of piece) if (!bad.has(index)) stored.add(index)
  }
  return {
    stored,
    retries: () => retries,
    push(piece) {
      if (random.chance(0.1)) {
        retries += 1
        if (random.chance(0.5)) return rateLimited()
        if (random.chance(0.5)) store(piece)
        return random.chance(0.5) ? noAnswer() : serverError()
      }
      store(piece)
      return verdictOn(piece, bad)
    },
  }
}

/**
 * The ingester's words hide the distributor's; a refusal is whole where the counts cover the push for one
 * reason.
 */
function verdictOn(piece: Piece, bad: ReadonlyMap<number, RefusalReason>): PushOutcome {
  const reasons = piece.flatMap((index) => bad.get(index) ?? [])
  const [first] = reasons
  if (first === undefined) return delivered
  const behind = piece.filter((index) => bad.get(index) === 'too_far_behind')
  if (behind.length > 0) {
    const named = behind.slice(0, maxNamed).map((index) => namedAt(index, 'too_far_behind'))
    return refused('too_far_behind', { named, isWhole: behind.length === piece.length })
  }
  const isWhole = reasons.length === piece.length && new Set(reasons).size === 1
  return refused(first, { isWhole })
}

function randomBad(count: number, random: SeededRandom): Map<number, RefusalReason> {
  const share = random.pick([0, 0.01, 0.05, 0.5, 1])
  const bad = new Map<number, RefusalReason>()
  for (let index = 0; index < count; index += 1) {
    const reason = random.pick<RefusalReason>(['too_long', 'too_old', 'too_far_behind', 'metadata', 'other'])
    if (random.chance(share)) bad.set(index, reason)
  }
  return bad
}

function settleWith(loki: ModelLoki, count: number): { refused: readonly RefusedEntry[]; pushes: number } {
  const settling = beginSettling(entriesOf(count))
  for (let pushes = 1; pushes < 10_000; pushes += 1) {
    const advice = settling.answer(loki.push(settling.next() ?? []))
    if (advice.kind === 'done') return { refused: advice.refused, pushes }
    if (advice.kind === 'blocked') throw new Error('blocked, although only single entries are refused')
  }
  throw new Error('settling does not end')
}

describe('settling against a model of Loki', () => {
  it.each(seeds)('Q-20: ends with exactly the bad entries refused and all others stored, seed %i', (seed) => {
    const random = seededRandom(seed)
    const count = random.between(2, 300)
    const bad = randomBad(count, random)
    // Metadata refused of every entry is a blocked stream, which has tests of its own.
    bad.delete(random.between(0, count - 1))
    const loki = modelLoki(bad, random)

    const { refused, pushes } = settleWith(loki, count)

    const expected = [...bad].map(([index, reason]) => ({ index, reason })).sort((a, b) => a.index - b.index)
    expect(refused.map(({ index, refusal }) => ({ index, reason: refusal.reason }))).toEqual(expected)
    expect(loki.stored.size).toBe(count - bad.size)
    // Halving visits at most log2(n) levels for each bad entry, two halves a level; each answer with names
    // ends one.
    const levels = Math.ceil(Math.log2(count))
    expect(pushes - loki.retries()).toBeLessThanOrEqual(1 + 2 * bad.size * levels + bad.size)
  })

  it('asks only three times for 12 entries too far behind, which are named ten at a time', () => {
    const bad = new Map(Array.from({ length: 12 }, (_, index) => [index * 5, 'too_far_behind'] as const))
    const settling = beginSettling(entriesOf(100))
    let pushes = 0
    for (let piece = settling.next(); piece !== undefined; piece = settling.next()) {
      pushes += 1
      settling.answer(verdictOn(piece, bad))
    }
    expect(pushes).toBe(3)
  })

  it('gives each refused entry the words that were said of it', () => {
    const bad = new Map([
      [2, 'too_long'],
      [7, 'too_old'],
    ] as const)
    const { refused } = settleWith(modelLoki(bad, seededRandom(1)), 10)
    expect(refused.map(({ refusal }) => refusal)).toEqual([refusalOf('too_long'), refusalOf('too_old')])
  })
})
