// The startup checks of a SQream target, asked through the driver: what they find, and what they tell an
// operator.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ErrorReport, reportOf } from '../../src/core/errors.ts'
import type { RunResult } from '../../src/core/source.ts'
import type { Target } from '../../src/core/target.ts'
import { checkCpuOnly } from '../../src/startup/check-cpu-only.ts'
import { checkDatabase } from '../../src/startup/check-database.ts'
import type { Finding } from '../../src/startup/finding.ts'
import { sharedPostgres } from '../support/servers/shared.ts'
import { OdbcClient } from '../support/sqream/odbc-client.ts'
import { type DriverRegistration, registerSqreamDriver } from '../support/sqream/odbc-driver.ts'
import { SqreamStandIn } from '../support/sqream/stand-in.ts'
import { type StandInAddress, standInTarget } from '../support/sqream/target.ts'

const signal = new AbortController().signal
let registration: DriverRegistration
let standIn: SqreamStandIn

/** Opens a connection, does one thing with it and closes it again; the error where any of that failed. */
async function attempt(
  target: Target,
  work: (client: OdbcClient) => Promise<unknown>,
): Promise<ErrorReport | undefined> {
  try {
    await using client = await OdbcClient.open(target, registration.environment)
    await work(client)
    return undefined
  } catch (error) {
    return reportOf(error)
  }
}

function databaseFinding(address: Partial<StandInAddress> = {}): Promise<Finding> {
  const target = standInTarget({ port: standIn.port, ...address })
  return checkDatabase(target, () => attempt(target, async () => undefined), signal)
}

function cpuFinding(): Promise<Finding> {
  const target = standInTarget({ port: standIn.port })
  const ask = async (query: string): Promise<RunResult> => {
    const error = await attempt(target, (client) => client.query(query))
    if (error !== undefined) return { kind: 'failed', error }
    return { kind: 'finished', summary: { rows: 1, bytes: 0, flags: [], isCut: false } }
  }
  return checkCpuOnly(target, ask, signal)
}

beforeAll(async () => {
  registration = await registerSqreamDriver()
})
afterAll(() => registration.remove())

beforeEach(async () => {
  standIn = await SqreamStandIn.start(sharedPostgres().address)
})
afterEach(() => standIn.stop())

describe('the check of the database', () => {
  it('passes on a server that lets us in', async () => {
    expect(await databaseFinding()).toMatchObject({ kind: 'passed' })
  })

  it('fails at once for a role, a password, a database or a service that is wrong', async () => {
    const final = { kind: 'failed', exitCode: 3, isWorthWaiting: false }
    expect(await databaseFinding({ user: 'nobody' })).toMatchObject(final)
    expect(await databaseFinding({ password: 'wrong' })).toMatchObject(final)
    expect(await databaseFinding({ database: 'gone' })).toMatchObject(final)
    standIn.settings.door = 'service_unsubscribed'
    expect(await databaseFinding({ service: 'moniter' })).toMatchObject(final)
  })

  it('finds a server that is down worth waiting for, and says that nothing listens', async () => {
    await standIn.goDown()
    expect(await databaseFinding()).toMatchObject({
      kind: 'failed',
      isWorthWaiting: true,
      error: { hint: expect.stringContaining(`nothing listens on port ${standIn.port}`) },
    })
  })

  it('shows the password neither in the sentence nor in the words of the driver', async () => {
    const password = 'canary-7f3a'
    const finding = await databaseFinding({ password })
    expect(finding).toMatchObject({ kind: 'failed', error: { code: 'login_refused' } })
    expect(JSON.stringify(finding)).not.toContain(password)
  })
})

describe('the check that the service is CPU-only', () => {
  it('passes on a worker without a GPU', async () => {
    expect(await cpuFinding()).toMatchObject({ kind: 'passed' })
  })

  it('fails on a worker with one', async () => {
    standIn.settings.worker = 'gpu'
    expect(await cpuFinding()).toMatchObject({ kind: 'failed', error: { code: 'not_cpu_only' } })
  })

  it('is no pass where the server is gone', async () => {
    await standIn.goDown()
    expect(await cpuFinding()).toMatchObject({ kind: 'failed', error: { code: 'database_unreachable' } })
  })
})
