// From the command line and the environment to Settings: the flags given, or every fault of them at once. It
// reads secret and certificate files; it touches no network and creates nothing. cli/program calls it before
// each command.

import { join, resolve } from 'node:path'
import type { ConfigFault } from '../config/fault.ts'
import {
  type ListenSettings,
  logFormats,
  logLevels,
  type LogSettings,
  type ServiceBounds,
  type Settings,
} from '../config/settings.ts'
import type { ErrorReport } from '../core/errors.ts'
import { addFlagFault, collectGiven, type FlagTexts, type Given, isSecretInArgv } from './settings-given.ts'
import { lokiOf } from './settings-loki.ts'
import { type SpoolOptions, spoolOptionsOf } from './settings-spool.ts'
import type { Surroundings } from './settings-surroundings.ts'
import {
  addValueFault,
  booleanOf,
  choiceOf,
  durationOf,
  isGiven,
  labelsOf,
  numberOf,
  parsePort,
  pathOf,
  sizeOf,
  spellingOf,
  textOf,
  textOrDefault,
} from './settings-values.ts'
import { targetOf } from './target.ts'

export type ResolvedSettings =
  | {
      readonly kind: 'settings'
      readonly settings: Settings
      readonly spool: SpoolOptions
      /** Absolute path of --out, where that was given. */
      readonly outPath?: string
      readonly warnings: readonly ErrorReport[]
    }
  | { readonly kind: 'faulty'; readonly faults: readonly ConfigFault[] }

export function resolveSettings(flags: FlagTexts, surroundings: Surroundings): ResolvedSettings {
  const given = collectGiven(flags, surroundings)
  const settings = settingsOf(given, surroundings)
  const spool = spoolOptionsOf(given, surroundings)
  const outPath = pathOf(given, 'out', surroundings.cwd)
  if (given.faults.length > 0) return { kind: 'faulty', faults: given.faults }
  const out = outPath === undefined ? {} : { outPath }
  return { kind: 'settings', settings, spool, ...out, warnings: given.warnings }
}

function settingsOf(given: Given, surroundings: Surroundings): Settings {
  const target = targetOf(given, surroundings)
  const loki = lokiOf(given, surroundings)
  const cpuCheck = choiceOf(given, 'cpu_check', ['auto', 'on', 'off'])
  return {
    target,
    loki,
    labels: labelsOf(given, 'label'),
    metricsPath: metricsPathOf(given, surroundings),
    stateDir: stateDirOf(given, target.name, surroundings),
    listen: listenOf(given),
    log: logOf(given, surroundings),
    hasCpuCheck: cpuCheck === 'on' || (cpuCheck !== 'off' && target.isSqream),
    startupWaitMs: durationOf(given, 'startup_wait'),
    isStrictStart: booleanOf(given, 'strict_start'),
    bounds: boundsOf(given),
    hasSecretInArgv: isSecretInArgv(given),
  }
}

/** The file that was named, else the one in the working directory, else rowtail's own. */
function metricsPathOf(given: Given, { cwd, packageDir, exists }: Surroundings): string {
  const named = pathOf(given, 'metrics_json_path', cwd)
  if (named !== undefined) return named
  const here = join(cwd, 'monitor_input.json')
  return exists(here) ? here : join(packageDir, 'monitor_input.json')
}

/**
 * systemd may name several directories; a relative XDG_STATE_HOME is to be ignored, as its specification
 * says.
 */
function stateDirOf(given: Given, targetName: string, surroundings: Surroundings): string {
  const named = pathOf(given, 'state_dir', surroundings.cwd)
  if (named !== undefined) return named
  const { env, homeDir } = surroundings
  const [ofSystemd] = (env['STATE_DIRECTORY'] ?? '').split(':')
  if (ofSystemd !== undefined && ofSystemd !== '') return resolve(ofSystemd, targetName)
  const ofXdg = env['XDG_STATE_HOME'] ?? ''
  if (ofXdg.startsWith('/')) return join(ofXdg, 'rowtail', targetName)
  if (homeDir !== undefined) return join(homeDir, '.local', 'state', 'rowtail', targetName)
  addFlagFault(given, '--state_dir is missing, and this user has no home directory', 'Name one that lasts.')
  return ''
}

function listenOf(given: Given): ListenSettings {
  const text = textOrDefault(given, 'listen')
  if (text.toLowerCase() === 'off') return { kind: 'off' }
  const match = /^(?:(\[[0-9a-f:.]+\]|[\w.-]*):)?(\d+)$/i.exec(text)
  const portText = match?.[2] ?? ''
  const port = portText === '0' ? 0 : parsePort(portText)
  if (match === null || port === undefined) {
    addValueFault(given, 'listen', {
      expected: 'host:port with a port from 0 (any free one) to 65535, or off',
    })
    return { kind: 'off' }
  }
  const host = match[1]?.replace(/^\[|\]$/g, '') ?? ''
  const password = listenPasswordOf(given)
  return {
    kind: 'on',
    host: host === '' ? '127.0.0.1' : host,
    port,
    isDefault: !isGiven(given, 'listen'),
    ...(password === undefined ? {} : { password }),
  }
}

/** It goes as a token too, which holds no spaces; nothing slows down who guesses, but its length. */
function listenPasswordOf(given: Given): string | undefined {
  const password = textOf(given, 'listen_password')
  if (password === undefined || /^\S{8,}$/.test(password)) return password
  addValueFault(given, 'listen_password', { expected: 'at least 8 characters, no spaces' })
  return undefined
}

function logOf(given: Given, { cwd }: Surroundings): LogSettings {
  const filePath = pathOf(given, 'log_file_path', cwd)
  return {
    ...(filePath === undefined ? {} : { filePath }),
    level: choiceOf(given, 'log_level', logLevels) ?? 'info',
    format: choiceOf(given, 'log_format', logFormats) ?? 'auto',
    isSentToLoki: booleanOf(given, 'log_to_loki'),
  }
}

function boundsOf(given: Given): ServiceBounds {
  const bounds = {
    spoolMetricBytes: sizeOf(given, 'spool_metric'),
    spoolTotalBytes: sizeOf(given, 'spool_total'),
    diskReserveBytes: sizeOf(given, 'disk_reserve'),
    run: { maxRows: numberOf(given, 'max_rows'), maxBytes: sizeOf(given, 'max_bytes') },
  }
  if (bounds.spoolMetricBytes > bounds.spoolTotalBytes) {
    const metric = `${spellingOf(given, 'spool_metric')} ${textOrDefault(given, 'spool_metric')}`
    const total = `${spellingOf(given, 'spool_total')} ${textOrDefault(given, 'spool_total')}`
    addFlagFault(given, `${metric} is more than ${total}; expected at most that`)
  }
  return bounds
}
