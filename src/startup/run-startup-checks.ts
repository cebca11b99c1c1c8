// Runs the startup checks side by side, tells of them in their order by events, and stops at the first that
// fails. Where rowtail has delivered from this target to this Loki before, a server that cannot be reached
// stops nothing: after a reboot nobody promises an order, so the service starts, spools and keeps asking.

import type { Clock } from '../core/clock.ts'
import type { ErrorReport } from '../core/errors.ts'
import type { ServiceEvent } from '../core/events.ts'
import type { FailedFinding, Finding } from './finding.ts'
import { type Check, waitFor } from './wait-for.ts'

export type StartupCheck = {
  readonly name: string
  readonly check: Check
  /**
   * The name of an earlier check without which this one would only fail again: left out unless that one
   * passed.
   */
  readonly needs?: string
}

export type StartupOptions = {
  readonly emit: (event: ServiceEvent) => void
  readonly clock: Clock
  /** How long unreachable servers are asked again, in ms; each check has it anew. */
  readonly waitMs: number
  readonly hasDeliveredBefore: boolean
  readonly isStrict: boolean
  readonly signal: AbortSignal
}

/** Undefined where the service may start. Rejects with the signal's reason. */
export async function runStartupChecks(
  checks: readonly StartupCheck[],
  options: StartupOptions,
): Promise<FailedFinding | undefined> {
  const settled = new AbortController()
  const signal = AbortSignal.any([options.signal, settled.signal])
  const begun = begin(checks, { ...options, signal })
  try {
    for (const [name, answer] of begun) {
      const finding = await answer
      if (finding === undefined) continue
      tell(name, finding, options)
      if (finding.kind === 'failed') return finding
    }
    return undefined
  } finally {
    settled.abort(new Error('the startup checks are over'))
    await Promise.allSettled(begun.values())
  }
}

/** The findings by name, on their way; undefined for a check that was left out. */
function begin(
  checks: readonly StartupCheck[],
  options: StartupOptions,
): ReadonlyMap<string, Promise<Finding | undefined>> {
  const begun = new Map<string, Promise<Finding | undefined>>()
  for (const check of checks) {
    const needed = check.needs === undefined ? undefined : begun.get(check.needs)
    begun.set(check.name, answerTo(check, needed, options))
  }
  return begun
}

async function answerTo(
  { name, check }: StartupCheck,
  needed: Promise<Finding | undefined> | undefined,
  options: StartupOptions,
): Promise<Finding | undefined> {
  if (needed !== undefined && (await needed)?.kind !== 'passed') return undefined
  return forKnownTarget(await findingOf(name, check, options), options)
}

/** A known target is not waited for: the running service asks again by itself. */
function findingOf(check: string, ask: Check, options: StartupOptions): Promise<Finding> {
  const { emit, clock, signal } = options
  return waitFor(ask, {
    waitMs: isKnown(options) ? 0 : options.waitMs,
    clock,
    signal,
    onWaiting: (error, leftMs) => emit({ type: 'check.waiting', check, error, waitMs: leftMs }),
  })
}

function isKnown({ hasDeliveredBefore, isStrict }: StartupOptions): boolean {
  return hasDeliveredBefore && !isStrict
}

function forKnownTarget(finding: Finding, options: StartupOptions): Finding {
  if (finding.kind !== 'failed' || !finding.isWorthWaiting || !isKnown(options)) return finding
  return { kind: 'warned', error: startingAnyway(finding.error) }
}

function startingAnyway(error: ErrorReport): ErrorReport {
  const hint =
    'ROWTAIL STARTS WITHOUT IT, because it has delivered from here before: it keeps asking, and what it ' +
    'has is kept on disk until it can be sent. --strict_start makes this a failure.'
  return { ...error, hint: error.hint === undefined ? hint : `${error.hint} ${hint}` }
}

function tell(check: string, finding: Finding, { emit }: StartupOptions): void {
  switch (finding.kind) {
    case 'passed':
      emit({ type: 'check.passed', check, detail: finding.detail })
      break
    case 'warned':
      emit({ type: 'check.warned', check, error: finding.error })
      break
    case 'failed':
      emit({ type: 'check.failed', check, error: finding.error })
  }
}
