// What breaks towards a real Loki with its limits: caught by the integration tests of those limits. Run by
// `npm run mutants -- --loki`, for each of them needs servers and some seconds.

import { mutantsOf } from './mutant.ts'

const limits = 'integration/loki-limits.test.ts'
const times = 'integration/loki-times.test.ts'

export const mutantsOfLimits = [
  ...mutantsOf('shipper/pace.ts', limits, [
    {
      rule: 'D-14',
      breaks: 'sends on while the bucket of the tenant is empty',
      from: 'this.pace.rest(nowMs, refilledBytes)',
      to: '',
    },
  ]),
  ...mutantsOf('sinks/loki/outcome.ts', limits, [
    {
      rule: 'D-15',
      breaks: 'takes the limit of one stream for the limit of all',
      from: 'isPerStream || isStreamCount ? { scope',
      to: 'isPerStream && isStreamCount ? { scope',
    },
    {
      rule: 'D-15',
      breaks: 'takes the number of streams for the limit of all',
      from: 'isPerStream || isStreamCount ? { scope',
      to: 'isPerStream ? { scope',
    },
    {
      rule: 'D-4',
      breaks: 'does not halve what is too large for gRPC',
      from: "if (status >= 500) return body.includes('larger than max')",
      to: 'if (status >= 500) return false',
    },
    {
      rule: 'D-3',
      breaks: 'takes a lost answer for success',
      from: "if (answer.kind === 'no_answer') return noAnswerOutcome(answer)",
      to: "if (answer.kind === 'no_answer') return { kind: 'delivered' }",
    },
  ]),
  ...mutantsOf('sinks/loki/answer.ts', limits, [
    {
      rule: 'D-17',
      breaks: 'takes every answer below 400 for success',
      from: 'return answer.status === 204 ||',
      to: 'return answer.status < 400 ||',
    },
    {
      rule: 'D-16',
      breaks: 'does not heed Retry-After',
      from: "if (text === undefined || text === '') return undefined",
      to: 'return undefined',
    },
  ]),
  ...mutantsOf('shipper/stream-queue.ts', limits, [
    { rule: 'D-13', breaks: 'does not pace a stream', from: 'this.#pace.sent(atMs, bytes)', to: '' },
  ]),
  ...mutantsOf('worker/refused-entries.ts', times, [
    {
      rule: 'D-5',
      breaks: 'forgets what Loki refused',
      from: 'else dead.push({ entry, reason: refusal.reason, said, atMs })',
      to: '',
    },
  ]),
  ...mutantsOf('spool/statements.ts', times, [
    {
      rule: 'D-1',
      breaks: 'hands over the newest entries first',
      from: 'last_ns as lastNs from chunks where stream = ? order by id`',
      to: 'last_ns as lastNs from chunks where stream = ? order by id desc`',
    },
  ]),
  ...mutantsOf('worker/settling.ts', times, [
    {
      rule: 'D-6',
      breaks: 'buries what was refused for its time',
      from: "metadata.some(([name]) => name === originalTimeName) ? 'dead_letter' : 'restamp'",
      to: "'dead_letter'",
    },
    {
      rule: 'D-5',
      breaks: 'gives what is older than Loki keeps a new time',
      from: "if (refusal.reason !== 'too_new' && refusal.reason !== 'too_far_behind') return",
      to: "if (refusal.reason === 'too_long') return",
    },
  ]),
  ...mutantsOf('spool/store.ts', 'integration/disk.test.ts', [
    {
      rule: 'Q-29',
      breaks: 'keeps spare pages on a full disk',
      from: '- (isLow ? 0 : sparePages)',
      to: '- sparePages * 1_000',
    },
  ]),
  ...mutantsOf('shipper/replay-watch.ts', times, [
    {
      rule: 'D-18',
      breaks: 'does not wait until Loki has forgotten its replay',
      from: 'holdAfterReadyMs = 20_000',
      to: 'holdAfterReadyMs = 2_000',
    },
  ]),
]
