// What breaks inside a worker: the delivery loop, the settling of a range, times, freezing, the schedule.

import { mutantsOf } from './mutant.ts'

export const mutantsOfWorker = [
  ...mutantsOf('worker/gathering.ts', 'worker/delivery-loop.test.ts', [
    {
      rule: 'D-23',
      breaks: 'counts what gathers as late',
      from: 'nowMs < untilMs && !this.#isOver',
      to: 'nowMs > untilMs && !this.#isOver',
    },
    {
      rule: 'D-23',
      breaks: 'counts nothing as late at a stop',
      from: ' && !this.#isOver',
      to: '',
    },
  ]),
  ...mutantsOf('worker/delivery-loop.ts', 'worker/delivery-loop.test.ts', [
    {
      rule: 'D-23',
      breaks: 'lets rows gather too',
      from: "if (kind !== 'runs' || spool",
      to: 'if (spool',
    },
    {
      rule: 'D-23',
      breaks: 'lets run lines gather behind others that wait',
      from: "if (kind !== 'runs' || spool.backlogs().some((backlog) => backlog.stream === stream)) return",
      to: "if (kind !== 'runs') return",
    },
    {
      rule: 'D-2',
      breaks: 'takes what has come meanwhile into a push that goes again',
      from: `      case 'again':
        this.#next(stream, 0)`,
      to: `      case 'again':
        this.#options.spool.release(delivery.range)
        this.#deliveries.delete(stream)
        this.#next(stream, 0)`,
    },
    {
      rule: 'D-3',
      breaks: 'does not count its failures',
      from: 'delivery.failures += 1',
      to: 'delivery.failures = 1',
    },
    {
      rule: 'D-7',
      breaks: 'asks a blocked stream at once',
      from: 'this.#next(stream, blockedProbeMs)',
      to: 'this.#next(stream, 0)',
    },
    {
      rule: 'D-9',
      breaks: 'sends what is 6 minutes ahead',
      from: 'maxAheadOfSinkMs = 5 * 60_000',
      to: 'maxAheadOfSinkMs = 6 * 60_000',
    },
    {
      rule: 'D-9',
      breaks: 'waits for hours for what is hours ahead',
      from: 'isFarAhead ? head.oldestNs + maxRangeSpanNs :',
      to: 'isFarAhead ? this.#sinkTime.nowNs(maxAheadOfSinkMs) :',
    },
    {
      rule: 'D-10',
      breaks: 'pushes again what only the spool could not take down',
      from: 'if (delivery.ending !== undefined) {',
      to: 'if (delivery.ending?.hasFailed === false) {',
    },
    {
      rule: 'D-10',
      breaks: 'tries the spool again at once',
      from: 'this.#next(range.stream, spoolRetryMs)',
      to: 'this.#next(range.stream, 0)',
    },
    {
      rule: 'D-8',
      breaks: 'does not tell of an entry that is stuck',
      from: "advice.kind === 'again' && advice.isStuck ? { isStuck: true } : {}",
      to: '{}',
    },
  ]),
  ...mutantsOf('spool/statements.ts', 'worker/delivery-loop.test.ts', [
    {
      rule: 'D-1',
      breaks: 'hands over the newest entries first',
      from: 'last_ns as lastNs from chunks where stream = ? order by id`',
      to: 'last_ns as lastNs from chunks where stream = ? order by id desc`',
    },
  ]),
  ...mutantsOf('worker/sink-time.ts', 'worker/delivery-refusals.test.ts', [
    {
      rule: 'D-6',
      breaks: 'gives refused entries a new time by a clock that is wrong by hours',
      from: 'if (sinkMs === undefined || Math',
      to: 'if (sinkMs !== undefined || Math',
    },
  ]),
  ...mutantsOf('worker/refused-entries.ts', 'worker/delivery-refusals.test.ts', [
    {
      rule: 'D-5',
      breaks: 'forgets what Loki refused',
      from: 'else dead.push({ entry, reason: refusal.reason, said, atMs })',
      to: '',
    },
    {
      rule: 'D-6',
      breaks: 'does not keep the first time of a refused entry',
      from: '[[originalTimeName, codec.decode(entry).atNs.toString()]]',
      to: '[[originalTimeName, atNs.toString()]]',
    },
  ]),
  ...mutantsOf('worker/settling.ts', 'worker/delivery-loop.test.ts', [
    {
      rule: 'D-4',
      breaks: 'forgets the second half of a push that was too large',
      from: `    if (piece.length > 1) return this.#replace(halvesOf(piece))
    return this.#giveUp(piece, () =>`,
      to: `    if (piece.length > 1) return this.#replace(halvesOf(piece).slice(0, 1))
    return this.#giveUp(piece, () =>`,
    },
  ]),
  ...mutantsOf('worker/settling.ts', 'worker/delivery-refusals.test.ts', [
    {
      rule: 'D-22',
      breaks: 'gives an entry that may be stored a new time',
      from: 'const isMaybeStored = isOfTime(refusal) && this.#unknown.has(index)',
      to: 'const isMaybeStored = false',
    },
  ]),
  ...mutantsOf('worker/maybe-stored.ts', 'worker/delivery-refusals.test.ts', [
    {
      rule: 'D-22',
      breaks: 'buries what Loki has',
      from: '.filter(({ index }) => !stored.has(index))',
      to: '',
    },
    {
      rule: 'D-22',
      breaks: 'takes for absent what Loki did not tell of',
      from: "if (lookup.kind !== 'known') return [...refused]",
      to: "if (lookup.kind !== 'known') return refused.map((one) => ({ ...one, isMaybeStored: false }))",
    },
  ]),
  ...mutantsOf('worker/delivery-loop.ts', 'worker/delivery-refusals.test.ts', [
    {
      rule: 'D-22',
      breaks: 'forgets at a restart that something may be stored',
      from: 'beginSettling(entries, this.#pushedBeforeNs.get(range.stream))',
      to: 'beginSettling(entries, undefined)',
    },
  ]),
  ...mutantsOf('worker/settling.ts', 'worker/settling.test.ts', [
    {
      rule: 'Q-18',
      breaks: 'halves at the first retry',
      from: 'if (isHopeless && piece.length > 1)',
      to: 'if (piece.length > 1)',
    },
    {
      rule: 'Q-19',
      breaks: 'halves at the 21st equal server error',
      from: 'equalErrors >= maxEqualServerErrors ||',
      to: 'equalErrors > maxEqualServerErrors ||',
    },
    {
      rule: 'Q-19',
      breaks: 'halves at the second answer that names a limit',
      from: 'streamLimits >= maxStreamLimits',
      to: 'streamLimits >= maxStreamLimits - 1',
    },
    {
      rule: 'Q-19',
      breaks: 'sends the second half first',
      from: 'this.#pieces.push(...pieces.toReversed())',
      to: 'this.#pieces.push(...pieces)',
    },
    {
      rule: 'Q-20',
      breaks: 'does not send the rest of a push again whose refused entries were named',
      from: 'const rest = piece.filter((index) => !isNamed(index))',
      to: 'const rest = piece.filter(() => false)',
    },
    {
      rule: 'Q-20',
      breaks: 'takes a push for refused where only some of it was',
      from: 'const concernsAll = isWhole || piece.length === 1',
      to: 'const concernsAll = true',
    },
    {
      rule: 'Q-21',
      breaks: 'drops an entry that is stuck',
      from: 'if (isHopeless && piece.length > 1) this.#replace(halvesOf(piece))',
      to: 'if (isHopeless) this.#replace(piece.length > 1 ? halvesOf(piece) : [])',
    },
    {
      rule: 'Q-21',
      breaks: 'takes an entry that is too large for delivered',
      from: "return this.#giveUp(piece, () => ({ reason: 'too_long', said: error.said ?? error.message }))",
      to: 'return this.#replace([])',
    },
    {
      rule: 'Q-22',
      breaks: 'makes dead letters of a stream whose label is refused',
      from: "return reason === 'labels' || (reason === 'metadata' && isWholeRange)",
      to: "return reason === 'metadata' && isWholeRange",
    },
    {
      rule: 'Q-22',
      breaks: 'makes dead letters of a stream whose metadata is refused',
      from: 'if (first === undefined || !isAllMetadata)',
      to: 'if (first === undefined || isAllMetadata || !isAllMetadata)',
    },
    {
      rule: 'Q-23',
      breaks: 'forgets that an answer was lost',
      from: 'if (retry.isUnknown) for (const index of piece) this.#unknown.add(index)',
      to: '',
    },
    {
      rule: 'Q-24',
      breaks: 'gives a refused entry new times without end',
      from: "metadata.some(([name]) => name === originalTimeName) ? 'dead_letter' : 'restamp'",
      to: "metadata.some(([name]) => name === originalTimeName) ? 'restamp' : 'restamp'",
    },
  ]),
  ...mutantsOf('worker/stream-times.ts', 'worker/recorder.test.ts', [
    {
      breaks: 'gives two runs of one tick of the clock the same time',
      from: 'return lastNs + 1n',
      to: 'return lastNs',
    },
    {
      breaks: 'follows a clock that was set back by hours only hours later',
      from: 'if (aheadNs <= maxAheadNs)',
      to: 'if (aheadNs <= 60n * maxAheadNs)',
    },
  ]),
  ...mutantsOf('worker/freeze.ts', 'worker/freeze.test.ts', [
    {
      breaks: 'cuts a chunk that would fit exactly',
      from: 'this.#size + neededBytes > maxChunkBytes)',
      to: 'this.#size + neededBytes >= maxChunkBytes)',
    },
    {
      breaks: 'gives all rows of a run one time',
      from: 'this.#nextNs += 1n',
      to: 'this.#nextNs += 0n',
    },
  ]),
  ...mutantsOf('worker/recorder.ts', 'worker/recorder.test.ts', [
    {
      breaks: 'sends the rows of a run that failed',
      from: 'if (!isKept) spool.discardStaged()',
      to: '',
    },
  ]),
  ...mutantsOf('core/schedule.ts', 'core/schedule.test.ts', [
    {
      rule: 'S-3',
      breaks: 'spreads first ticks over more than an interval',
      from: 'Math.min(intervalMs, 1_000)',
      to: '1_000',
    },
    {
      rule: 'S-1',
      breaks: 'ticks again where it is',
      from: 'if (afterMs < grid.startMs)',
      to: 'if (afterMs <= grid.startMs)',
    },
    {
      rule: 'S-2',
      breaks: 'makes up for the tick at which a run ends',
      from: 'nextTickMs(grid, endMs) -',
      to: 'nextTickMs(grid, endMs - 1) -',
    },
  ]),
  ...mutantsOf('core/backoff.ts', 'core/backoff.test.ts', [
    {
      rule: 'S-6',
      breaks: 'tries again at once where the dice fall so',
      from: 'return doubled / 2 + (doubled / 2) * random',
      to: 'return doubled * random',
    },
  ]),
  ...mutantsOf('worker/poll-loop.ts', 'worker/poll-loop.test.ts', [
    {
      rule: 'S-6',
      breaks: 'waits longer than to the next tick after a failure',
      from: 'Math.min(tickMs, nowMs + backoffMs(runBackoff, failures, random))',
      to: 'nowMs + backoffMs(runBackoff, failures, random)',
    },
    {
      rule: 'S-4',
      breaks: 'runs a daily metric again at each start',
      from: 'rememberedIntervalMs = 3_600_000',
      to: 'rememberedIntervalMs = 864_000_000',
    },
    {
      rule: 'S-5',
      breaks: 'waits for years where the clock was set back',
      from: 'Math.min(lastRunMs + metric.intervalMs - clock.nowMs(), metric.intervalMs)',
      to: 'lastRunMs + metric.intervalMs - clock.nowMs()',
    },
    {
      rule: 'S-7',
      breaks: 'runs while the gate is closed',
      from: 'if (!gate.isOpen) {',
      to: 'if (metric.name === "") {',
    },
    {
      rule: 'S-8',
      breaks: 'tries once more after a refused login',
      from: 'if (!gate.isOpen) {',
      to: 'if (!gate.isOpen && before.failures !== 1) {',
    },
    {
      rule: 'S-9',
      breaks: 'leaves the rows of a run that a stop cut off',
      from: 'if (metric.send) options.recorder.discard()',
      to: '',
    },
  ]),
]
