// Reads the text of one flag as what it stands for. Every reader adds a fault where the text is none, and
// then answers with the flag's default, so that reading goes on and all faults are told at once.

import { resolve } from 'node:path'
import { quoted } from '../config/fault.ts'
import { labelCountFault, labelNameFault, labelValueFault } from '../config/labels.ts'
import { nearestName } from '../config/suggest.ts'
import { formatDuration, parseDurationMs } from '../core/duration.ts'
import { formatSize, parseSizeBytes } from '../core/size.ts'
import { flagOf } from './flags-names.ts'
import type { FlagName } from './flags.ts'
import { addFlagFault, type Given } from './settings-given.ts'

/** The text given, or the default. */
export function textOf(given: Given, name: FlagName): string | undefined {
  return given.values.get(name)?.texts[0] ?? flagOf(name).default
}

/** The text of a flag that has a default. */
export function textOrDefault(given: Given, name: FlagName): string {
  return textOf(given, name) ?? ''
}

export function spellingOf(given: Given, name: FlagName): string {
  return given.values.get(name)?.spelling ?? `--${name}`
}

export function isGiven(given: Given, name: FlagName): boolean {
  return given.values.has(name)
}

export function addValueFault(
  given: Given,
  name: FlagName,
  fault: { expected: string; hint?: string },
): void {
  const text = textOrDefault(given, name)
  const found = flagOf(name).isSecret === true ? 'not usable' : quoted(text)
  addFlagFault(given, `${spellingOf(given, name)} is ${found}; expected ${fault.expected}`, fault.hint)
}

export function portOf(given: Given, name: FlagName): number {
  const port = parsePort(textOrDefault(given, name))
  if (port !== undefined) return port
  addValueFault(given, name, { expected: 'a whole number from 1 to 65535' })
  return Number(flagOf(name).default)
}

export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** A boolean flag without a value is true: `--clustered`. */
export function booleanOf(given: Given, name: FlagName): boolean {
  switch (textOrDefault(given, name).toLowerCase()) {
    case '':
    case 'true':
      return true
    case 'false':
      return false
    default:
      addValueFault(given, name, { expected: 'true or false' })
      return flagOf(name).default === 'true'
  }
}

/** One of `choices`, which are those of the flag's table row. */
export function choiceOf<Choice extends string>(
  given: Given,
  name: FlagName,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOrDefault(given, name).toLowerCase()
  const choice = choices.find((known) => known === text)
  if (choice !== undefined) return choice
  const nearest = nearestName(text, choices)
  addValueFault(given, name, {
    expected: `one of ${choices.join(', ')}`,
    ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
  })
  return choices.find((known) => known === flagOf(name).default)
}

export function durationOf(given: Given, name: FlagName): number {
  const { value } = flagOf(name)
  const maxMs = value.kind === 'duration' ? value.maxMs : 0
  const durationMs = parseDurationMs(textOrDefault(given, name))
  if (durationMs !== undefined && durationMs <= maxMs) return durationMs
  const expected =
    durationMs === undefined
      ? 'a number of seconds or a duration such as 500ms, 30s or 5m'
      : `at most ${formatDuration(maxMs)}`
  addValueFault(given, name, { expected })
  return parseDurationMs(flagOf(name).default ?? '') ?? 0
}

export function sizeOf(given: Given, name: FlagName): number {
  const { value } = flagOf(name)
  const sizeBytes = parseSizeBytes(textOrDefault(given, name))
  if (value.kind === 'size' && sizeBytes !== undefined) {
    if (sizeBytes >= value.minBytes && sizeBytes <= value.maxBytes) return sizeBytes
    addValueFault(given, name, {
      expected: `${formatSize(value.minBytes)} to ${formatSize(value.maxBytes)}`,
    })
  } else {
    const orOff = value.kind === 'size' && value.canBeOff === true ? ', or off' : ''
    addValueFault(given, name, { expected: `a size such as 256MiB, 1MB or 4096${orOff}` })
  }
  return parseSizeBytes(flagOf(name).default ?? '') ?? 0
}

export function sizeOrOffOf(given: Given, name: FlagName): number | 'off' {
  return textOrDefault(given, name).toLowerCase() === 'off' ? 'off' : sizeOf(given, name)
}

export function numberOf(given: Given, name: FlagName): number {
  const { value } = flagOf(name)
  const range = value.kind === 'number' ? value : { min: 0, max: 0 }
  const text = textOrDefault(given, name)
  const number = /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (number !== undefined && number >= range.min && number <= range.max) return number
  addValueFault(given, name, { expected: `a whole number from ${range.min} to ${range.max}` })
  return Number(flagOf(name).default)
}

/** An absolute path, or undefined where none was given. */
export function pathOf(given: Given, name: FlagName, cwd: string): string | undefined {
  const text = textOf(given, name)
  return text === undefined ? undefined : resolve(cwd, text)
}

/** The labels of all `--label name=value`. */
export function labelsOf(given: Given, name: FlagName): Record<string, string> {
  const labels = new Map<string, string>()
  for (const text of given.values.get(name)?.texts ?? []) {
    const fault = addLabel(labels, text.trim())
    if (fault === undefined) continue
    const message = `${spellingOf(given, name)} is ${quoted(text)}; expected ${fault.expected}`
    addFlagFault(given, message, fault.hint)
  }
  const tooMany = labelCountFault(labels.keys())
  if (tooMany !== undefined) {
    addFlagFault(
      given,
      `${spellingOf(given, name)} stands ${labels.size} times; expected ${tooMany.expected}`,
    )
  }
  return Object.fromEntries(labels)
}

function addLabel(
  labels: Map<string, string>,
  text: string,
): { expected: string; hint?: string } | undefined {
  const equals = text.indexOf('=')
  if (equals === -1) return { expected: 'name=value, such as env=prod' }
  const label = text.slice(0, equals)
  const value = text.slice(equals + 1)
  const fault = labelNameFault(label) ?? labelValueFault(value)
  if (fault !== undefined) return fault
  if (labels.has(label)) return { expected: `the label ${label} once` }
  labels.set(label, value)
  return undefined
}
