import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { CheckStatus, HostStatus, SinkStatus, StatusSnapshot } from '../../src/core/status.ts'
import type { LastRun, LastTick, MetricStatus, PushError } from '../../src/core/status-metric.ts'
import { everything, newStatus, startedMs } from './full-status.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/status.md'), 'utf8')

/** A field that is added to a type is missing here, and tsc says so. */
type FieldsOf<T> = Record<keyof T, true>

const top: FieldsOf<StatusSnapshot> = {
  v: true,
  atMs: true,
  service: true,
  sink: true,
  login: true,
  hosts: true,
  driverLimits: true,
  spool: true,
  metrics: true,
}
const service: FieldsOf<StatusSnapshot['service']> = {
  version: true,
  target: true,
  startedMs: true,
  bounds: true,
  state: true,
  sinceMs: true,
  checks: true,
}
const check: FieldsOf<CheckStatus> = { check: true, outcome: true, atMs: true, error: true }
const sink: FieldsOf<SinkStatus> = {
  state: true,
  sinceMs: true,
  lastError: true,
  limitBytesPerSecond: true,
  fastStreams: true,
}
const host: FieldsOf<HostStatus> = {
  role: true,
  state: true,
  pid: true,
  sinceMs: true,
  losses: true,
  lastError: true,
}
const metric: FieldsOf<MetricStatus> = {
  name: true,
  state: true,
  isSending: true,
  intervalMs: true,
  startedMs: true,
  nextMs: true,
  runningSinceMs: true,
  lastTick: true,
  lastRun: true,
  lastError: true,
  runs: true,
  skippedTicks: true,
  restarts: true,
  spool: true,
  spoolError: true,
  delivered: true,
  pushError: true,
  restampedRows: true,
  dropped: true,
  deadLetters: true,
}
const run: FieldsOf<LastRun & LastTick> = {
  atMs: true,
  rows: true,
  bytes: true,
  durationMs: true,
  isCut: true,
  flags: true,
  latenessMs: true,
}
const error: FieldsOf<ErrorReport & PushError> = {
  code: true,
  message: true,
  hint: true,
  said: true,
  sqlState: true,
  atMs: true,
  isStuck: true,
}

describe('the page of the status', () => {
  it.each([
    ['the top', top],
    ['service', service],
    ['sink', sink],
    ['hosts', host],
    ['metrics', metric],
  ])('has a row for each field of %s', (_what, fields) => {
    expect(Object.keys(fields).filter((name) => !page.includes(`\n| \`${name}\``))).toEqual([])
  })

  it('names the fields of checks, runs and errors', () => {
    const names = Object.keys({ ...check, ...run, ...error })
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('names every field of a status in which everything has happened', () => {
    const status = newStatus()
    for (const event of everything) status.apply(event)
    const names = fieldsIn(status.snapshot(startedMs))
    expect(names.length).toBeGreaterThan(60)
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

/** Names of the fields at any depth; what has names of its own (reasons, streams) is left out. */
function fieldsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    name,
    ...(['fastStreams', 'dropped'].includes(name) || isByReason(inner) ? [] : fieldsIn(inner)),
  ])
}

function isByReason(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'too_long' in value
}
