// What breaks in the Loki sink: what an answer means, and how it is asked for.

import { mutantsOf } from './mutant.ts'

export const mutantsOfLoki = [
  ...mutantsOf('sinks/loki/answer.ts', 'sinks/loki/outcome.test.ts', [
    {
      breaks: 'takes 260 for success',
      from: 'return answer.status === 204 ||',
      to: 'return answer.status === 204 || answer.status === 260 ||',
    },
    {
      breaks: 'takes a login page for success',
      from: "answer.status === 200 && answer.body.trim() === ''",
      to: 'answer.status === 200',
    },
    {
      breaks: 'waits for an hour where Retry-After says so',
      from: 'Math.min(Math.max(waitMs, 0), maxRetryAfterMs)',
      to: 'Math.max(waitMs, 0)',
    },
  ]),
  ...mutantsOf('sinks/loki/outcome.ts', 'sinks/loki/outcome.test.ts', [
    {
      breaks: 'takes a redirect for success',
      from: "if (isAccepted(answer)) return { kind: 'delivered' }",
      to: "if (isAccepted(answer) || status === 302) return { kind: 'delivered' }",
    },
    {
      breaks: 'sends what is too large for gRPC again without end',
      from: "if (status >= 500) return body.includes('larger than max')",
      to: 'if (status >= 500) return false',
    },
    {
      breaks: 'does not halve at a 413',
      from: 'return status === 413 ||',
      to: 'return',
    },
    {
      breaks: 'does not know that what met no answer may be stored',
      from: 'isUnknown: !neverConnected.includes(answer.code)',
      to: 'isUnknown: false',
    },
    {
      breaks: 'takes the limit of one stream for the limit of all',
      from: 'isPerStream || isStreamCount ? { scope',
      to: 'isPerStream && isStreamCount ? { scope',
    },
    {
      breaks: 'makes dead letters of what a web page refuses with 400',
      from: 'if (isHtml(answer)) return blockedOutcome(answer)\n',
      to: '',
    },
    {
      breaks: 'repeats without end what no schema of Loki covers',
      from: '/no schema config found|',
      to: '/',
    },
  ]),
  ...mutantsOf('sinks/loki/refusal.ts', 'sinks/loki/refusal.test.ts', [
    {
      breaks: 'takes two reasons for one where the counts cover the whole push',
      from: 'return refused === count && reasonsOf(groups).size === 1',
      to: 'return refused === count',
    },
    {
      breaks: 'loses the trailing zeros of a time that Loki names',
      from: "fraction.padEnd(9, '0')",
      to: 'fraction',
    },
    {
      breaks: 'buries what only met a rate limit',
      from: "filter(({ refusal }) => refusal.reason !== 'other')",
      to: 'filter(() => true)',
    },
    {
      breaks: 'reads reasons from the labels of a stream',
      from: "said.replace(labelText, '{…}')",
      to: 'said',
    },
  ]),
  ...mutantsOf('sinks/loki/client.ts', 'sinks/loki/client.test.ts', [
    { breaks: 'keeps all of an answer', from: 'chunk.subarray(0, maxBytes - keptBytes)', to: 'chunk' },
    {
      breaks: 'waits for an answer for ever',
      from: "reject(codedError('ETIMEDOUT'",
      to: "void (codedError('ETIMEDOUT'",
    },
    { breaks: 'asks also after the stop', from: 'if (signal.aborted) abort()', to: '' },
    {
      breaks: 'leaves a socket open that was answered early',
      from: 'asked?.destroy()',
      to: '',
    },
  ]),
]
