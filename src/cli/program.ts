// rowtail's command line as a function: arguments in, exit code out. The commands are injected, so that this
// knows nothing of what they do and tests can stand in for them. Called by cli/index.

import { formatFaults } from '../config/format-faults.ts'
import type { ConfigFault } from '../config/fault.ts'
import type { Settings } from '../config/settings.ts'
import { type ErrorReport, ReportedError, sentenceOf } from '../core/errors.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { helpText } from './help.ts'
import { type CommandName, parseArguments } from './program-arguments.ts'
import { resolveSettings } from './settings.ts'
import type { SpoolOptions } from './settings-spool.ts'
import type { Surroundings } from './settings-surroundings.ts'

/** What a command is called with. */
export type Invocation = {
  readonly version: string
  readonly settings: Settings
  /** What is odd about the settings but no fault: the command logs it. */
  readonly warnings: readonly ErrorReport[]
  /** The names behind `once` and the commands of `spool`; empty is every metric. */
  readonly metrics: readonly string[]
  /** What the commands of `spool` are told, and whether `check` answers in JSON. */
  readonly spool: SpoolOptions
  /** Absolute path of the folder that `dashboards` writes into. */
  readonly outPath?: string
}

/** Does its work and answers with the exit code. */
export type Command = (invocation: Invocation) => Promise<number>

export type ProgramOptions = {
  readonly version: string
  readonly surroundings: Surroundings
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** Runs one command line; never rejects. */
export type Program = (args: readonly string[]) => Promise<number>

export function createProgram(commands: Record<CommandName, Command>, options: ProgramOptions): Program {
  return async (args) => {
    try {
      return await start(args, commands, options)
    } catch (error) {
      return failed(error, options)
    }
  }
}

async function start(
  args: readonly string[],
  commands: Record<CommandName, Command>,
  options: ProgramOptions,
): Promise<number> {
  const parsed = parseArguments(args)
  if (parsed.wants === 'help') options.out(helpText(options.version))
  if (parsed.wants === 'version') options.out(`${options.version}\n`)
  if (parsed.wants !== 'command') return exitCodes.stopped
  const resolved = resolveSettings(parsed.flags, options.surroundings)
  const faults = [...parsed.faults, ...(resolved.kind === 'faulty' ? resolved.faults : [])]
  if (resolved.kind === 'faulty' || faults.length > 0) return refused(faults, options)
  const { command, metrics } = parsed
  const { kind: _, ...given } = resolved
  return commands[command]({ version: options.version, metrics, ...given })
}

function refused(faults: readonly ConfigFault[], { err }: ProgramOptions): number {
  const count = faults.length === 1 ? 'one setting is' : `${faults.length} settings are`
  err(`rowtail cannot start, ${count} wrong:\n`)
  err(`${formatFaults(faults)}\n`)
  return exitCodes.settings
}

/** A known failure is told in its own words; anything else is a bug, and its stack is what helps. */
function failed(error: unknown, { err }: ProgramOptions): number {
  if (error instanceof ReportedError) {
    err(`rowtail: ${sentenceOf(error.report)}\n`)
    return exitCodeOf(error.report.code)
  }
  err(`rowtail: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return exitCodes.bug
}
