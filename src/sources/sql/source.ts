// The SQL source of one metric: asks its query of whichever driver host the supervisor names, and gives up on
// a call that outlives its deadline by more than the grace: from then on the host, not the metric, owns that
// call.

import type { ErrorReport } from '../../core/errors.ts'
import { formatDuration } from '../../core/duration.ts'
import type { RunRequest, RunResult, Source } from '../../core/source.ts'
import { type HostAddress, HostLane, type LaneAnswer } from './host-lane.ts'

/** After the deadline the host cancels; this long later the worker abandons the connection. */
const abandonGraceMs = 2_000

/** A host that is being replaced is there again in some 200 ms. */
const maxHostWaitMs = 5_000

/** What the source knows of the supervisor's hosts. */
export type HostLink = {
  /** The host that serves this metric; while there is none, the one that comes within `waitMs`. */
  address(waitMs: number): Promise<HostAddress | undefined>
  /** Why a host went away, once the supervisor knows; bounded by a short wait. */
  lossOf(hostId: number): Promise<ErrorReport>
  /** Tells the supervisor that a call of this metric stayed behind on that host. */
  abandoned(hostId: number): void
  /** Tells the supervisor that the lane of a call ended, which may have ended the host. */
  wentDown(hostId: number): void
}

export function createSqlSource(metricName: string, link: HostLink): Source {
  let lane: HostLane | undefined

  async function laneTo(
    address: HostAddress,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<HostLane | ErrorReport> {
    if (lane?.isOpen === true && lane.address.hostId === address.hostId) return lane
    lane?.close()
    const patience = AbortSignal.timeout(waitMs)
    lane = await HostLane.open(address, metricName, AbortSignal.any([signal, patience]))
    return lane ?? (patience.aborted ? silentHost(waitMs) : noHost)
  }

  /** A host may be gone before the supervisor has said so: then its successor is waited for, once. */
  async function currentLane(waitMs: number, signal: AbortSignal): Promise<HostLane | ErrorReport> {
    const address = await link.address(waitMs)
    if (address === undefined) return noHost
    const first = await laneTo(address, waitMs, signal)
    if (first instanceof HostLane || signal.aborted) return first
    await link.lossOf(address.hostId)
    const next = await link.address(waitMs)
    if (next === undefined) return noHost
    return next.hostId === address.hostId ? first : laneTo(next, waitMs, signal)
  }

  async function run(
    request: RunRequest,
    onLines: (lines: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<RunResult> {
    const waitMs = Math.min(request.timeoutMs, maxHostWaitMs)
    const current = await heeding(currentLane(waitMs, signal), signal)
    if (!(current instanceof HostLane)) return { kind: 'failed', error: current }
    const patienceMs = request.timeoutMs + abandonGraceMs
    const answer = await within({ lane: current, signal, patienceMs }, () => current.run(request, onLines))
    const { hostId } = current.address
    if (answer.kind === 'finished' || answer.kind === 'failed') return answer
    if (answer.kind === 'lost') {
      link.wentDown(hostId)
      return { kind: 'failed', error: await link.lossOf(hostId) }
    }
    link.abandoned(hostId)
    return { kind: 'failed', error: abandonedReport(request.timeoutMs) }
  }

  return { run, close: () => lane?.close() }
}

type Patience = LaneAnswer | { readonly kind: 'abandoned' }

/** The lane's answer, or `abandoned` and a closed lane after `patienceMs`; rejects when the signal aborts. */
async function within(
  wait: { readonly lane: HostLane; readonly signal: AbortSignal; readonly patienceMs: number },
  ask: () => Promise<LaneAnswer>,
): Promise<Patience> {
  const { lane, signal, patienceMs } = wait
  const { promise, resolve, reject } = Promise.withResolvers<Patience>()
  const timer = setTimeout(() => resolve({ kind: 'abandoned' }), patienceMs)
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  else void ask().then(resolve)
  try {
    const answer = await promise
    if (answer.kind === 'abandoned') lane.close()
    return answer
  } catch (reason) {
    lane.close()
    throw reason
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** What `work` comes to; rejects at once when the signal aborts. */
async function heeding<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort))
}

const noHost: ErrorReport = {
  code: 'host_unavailable',
  message: 'No driver host is there to run the query; one is being started.',
}

function silentHost(waitMs: number): ErrorReport {
  return {
    code: 'host_unavailable',
    message: `The driver host did not take the query within ${formatDuration(waitMs)}.`,
    hint: 'The machine has too little CPU for so many metrics, or the host hangs and is being replaced.',
  }
}

function abandonedReport(timeoutMs: number): ErrorReport {
  return {
    code: 'query_abandoned',
    message: `The query did not end within ${formatDuration(timeoutMs)}, nor when it was cancelled.`,
    hint: 'The database or its driver hangs; this metric goes on over another driver host.',
  }
}
