import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../../src/core/errors.ts'
import { type ErrorContext, reportOfDiagnostics } from '../../../src/sources/sql/sql-errors.ts'

const tried = { driver: 'X', host: 'db1', port: '5000', database: 'master', user: 'sqream' }
const connecting: ErrorContext = { doing: 'connect', tried, secrets: [] }
const querying: ErrorContext = { doing: 'query', tried, secrets: [] }

function report(state: string, message: string, context: ErrorContext): ErrorReport {
  return reportOfDiagnostics([{ state, message }], context)
}

describe('while connecting', () => {
  it.each([
    ['08001', 'FATAL:  password authentication failed for user "u"', 'login_refused'],
    ['08001', 'FATAL:  role "u" does not exist', 'login_refused'],
    ['08001', 'FATAL:  role "u" is not permitted to log in', 'login_refused'],
    ['08001', 'FATAL:  no pg_hba.conf entry for host "h"', 'login_refused'],
    ['HY000', "Login failure: role 'u' doesn't exist", 'login_refused'],
    ['28000', 'anything', 'login_refused'],
    ['28P01', 'anything', 'login_refused'],
    ['08001', 'FATAL:  database "d" does not exist', 'database_unknown'],
    ['HY000', 'Database d no longer exists', 'database_unknown'],
    ['3D000', 'anything', 'database_unknown'],
    [
      'HY000',
      'Login failure: There are no instances subscribed to the requested service.',
      'service_refused',
    ],
    ['01000', "[unixODBC][Driver Manager]Can't open lib 'X' : file not found", 'driver_missing'],
    ['IM002', 'Data source name not found and no default driver specified', 'driver_missing'],
    ['08001', 'connection refused', 'database_unreachable'],
    ['08001', 'timeout expired', 'database_unreachable'],
    ['57P03', 'the database system is starting up', 'database_unreachable'],
    ['HY000', 'Login failure: something that nobody has seen', 'database_unreachable'],
    ['08004', 'sorry, too many clients already', 'database_unreachable'],
  ])('%s %s is %s', (state, message, code) => {
    expect(report(state, message, connecting)).toMatchObject({ code, said: message, sqlState: state })
  })

  it('silence of the driver is an unreachable database', () => {
    expect(reportOfDiagnostics([], connecting)).toMatchObject({ code: 'database_unreachable' })
  })

  it('every record is looked at: a warning may come first', () => {
    const records = [
      { state: '01000', message: 'a warning' },
      { state: '28000', message: 'refused' },
    ]
    expect(reportOfDiagnostics(records, connecting)).toMatchObject({
      code: 'login_refused',
      sqlState: '28000',
      said: 'a warning\nrefused',
    })
  })

  it('says what was tried', () => {
    expect(report('08001', 'no', connecting).message).toContain(
      'host db1, port 5000, database master, user sqream',
    )
  })

  it('with a service, tells which Cluster goes with which port', () => {
    const context = { ...connecting, tried: { ...tried, service: 'monitor' } }
    expect(report('08001', 'no', context).hint).toContain('3108')
    expect(report('08001', 'no', connecting).hint).not.toContain('3108')
  })

  it.each([
    ['FATAL:  no pg_hba.conf entry for host "h"', 'pg_hba.conf'],
    ['FATAL:  password authentication failed', 'user and password'],
    ['SSL Provider: [error:0A000086:SSL routines::certificate verify failed]', 'certificate'],
    ['Connection refused', 'host and port'],
  ])('tells the cure that the words ask for: %s', (message, cure) => {
    expect(report('08001', message, connecting).hint).toContain(cure)
  })

  it('names the drivers that are registered', () => {
    const context = { ...connecting, installedDrivers: ['A', 'B'] }
    expect(report('01000', "Can't open lib 'X'", context).hint).toContain('A, B')
  })

  it('tells a registered driver whose file is missing from one that is not registered', () => {
    const context = { ...connecting, installedDrivers: ['X'] }
    expect(report('01000', "Can't open lib 'libx.so'", context).hint).toContain('ldd')
  })

  it('says so where no driver is registered at all', () => {
    const context = { ...connecting, installedDrivers: [] }
    expect(report('01000', "Can't open lib 'X'", context).hint).toContain('No ODBC driver is registered')
  })
})

describe('while querying', () => {
  it.each([
    ['42P01', 'relation "x" does not exist', 'query_failed'],
    ['42704', 'role "x" does not exist', 'query_failed'],
    ['57014', 'canceling statement due to user request', 'query_failed'],
    ['57014', 'canceling statement due to statement timeout', 'query_timeout'],
    ['HYT00', 'Timeout expired', 'query_timeout'],
    ['57P01', 'terminating connection due to administrator command', 'connection_lost'],
    ['08S01', 'Communication link failure', 'connection_lost'],
    ['HY000', 'server closed the connection unexpectedly', 'connection_lost'],
    ['HY000', 'Internal Runtime Error', 'query_failed'],
    ['28000', 'a login that the query itself tried', 'query_failed'],
  ])('%s %s is %s', (state, message, code) => {
    expect(report(state, message, querying)).toMatchObject({ code, said: message, sqlState: state })
  })
})

describe('a query that is easily cured', () => {
  it.each([
    ['ERROR: DECLARE CURSOR must not contain data-modifying statements in WITH', 'UseDeclareFetch=0'],
    ['Received an unsupported type from Postgres.', 'PostgreSQL Unicode'],
    ['[Oracle][ODBC][Ora]ORA-00911: invalid character', 'leave it out'],
    ['ERROR: permission denied for table secrets', 'grant'],
    ["VIEW SERVER STATE permission was denied on object 'server'", 'grant'],
  ])('%s names it', (message, cure) => {
    expect(report('0A000', message, querying).hint).toContain(cure)
  })

  it('is not taken for one that none cures', () => {
    expect(report('42P01', 'relation "x" does not exist', querying).hint).toBeUndefined()
  })
})

describe('the words of the driver', () => {
  it('are kept up to 2,000 characters', () => {
    expect(report('42000', 'x'.repeat(2_000), querying).said).toHaveLength(2_000)
    expect(report('42000', 'x'.repeat(2_001), querying).said).toHaveLength(2_000)
  })

  it('lose the secrets among them', () => {
    const context = { ...connecting, secrets: ['canary'] }
    expect(report('08001', 'bad PWD=canary; canary', context).said).toBe('bad PWD=***; ***')
  })

  it('stay readable where a secret is as short as a syllable', () => {
    const context = { ...connecting, secrets: ['an'] }
    expect(report('08001', 'cannot', context).said).toBe('cannot')
  })
})
