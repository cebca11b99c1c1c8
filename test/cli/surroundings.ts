// Surroundings of a command line that a test owns: environment, directories and files as it says, nothing of
// the machine that runs the test.

import { join } from 'node:path'
import { readText } from '../../src/config/read-text.ts'
import type { Settings } from '../../src/config/settings.ts'
import { parseArguments } from '../../src/cli/program-arguments.ts'
import { resolveSettings, type ResolvedSettings } from '../../src/cli/settings.ts'
import type { Surroundings } from '../../src/cli/settings-surroundings.ts'

export function surroundingsFor(given: Partial<Surroundings> = {}): Surroundings {
  return {
    env: {},
    cwd: '/srv',
    packageDir: '/opt/rowtail',
    homeDir: '/home/ann',
    hostname: 'box',
    readText,
    exists: () => false,
    ...given,
  }
}

export function resolve(args: readonly string[], given: Partial<Surroundings> = {}): ResolvedSettings {
  return resolveSettings(parseArguments(args).flags, surroundingsFor(given))
}

/** Settings of a command line without faults. */
export function settingsOf(args: readonly string[], given: Partial<Surroundings> = {}): Settings {
  const resolved = resolve(args, given)
  if (resolved.kind === 'faulty') throw new Error(JSON.stringify(resolved.faults))
  return resolved.settings
}

/** The sentences of all faults, with their hints behind a bar. */
export function faultsOf(args: readonly string[], given: Partial<Surroundings> = {}): string[] {
  const resolved = resolve(args, given)
  if (resolved.kind === 'settings') return []
  return resolved.faults.map(({ message, hint }) => (hint === undefined ? message : `${message} | ${hint}`))
}

export function warningsOf(args: readonly string[], given: Partial<Surroundings> = {}): string[] {
  const resolved = resolve(args, given)
  if (resolved.kind === 'faulty') throw new Error(JSON.stringify(resolved.faults))
  return resolved.warnings.map(({ message, hint }) => (hint === undefined ? message : `${message} | ${hint}`))
}

export const repository = join(import.meta.dirname, '../..')
