// The startup check of Loki: it takes pushes and knows our login. The sink asks; what its answer means for
// the start is decided here: a refused login is final, a Loki that still starts is waited for.

import type { Readiness } from '../core/sink.ts'
import { failedByServer, type Finding, withTried } from './finding.ts'

export type LokiPlace = {
  readonly readiness: (signal: AbortSignal) => Promise<Readiness>
  /** Loki's address for texts, without user and password. */
  readonly where: string
}

export async function checkLoki({ readiness, where }: LokiPlace, signal: AbortSignal): Promise<Finding> {
  const answer = await readiness(signal)
  if (answer.kind === 'ready') return { kind: 'passed', detail: `Loki takes pushes at ${where}.` }
  return failedByServer(withTried(answer.error, where))
}
