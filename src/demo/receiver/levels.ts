// The level that Loki detects for an entry and adds to its metadata as `detected_level` (discover_log_levels,
// on by default): from a label or metadata named like a level, else from the line's JSON, else from a word in
// the line.

import type { Label } from './push-request.ts'

const fieldNames = [
  'level',
  'LEVEL',
  'Level',
  'log.level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
].concat(['lvl', 'LVL', 'Lvl', 'severity_text', 'Severity_Text', 'SEVERITY_TEXT'])

const aliases: Readonly<Record<string, string>> = {
  trc: 'trace',
  dbg: 'debug',
  inf: 'info',
  information: 'info',
  wrn: 'warn',
  warning: 'warn',
  err: 'error',
}
const known = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal']

export function withLevel(labels: readonly Label[], metadata: readonly Label[], line: string): Label[] {
  if (metadata.some(([name]) => name === 'detected_level')) {
    return metadata.map(([name, value]) => [name, name === 'detected_level' ? normalized(value) : value])
  }
  const named = namedLevel(labels) ?? namedLevel(metadata)
  return [...metadata, ['detected_level', named ?? levelOfLine(line)]]
}

function namedLevel(pairs: readonly Label[]): string | undefined {
  for (const field of fieldNames) {
    const pair = pairs.find(([name]) => name === field)
    if (pair !== undefined) return normalized(pair[1])
  }
  return undefined
}

function normalized(level: string): string {
  const lower = level.toLowerCase()
  const name = aliases[lower] ?? lower
  return known.includes(name) ? name : level
}

function levelOfLine(line: string): string {
  const field = levelInJson(line)
  const level = field === undefined ? undefined : normalized(field)
  return level !== undefined && known.includes(level) ? level : wordInLine(line)
}

/** A string under a level's name, at the top or one object deeper. */
function levelInJson(line: string): string | undefined {
  if (!/^\s*\{.*\}\s*$/s.test(line)) return undefined
  try {
    return levelInObject(JSON.parse(line), 0)
  } catch {
    return undefined
  }
}

function levelInObject(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 1) return undefined
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'string' && fieldNames.includes(name)) return field
    const deeper = levelInObject(field, depth + 1)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function wordInLine(line: string): string {
  const word =
    /(?<=^|[\s[({"=])(trace|debug|fatal|critical|error|err|warning|warn|info)(?=$|[\s[\](){}:,!"=])/i
  const found = word.exec(line)?.[1]
  return found === undefined ? 'unknown' : normalized(found)
}
