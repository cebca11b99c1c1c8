// The startup check of the database: it can be reached and lets us in. A failure says what was tried, repeats
// the driver's words, and names the cure that fits this target, which a driver's error alone cannot know.

import type { ErrorReport } from '../core/errors.ts'
import { describeTarget, type Target } from '../core/target.ts'
import { cureOf } from './database-cure.ts'
import { failedByServer, type Finding, withTried } from './finding.ts'

/** Connects, logs in and leaves again; undefined where that worked. Bounded by its own login timeout. */
export type Connect = (signal: AbortSignal) => Promise<ErrorReport | undefined>

export async function checkDatabase(target: Target, connect: Connect, signal: AbortSignal): Promise<Finding> {
  const tried = describeTarget(target)
  const error = await connect(signal)
  if (error === undefined) return { kind: 'passed', detail: `Connected and logged in: ${tried}.` }
  const hint = cureOf(target, error) ?? error.hint
  return failedByServer(withTried({ ...error, ...(hint === undefined ? {} : { hint }) }, tried))
}
