// What rowtail's exit code means; docs/errors.md says it to the operator.

import { settingsErrors } from '../core/error-codes/settings.ts'
import type { ErrorCode } from '../core/errors.ts'

export const exitCodes = {
  stopped: 0,
  bug: 1,
  /** Flags, environment, metrics file, state directory or port: nothing was started. */
  settings: 2,
  /** A startup check failed. */
  startup: 3,
  /** `spool verify`: rows are missing in Loki, or twice there. */
  unequal: 1,
  /** `spool verify`: Loki does not show yet what may be there; nothing else is wrong. */
  notShown: 4,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code of a process that this error ends. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  if (code === 'internal') return exitCodes.bug
  return code in settingsErrors ? exitCodes.settings : exitCodes.startup
}
