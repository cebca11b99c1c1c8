import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { RunResult } from '../../src/core/source.ts'
import { checkCpuOnly } from '../../src/startup/check-cpu-only.ts'
import type { Finding } from '../../src/startup/finding.ts'
import { sqreamTarget } from './sqream-target.ts'

const finished: RunResult = { kind: 'finished', summary: { rows: 1, bytes: 15, flags: [], isCut: false } }

function failed(error: Partial<ErrorReport>): RunResult {
  return {
    kind: 'failed',
    error: { code: 'query_failed', message: 'The database could not run the query.', ...error },
  }
}

function findingOf(result: RunResult): Promise<Finding> {
  return checkCpuOnly(sqreamTarget(), async () => result, new AbortController().signal)
}

describe('the check that a service is CPU-only', () => {
  it('asks `select 1`', async () => {
    const asked: string[] = []
    const ask = async (query: string) => {
      asked.push(query)
      return finished
    }
    await checkCpuOnly(sqreamTarget(), ask, new AbortController().signal)
    expect(asked).toEqual(['select 1'])
  })

  it.each([
    'ERROR: Internal Runtime Error;\nError while executing the query',
    '[SQream] internal runtime error',
    'INTERNAL RUNTIME ERROR',
  ])('passes where it fails with the words, in any case: %s', async (said) => {
    expect(await findingOf(failed({ said }))).toMatchObject({ kind: 'passed' })
  })

  it('fails where it succeeds, names the service and says what to change', async () => {
    const finding = await findingOf(finished)
    expect(finding).toMatchObject({ kind: 'failed', exitCode: 3, isWorthWaiting: false })
    expect(finding).toMatchObject({
      error: {
        code: 'not_cpu_only',
        message: expect.stringContaining('The service monitor is not CPU-only'),
        hint: expect.stringMatching(/--service monitor.*"gpu": 0.*sqream_config\.json/),
      },
    })
  })

  it('passes with a warning that quotes any other error of the server', async () => {
    const said = 'Error at compiler phase: no devices'
    const finding = await findingOf(failed({ said, sqlState: 'HY000' }))
    expect(finding).toMatchObject({ kind: 'warned', error: { code: 'query_failed', said } })
  })

  it.each<Partial<ErrorReport>>([
    { sqlState: '42501', said: 'no' },
    { said: 'User sqream does not have the permission connect' },
    { said: 'Access denied' },
  ])('reports missing rights as themselves: $said', async (error) => {
    const finding = await findingOf(failed(error))
    expect(finding).toMatchObject({ kind: 'failed', error: { code: 'query_failed' }, isWorthWaiting: false })
  })

  it.each<ErrorReport['code']>(['login_refused', 'query_timeout', 'host_crashed', 'service_refused'])(
    'reports %s as itself, never as a pass',
    async (code) => {
      const finding = await findingOf(failed({ code, said: 'Internal Runtime Error' }))
      const isWorthWaiting = code === 'host_crashed' // another host may live
      expect(finding).toMatchObject({ kind: 'failed', error: { code }, exitCode: 3, isWorthWaiting })
    },
  )

  it('finds a connection that breaks meanwhile worth waiting for', async () => {
    const finding = await findingOf(failed({ code: 'connection_lost' }))
    expect(finding).toMatchObject({ kind: 'failed', isWorthWaiting: true })
  })
})
