// What every Loki must do to a push, the fake included: pushed through the sink and its codec, read back by
// query. Each test writes to a stream of its own. A variant is a server with one limit changed, started for
// its tests.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PushBody } from '../../src/core/sink.ts'
import { linesFrom, pushOf } from '../support/entries.ts'
import { lookups } from './sink-lookup.contract.ts'
import { questions } from './sink-reading.contract.ts'
import { refusedEntries, refusedLabels } from './sink-refusals.contract.ts'
import { storedRows } from './sink-rows.contract.ts'
import { tails } from './sink-tail.contract.ts'
import { wireWords } from './sink-wire.contract.ts'
import {
  kindOf,
  type LokiSubject,
  type LokiVariant,
  nowNs,
  outcomeOf,
  refused,
  retried,
  serverOf,
  signal,
  sinkFor,
  storedLines,
  streamLabels,
  type Subject,
} from './sink-subject.ts'

export function describeSink(name: string, start: (variant: LokiVariant) => Promise<LokiSubject>): void {
  describe(`the Loki sink and ${name}`, () => {
    describe('with default limits', () => {
      const subject = serverOf(start, {})
      storedRows(subject)
      refusedEntries(subject)
      refusedLabels(subject)
      oversizePushes(subject)
      readiness(subject)
      wireWords(subject)
      lookups(subject)
      questions(subject)
      tails(subject)
    })
    tenants(start)
    changedLimits(start)
  })
}

function oversizePushes(subject: Subject): void {
  it('wants a push above 4 MiB in halves', async () => {
    const lines = linesFrom(nowNs(), Array<string>(21).fill('x'.repeat(200_000)))
    const push = pushOf(streamLabels(), lines)
    // The tenant's rate is checked first: what earlier tests pushed may have to drain.
    await expect.poll(() => kindOf(subject, push), { timeout: 10_000, interval: 500 }).toBe('split')
  })

  it('names the rate in its 429 for a push above the burst, and stores nothing of it', async () => {
    const labels = streamLabels()
    const push = pushOf(labels, linesFrom(nowNs(), Array<string>(35).fill('x'.repeat(200_000))))
    const outcome = retried(await outcomeOf(subject, push))
    expect(outcome).toMatchObject({
      error: { code: 'loki_rate_limited' },
      isUnknown: false,
      tenantLimit: 4_194_304,
      isStreamLimit: true,
    })
    expect(await storedLines(subject, labels)).toEqual([])
  })
}

function readiness(subject: Subject): void {
  it('says that it is ready', async () => {
    expect(await subject.sink.readiness(signal)).toEqual({ kind: 'ready' })
  })
}

function tenants(start: (variant: LokiVariant) => Promise<LokiSubject>): void {
  describe('with tenants', () => {
    const subject = serverOf(start, { isAuthOn: true }, { tenant: 'team-a' })

    it('stores under the tenant that the sink names', async () => {
      const labels = streamLabels()
      expect(await subject.sink.readiness(signal)).toEqual({ kind: 'ready' })
      expect(await outcomeOf(subject, pushOf(labels, linesFrom(nowNs(), ['mine'])))).toEqual({
        kind: 'delivered',
      })
      const found = await Promise.all(['team-a', 'team-b'].map((name) => jobsOf(subject.baseUrl, name)))
      expect(found.map((jobs) => jobs.includes(labels.job))).toEqual([true, false])
    })

    it('lets nobody push without one', async () => {
      const nobody = sinkFor(subject.baseUrl, {})
      const { outcome } = await nobody.push(pushOf(streamLabels(), linesFrom(nowNs(), ['x'])), signal)
      const error = { code: 'loki_login_refused', said: 'no org id' }
      expect(outcome).toMatchObject({ kind: 'blocked', error })
      expect(await nobody.readiness(signal)).toMatchObject({ kind: 'not_ready', error })
      nobody.close()
    })

    it('blocks two tenants in one name', async () => {
      const both = sinkFor(subject.baseUrl, { tenant: 'a|b' })
      const { outcome } = await both.push(pushOf(streamLabels(), linesFrom(nowNs(), ['x'])), signal)
      expect(outcome).toMatchObject({ kind: 'blocked', error: { code: 'loki_login_refused' } })
      both.close()
    })
  })
}

function changedLimits(start: (variant: LokiVariant) => Promise<LokiSubject>): void {
  describe('without structured metadata', () => {
    const subject = serverOf(start, { allowsStructuredMetadata: false })

    it('refuses exactly the entries that carry some', async () => {
      const labels = streamLabels()
      const withSome = linesFrom(nowNs(), ['a', 'b'], [['run_id', 'x']])
      const without = linesFrom(nowNs() + 10n, ['c'])
      const whole = refused(await outcomeOf(subject, pushOf(labels, withSome)))
      expect(whole).toMatchObject({ isWhole: true, refusal: { reason: 'metadata' } })
      const part = refused(await outcomeOf(subject, pushOf(labels, [...withSome, ...without])))
      expect(part).toMatchObject({ isWhole: false, refusal: { reason: 'metadata' } })
      expect(await storedLines(subject, labels)).toEqual(['c'])
    })
  })

  describe('with room for two streams and little rate for each', () => {
    const limits = { maxStreams: 2, streamBytesPerSecond: 1_024, streamBurstBytes: 2_048 }
    const subject = serverOf(start, limits)
    const [first, second, third] = [streamLabels(), streamLabels(), streamLabels()]

    it('refuses a whole push above the burst of its stream, for every try', async () => {
      const push = pushOf(first, linesFrom(nowNs(), Array<string>(3).fill('x'.repeat(1_000))))
      const outcomes = [await outcomeOf(subject, push), await outcomeOf(subject, push)].map(retried)
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ isUnknown: false, isStreamLimit: true })
        expect(outcome.tenantLimit).toBeUndefined()
      }
      expect(outcomes[0]?.sameAs).toBe(outcomes[1]?.sameAs)
      expect(await storedLines(subject, first)).toEqual([])
    })

    it('refuses a third stream for the time being, while the first two go on', async () => {
      const short = (labels: Record<string, string>): PushBody => pushOf(labels, linesFrom(nowNs(), ['x']))
      expect(await kindOf(subject, short(first))).toBe('delivered')
      expect(await kindOf(subject, short(second))).toBe('delivered')
      const outcome = retried(await outcomeOf(subject, short(third)))
      expect(outcome).toMatchObject({ isUnknown: false, error: { code: 'loki_rate_limited' } })
      expect(outcome.isStreamLimit).toBeUndefined()
      expect(outcome.afterMs).toBeGreaterThan(0)
      expect(await kindOf(subject, short(second))).toBe('delivered')
    })
  })

  describe('with ingestion blocked', () => {
    const subject = serverOf(start, { blockedStatus: 260 })

    it('takes 260 for no success', async () => {
      const push = pushOf(streamLabels(), linesFrom(nowNs(), ['x']))
      expect(await outcomeOf(subject, push)).toMatchObject({
        kind: 'blocked',
        error: { code: 'loki_blocked' },
      })
    })
  })

  describe('with bodies of 2,000 bytes at most', () => {
    const subject = serverOf(start, { maxBodyBytes: 2_000 })

    it('wants a larger push in halves', async () => {
      const text = randomBytes(3_000).toString('base64')
      expect(await kindOf(subject, pushOf(streamLabels(), linesFrom(nowNs(), [text])))).toBe('split')
      expect(await kindOf(subject, pushOf(streamLabels(), linesFrom(nowNs(), ['short'])))).toBe('delivered')
    })
  })
}

/** The jobs that a tenant holds. */
async function jobsOf(baseUrl: string, tenant: string): Promise<string[]> {
  const response = await fetch(`${baseUrl}/loki/api/v1/label/job/values`, {
    headers: { 'X-Scope-OrgID': tenant },
  })
  const answer = (await response.json()) as { data?: string[] } // the shape of the label values API
  return answer.data ?? []
}
