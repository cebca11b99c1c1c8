// What breaks on the main thread's side of delivery: fairness, pacing, backoff, the wait after a restart of
// Loki.

import { mutantsOf } from './mutant.ts'

export const mutantsOfShipper = [
  ...mutantsOf('shipper/shipper.ts', 'shipper/shipper.test.ts', [
    { rule: 'D-11', breaks: 'has 5 pushes in flight', from: 'defaultSlots = 4', to: 'defaultSlots = 5' },
    {
      rule: 'D-19',
      breaks: 'does not abort the push of a worker that ended',
      from: "seat.abort.abort(new Error('the worker has ended'))",
      to: '',
    },
    {
      rule: 'D-19',
      breaks: 'does not wait for the push of a worker that ended',
      from: 'await Promise.allSettled(seat.pushes)',
      to: '',
    },
    {
      rule: 'D-21',
      breaks: 'does not abort at the stop what is in flight',
      from: 'for (const seat of this.#seats) seat.abort.abort(reason)',
      to: '',
    },
    {
      rule: 'D-21',
      breaks: 'is quiet while a worker deals with an answer',
      from: ".every(({ phase }) => phase !== 'answered')",
      to: '.every(() => true)',
    },
  ]),
  ...mutantsOf('shipper/shipper.ts', 'shipper/shipper.test.ts', [
    {
      rule: 'D-23',
      breaks: 'keeps what gathers at a stop',
      from: 'for (const queue of this.#streams.all) queue.gathersUntilMs = 0',
      to: '',
    },
  ]),
  ...mutantsOf('shipper/stream-queue.ts', 'shipper/shipper.test.ts', [
    {
      rule: 'D-23',
      breaks: 'sends each run line by itself',
      from: 'this.gathersUntilMs, ',
      to: '',
    },
    {
      rule: 'D-11',
      breaks: 'has two pushes of a stream in flight',
      from: "this.phase === 'idle' && this.bytes > 0",
      to: 'this.bytes > 0',
    },
    {
      rule: 'D-13',
      breaks: 'does not pace a stream',
      from: 'this.#pace.sent(atMs, bytes)',
      to: '',
    },
  ]),
  ...mutantsOf('shipper/seat-state.ts', 'shipper/shipper.test.ts', [
    {
      rule: 'D-12',
      breaks: 'puts backlogs before small streams',
      from: ': other.isBacklog',
      to: ': queue.isBacklog',
    },
    {
      rule: 'D-12',
      breaks: 'lets who went last go again',
      from: 'queue.lastGrant < other.lastGrant',
      to: 'queue.lastGrant > other.lastGrant',
    },
  ]),
  ...mutantsOf('shipper/pace.ts', 'shipper/shipper.test.ts', [
    {
      rule: 'D-13',
      breaks: 'saves credit while nothing is sent',
      from: 'savedBytes = 0)',
      to: 'savedBytes = 1_000_000)',
    },
  ]),
  ...mutantsOf('shipper/stream-pace.ts', 'shipper/stream-pace.test.ts', [
    {
      rule: 'D-13',
      breaks: 'does not let a burst pay for what it sends',
      from: 'this.#burstBytes -= bytes',
      to: '',
    },
    {
      rule: 'D-13',
      breaks: 'bursts after half a second of silence',
      from: 'atMs - this.#pace.nextMs >= silenceMs',
      to: 'atMs - this.#pace.nextMs >= silenceMs / 2',
    },
  ]),
  ...mutantsOf('shipper/stream-pace.ts', 'shipper/shipper.test.ts', [
    {
      rule: 'D-13',
      breaks: 'bursts after a lost answer',
      from: 'this.#noBurstBeforeMs = atMs + calmMs',
      to: '',
    },
  ]),
  ...mutantsOf('shipper/pace.ts', 'shipper/rate-limits.test.ts', [
    {
      rule: 'D-14',
      breaks: 'sends as much as the limit of the tenant',
      from: 'shareOfLimit = 0.97',
      to: 'shareOfLimit = 1.01',
    },
    {
      rule: 'D-14',
      breaks: 'keeps to a limit that was raised since',
      from: 'nowMs - this.#loweredMs > rememberedMs',
      to: 'nowMs < 0',
    },
    {
      rule: 'D-14',
      breaks: 'sends on while the bucket of the tenant is empty',
      from: 'this.pace.rest(nowMs, refilledBytes)',
      to: '',
    },
    {
      rule: 'D-14',
      breaks: 'lowers the pace for each push that was in flight',
      from: 'nowMs - this.#loweredMs < 1_000',
      to: 'nowMs < this.#loweredMs',
    },
    {
      rule: 'D-14',
      breaks: 'does not raise a pace that it guessed',
      from: 'this.pace.bytesPerSecond = Math.min(this.#ceiling, rate + raiseBytesPerSecond)',
      to: '',
    },
    {
      rule: 'D-14',
      breaks: 'gives way to nobody who sends for the same tenant',
      from: 'Math.max(rate * lowerBy, slowestBytesPerSecond)',
      to: 'Math.min(rate, this.#ceiling)',
    },
  ]),
  ...mutantsOf('shipper/learning.ts', 'shipper/rate-limits.test.ts', [
    {
      rule: 'D-15',
      breaks: 'slows all streams for a limit of one',
      from: "if (scope === 'stream') {",
      to: 'if (scope === undefined) {',
    },
    {
      rule: 'D-14',
      breaks: 'sends a push that was refused for the rate again at once',
      from: '100 + 200 * random()',
      to: '0 * random()',
    },
  ]),
  ...mutantsOf('shipper/shipper.ts', 'shipper/outages.test.ts', [
    {
      rule: 'D-16',
      breaks: 'probes a Loki that is away with all slots',
      from: '(this.#options.slots ?? defaultSlots) : 1',
      to: '(this.#options.slots ?? defaultSlots) : 4',
    },
    {
      rule: 'D-18',
      breaks: 'sends a heavy stream at once where its answer was lost',
      from: 'lostAnswer(nowMs)\n    if (queue.isHeavy(nowMs)) queue.isHeld = true',
      to: 'lostAnswer(nowMs)',
    },
    {
      rule: 'D-18',
      breaks: 'sends other heavy streams to a Loki that was away',
      from: 'onAway: () => this.#holdHeavyStreams()',
      to: 'onAway: () => undefined',
    },
  ]),
  ...mutantsOf('shipper/sink-health.ts', 'shipper/outages.test.ts', [
    {
      rule: 'D-16',
      breaks: 'does not heed Retry-After',
      from: 'wait.afterMs ?? 0',
      to: '0',
    },
    {
      rule: 'D-16',
      breaks: 'counts pushes that were in flight together as so many failures',
      from: 'return nowMs < probeMs ? failures : failures + 1',
      to: 'return failures + 1',
    },
    {
      rule: 'D-17',
      breaks: 'asks a Loki that refuses the login each second',
      from: 'blockedProbeMs = 60_000',
      to: 'blockedProbeMs = 1_000',
    },
  ]),
  ...mutantsOf('shipper/stream-queue.ts', 'shipper/outages.test.ts', [
    {
      rule: 'D-18',
      breaks: 'takes a stream of 1.2 MB for a light one',
      from: 'heavyBytes = 1_200_000',
      to: 'heavyBytes = 2_000_000',
    },
  ]),
  ...mutantsOf('shipper/replay-watch.ts', 'shipper/outages.test.ts', [
    {
      rule: 'D-18',
      breaks: 'does not wait until Loki has forgotten its replay',
      from: 'holdAfterReadyMs = 20_000',
      to: 'holdAfterReadyMs = 2_000',
    },
    {
      rule: 'D-18',
      breaks: 'does not begin to wait anew where another answer is lost',
      from: 'this.#begun += 1\n',
      to: 'this.#begun = 1\n',
    },
  ]),
  ...mutantsOf('shipper/shipper.ts', 'shipper/sent-memory.test.ts', [
    {
      rule: 'D-18',
      breaks: 'sends at once what waits of a stream that was heavy before the start',
      from: 'if (isLeftover) this.#holdLeftover(queue)',
      to: '',
    },
  ]),
  ...mutantsOf('shipper/production.ts', 'shipper/production.test.ts', [
    {
      rule: 'D-20',
      breaks: 'flutters between fast and steady',
      from: 'share > (wasFast ? steadyShare : 1)',
      to: 'share > 1',
    },
    {
      rule: 'D-20',
      breaks: 'never sends what gathered',
      from: 'margin = 1.1',
      to: 'margin = 0.9',
    },
    {
      rule: 'D-20',
      breaks: 'counts what it has counted again',
      from: 'this.#appendedBytes = appendedBytes\n',
      to: '\n',
    },
  ]),
]
