// The command `spool replay`: puts dead letters back into the queue after a cure, for the next start of the
// service to deliver. The worker keeps counts of its spool in memory, so the service must not run. An entry
// that Loki may have already is put back only where Loki says that it has not, or with --maybe_stored.

import { ReportedError } from '../../core/errors.ts'
import { countOf } from '../../core/quantity.ts'
import type { EntryCodec, Sink } from '../../core/sink.ts'
import { systemClock } from '../../kit/clock.ts'
import { sinks } from '../../sinks/registry.ts'
import { openSpool } from '../../spool/open.ts'
import { type LetterRecord, SpoolReader, type StreamContent } from '../../spool/reader.ts'
import type { Spool } from '../../spool/spool.ts'
import { lockStateDirectory, type StateLock } from '../../spool/state-lock.ts'
import { defaultSpoolBounds, maybeStoredWords } from '../../spool/types.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Invocation } from '../program.ts'
import { type Batch, batchesOf, revive } from '../replay-plan.ts'
import type { SpoolOptions } from '../settings-spool.ts'
import { redactorOf } from './load.ts'
import { chosenSpools } from './spool-choice.ts'
import { speaker } from './tell.ts'

type Replaying = {
  readonly options: SpoolOptions
  readonly codec: EntryCodec
  readonly sink: Sink
  readonly bounds: { readonly maxBytes: number; readonly maxDeadLetterBytes: number }
  readonly say: (text: string) => void
}

export async function spoolReplay(invocation: Invocation): Promise<number> {
  const { settings, spool: options } = invocation
  const files = chosenSpools(invocation)
  const lock = options.isDryRun ? undefined : lockOrTell(settings.stateDir)
  const sink = (await sinks.loki.create())(settings.loki)
  const replaying: Replaying = {
    options,
    codec: await sinks.loki.codec(),
    sink,
    bounds: { ...defaultSpoolBounds, maxBytes: settings.bounds.spoolMetricBytes },
    say: speaker(process.stdout, redactorOf(settings)),
  }
  try {
    for (const file of files) {
      const say = (text: string) => replaying.say(`${file.metric}: ${text}`)
      await replaySpool(file.path, { ...replaying, say })
    }
    return exitCodes.stopped
  } finally {
    sink.close()
    lock?.release()
  }
}

function lockOrTell(directory: string): StateLock {
  try {
    return lockStateDirectory(directory)
  } catch (error) {
    if (!(error instanceof ReportedError) || error.report.code !== 'state_dir_in_use') throw error
    const hint =
      'Stop it, replay, and start it again: it delivers what was put back. --dry_run works beside it.'
    throw new ReportedError({ ...error.report, hint }, { cause: error })
  }
}

async function replaySpool(path: string, replaying: Replaying): Promise<void> {
  const { options, say } = replaying
  const planned = await planOf(path, replaying)
  const letters = planned.batches.reduce((sum, batch) => sum + batch.letters.length, 0)
  if (planned.stored > 0) say(`${countOf(planned.stored, 'dead letter')} left: Loki has them already`)
  if (planned.unclear > 0) {
    say(`${countOf(planned.unclear, 'dead letter')} left: Loki may have them, see --maybe_stored`)
  }
  if (letters === 0) {
    say('nothing to put back')
    return
  }
  if (!options.isDryRun) putBack(path, planned.batches, replaying)
  const would = options.isDryRun ? 'would be put back' : 'put back'
  const restamped = planned.restamped === 0 ? '' : `, ${planned.restamped} of them with a new time`
  say(`${countOf(letters, 'dead letter')} ${would}${restamped}`)
}

type Plan = { batches: Batch[]; restamped: number; stored: number; unclear: number }

async function planOf(path: string, replaying: Replaying): Promise<Plan> {
  const { options, codec } = replaying
  const plan: Plan = { batches: [], restamped: 0, stored: 0, unclear: 0 }
  const reader = new SpoolReader(path)
  try {
    // All of them: at most 32 MiB.
    const letters = [...reader.letters()].filter(({ reason }) => (options.reason ?? reason) === reason)
    for (const stream of reader.content().streams) {
      const own = letters.filter((letter) => letter.stream === stream.stream)
      const cleared = await withoutStored(own, stream, replaying)
      const revived = revive(cleared.letters, { nowNs: systemClock.nowNs(), lastNs: stream.lastNs }, codec)
      plan.batches.push(...batchesOf(stream.stream, revived))
      plan.restamped += revived.filter(({ isRestamped }) => isRestamped).length
      plan.stored += cleared.stored
      plan.unclear += cleared.unclear
    }
    return plan
  } finally {
    reader.close()
  }
}

type Cleared = { letters: LetterRecord[]; stored: number; unclear: number }

/** Without what Loki has, and without what it may have and does not tell, unless that is asked for. */
async function withoutStored(
  letters: readonly LetterRecord[],
  { labels }: StreamContent,
  { sink, options }: Replaying,
): Promise<Cleared> {
  const cleared: Cleared = { letters: [], stored: 0, unclear: 0 }
  for (const letter of letters) {
    const isMaybeStored = letter.said.startsWith(maybeStoredWords)
    const answer = isMaybeStored ? await isStored(letter, labels, sink) : 'absent'
    if (answer === 'stored') cleared.stored += 1
    else if (answer === 'unclear' && !options.withMaybeStored) cleared.unclear += 1
    else cleared.letters.push(letter)
  }
  return cleared
}

async function isStored(
  { entry }: LetterRecord,
  stream: string,
  sink: Sink,
): Promise<'stored' | 'absent' | 'unclear'> {
  const signal = new AbortController().signal
  const lookup = await sink.lookUp?.({ stream, entries: entry, count: 1 }, signal)
  if (lookup?.kind !== 'known') return 'unclear'
  if (lookup.stored.length > 0) return 'stored'
  return lookup.absent.length > 0 ? 'absent' : 'unclear'
}

/** One transaction a chunk: a letter is either still one, or in the queue. */
function putBack(path: string, batches: readonly Batch[], { bounds }: Replaying): void {
  const { spool, quarantined } = openSpool(path, { bounds, nowMs: systemClock.nowMs() })
  try {
    if (quarantined !== undefined) throw new ReportedError(quarantined.error)
    requireRoom(spool, batches, bounds.maxBytes)
    for (const { letters, chunk } of batches) spool.replay(letters, chunk)
  } finally {
    spool.close()
  }
}

/** What was put back must not push out what waits. */
function requireRoom(spool: Spool, batches: readonly Batch[], maxBytes: number): void {
  const bytes = batches.reduce((sum, { chunk }) => sum + chunk.body.byteLength, spool.depth().bytes)
  if (bytes <= maxBytes) return
  throw new ReportedError({
    code: 'spool_full',
    message: `With what is put back the spool would hold ${bytes} bytes, above its bound of ${maxBytes}.`,
    hint: 'Raise --spool_metric, or wait until Loki has what waits.',
  })
}
