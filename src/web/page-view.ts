// What /api/events sends to the page: the status, its judgement, and what came since the last message. The
// page's own code (page/) reads this type.

import { type ReadinessReason, readiness, type ReadinessVerdict } from '../core/readiness.ts'
import type { StatusSnapshot } from '../core/status.ts'
import type { MetricNews, Recent } from './recent.ts'

export type PageView = {
  /** True for the first message of a connection: `news` then tells everything. */
  readonly isWhole: boolean
  readonly status: StatusSnapshot
  readonly readiness: ReadinessVerdict
  readonly news: readonly MetricNews[]
  /** Everybody who reaches the address can read this. */
  readonly isOpen: boolean
}

export type PageSources = {
  readonly snapshot: () => StatusSnapshot
  /** Reasons not to be ready that the status does not tell. */
  readonly otherReasons: () => readonly ReadinessReason[]
  readonly recent: Recent
  readonly isOpen: boolean
}

export function pageView(sources: PageSources, knownSequence: number): PageView {
  const status = sources.snapshot()
  return {
    isWhole: knownSequence === 0,
    status,
    readiness: readiness(status, status.atMs, sources.otherReasons()),
    news: sources.recent.since(knownSequence, status.atMs),
    isOpen: sources.isOpen,
  }
}
