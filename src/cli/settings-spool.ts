// The flags of the spool commands: what is asked of the spools, beside the settings that every command has.
// Called by cli/settings; the commands of `spool` read the result.

import { parseDurationMs } from '../core/duration.ts'
import { type RefusalReason, refusalReasons } from '../core/sink.ts'
import type { FlagName } from './flags.ts'
import type { Given } from './settings-given.ts'
import type { Surroundings } from './settings-surroundings.ts'
import { addValueFault, booleanOf, choiceOf, isGiven, pathOf, textOrDefault } from './settings-values.ts'

/** A moment: so long before now, or a time, both in ms. */
export type When =
  | { readonly kind: 'ago'; readonly ms: number }
  | { readonly kind: 'at'; readonly ms: number }

export type SpoolOptions = {
  readonly isJson: boolean
  readonly since: When
  readonly until: When
  /** Dead letters of this reason only. */
  readonly reason?: RefusalReason
  readonly isDryRun: boolean
  readonly withMaybeStored: boolean
  readonly isDead: boolean
  /** Absolute path of a copy that was set aside. */
  readonly filePath?: string
}

export function spoolOptionsOf(given: Given, { cwd }: Surroundings): SpoolOptions {
  const reason = isGiven(given, 'reason') ? choiceOf(given, 'reason', refusalReasons) : undefined
  const filePath = pathOf(given, 'file', cwd)
  return {
    isJson: booleanOf(given, 'json'),
    since: whenOf(given, 'since'),
    until: whenOf(given, 'until'),
    ...(reason === undefined ? {} : { reason }),
    isDryRun: booleanOf(given, 'dry_run'),
    withMaybeStored: booleanOf(given, 'maybe_stored'),
    isDead: booleanOf(given, 'dead'),
    ...(filePath === undefined ? {} : { filePath }),
  }
}

/** ms since the epoch. */
export function momentOf(when: When, nowMs: number): number {
  return when.kind === 'at' ? when.ms : nowMs - when.ms
}

function whenOf(given: Given, name: FlagName): When {
  const text = textOrDefault(given, name)
  const agoMs = parseDurationMs(text)
  if (agoMs !== undefined) return { kind: 'ago', ms: agoMs }
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(atMs)) return { kind: 'at', ms: atMs }
  addValueFault(given, name, {
    expected: 'a duration before now such as 1h, or a time: 2026-11-25T20:00:00Z',
  })
  return { kind: 'ago', ms: 0 }
}
