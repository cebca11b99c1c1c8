import { describe, expect, it } from 'vitest'
import { type ErrorReport, sentenceOf } from '../../src/core/errors.ts'
import { reportOfDiagnostics } from '../../src/sources/sql/sql-errors.ts'
import { checkDatabase } from '../../src/startup/check-database.ts'
import type { FailedFinding } from '../../src/startup/finding.ts'
import { password, type SqreamPlace, sqreamTarget } from './sqream-target.ts'

const signal = new AbortController().signal

async function failureOf(error: ErrorReport, place: SqreamPlace = {}): Promise<FailedFinding> {
  const finding = await checkDatabase(sqreamTarget(place), async () => error, signal)
  if (finding.kind !== 'failed') throw new Error(`the check ${finding.kind}`)
  return finding
}

/** What the drivers report when a driver says `said` while connecting. */
function refusal(said: string, state = '08001', place: SqreamPlace = {}): ErrorReport {
  const { tried } = sqreamTarget(place)
  return reportOfDiagnostics([{ state, message: said }], { doing: 'connect', tried, secrets: [password] })
}

describe('the check of the database', () => {
  it('passes where the connection works, and says what was reached', async () => {
    const finding = await checkDatabase(sqreamTarget(), async () => undefined, signal)
    expect(finding).toMatchObject({ kind: 'passed', detail: expect.stringContaining('host db1, port 5000') })
  })

  it('names host, port, database, user and service that were tried, and never the password', async () => {
    const { error } = await failureOf({ code: 'host_unavailable', message: 'The driver host did not start.' })
    expect(error.message).toBe(
      'The driver host did not start. Tried: driver SqreamODBCDriver, host db1, port 5000, ' +
        'database master, user sqream, service monitor.',
    )
    expect(JSON.stringify(error)).not.toContain(password)
  })

  it('does not name them twice where the error names them already', async () => {
    const { error } = await failureOf(refusal('Connection refused'))
    expect(error.message.match(/host db1/g)).toHaveLength(1)
  })

  it('passes on what the driver said in its own words', async () => {
    const said = "FATAL:  Login failure: role 'nobody' doesn't exist"
    const { error } = await failureOf(refusal(said))
    expect(sentenceOf(error)).toContain(`It said: ${said}`)
  })

  it.each<ErrorReport['code']>([
    'database_unreachable',
    'host_unavailable',
    'host_crashed',
    'connection_lost',
  ])('finds %s worth waiting for', async (code) => {
    const finding = await failureOf({ code, message: 'No.' })
    expect(finding).toMatchObject({ isWorthWaiting: true, exitCode: 3 })
  })

  it.each<ErrorReport['code']>([
    'login_refused',
    'service_refused',
    'database_unknown',
    'driver_missing',
    'driver_manager_missing',
    'binding_missing',
  ])('fails at once for %s', async (code) => {
    const finding = await failureOf({ code, message: 'No.' })
    expect(finding).toMatchObject({ isWorthWaiting: false, exitCode: 3 })
  })
})

describe('the cure that the check names', () => {
  it('is the package of unixODBC where its library is missing', async () => {
    const { error } = await failureOf({ code: 'driver_manager_missing', message: 'libodbc.so.2 is missing.' })
    expect(error.hint).toMatch(/apt-get install unixodbc.*unixODBC\.org/)
  })

  it('keeps the list of installed drivers that came with the error', async () => {
    const hint = 'Registered drivers: SQLite3. Register the one you need in odbcinst.ini.'
    const { error } = await failureOf({ code: 'driver_missing', message: 'No.', hint })
    expect(error.hint).toBe(hint)
  })

  it('is --clustered on a server picker port', async () => {
    const { error } = await failureOf(refusal('server closed the connection unexpectedly'), { port: 3_108 })
    expect(error.hint).toMatch(/^Port 3108 is a server picker's by default: it needs --clustered\./)
  })

  it('is leaving --clustered out on a worker port', async () => {
    const place = { port: 5_000, clustered: true }
    const { error } = await failureOf(refusal('server closed the connection unexpectedly'), place)
    expect(error.hint).toMatch(/^Port 5000 is a worker's by default: leave --clustered out\./)
  })

  it.each([
    { port: 3_108, clustered: true },
    { port: 5_000, clustered: false },
  ])('blames neither where port $port goes with clustered $clustered', async (place) => {
    const { error } = await failureOf(refusal('SSL error'), place)
    expect(error.hint).not.toMatch(/^Port/)
  })

  it.each([
    ['could not translate host name "db1" to address', 'No name service knows db1'],
    ['connection to server at "db1", port 3108 failed: Connection refused', 'nothing listens on port 3108'],
  ])('is about the address where the driver says: %s', async (said, cure) => {
    const { error } = await failureOf(refusal(said), { port: 3_108 })
    expect(error.hint).toContain(cure)
  })

  it('is about the way there where nothing came back', async () => {
    const { error } = await failureOf(refusal('timeout expired'))
    expect(error.hint).toContain('Nothing came back from db1')
  })

  it('is the role where SQream does not know it, and the password otherwise', async () => {
    const role = await failureOf(refusal("Login failure: role 'sqream' doesn't exist"))
    const secret = await failureOf(refusal('password authentication failed for user "sqream"'))
    expect(role.error.hint).toContain('check --user')
    expect(secret.error.hint).toContain('--password')
  })

  it('keeps the words about the service where no worker subscribes to it', async () => {
    const report = refusal('Login failure: There are no instances subscribed to the requested service.')
    const { error } = await failureOf(report)
    expect(error).toMatchObject({ code: 'service_refused', hint: report.hint })
  })

  it('is left to the error for other databases', async () => {
    const target = { ...sqreamTarget(), isSqream: false }
    const error: ErrorReport = { code: 'login_refused', message: 'No.', hint: 'Ask its owner.' }
    const finding = await checkDatabase(target, async () => error, signal)
    expect(finding).toMatchObject({ error: { hint: 'Ask its owner.' } })
  })
})
