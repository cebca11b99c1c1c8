import { describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import type { Readiness } from '../../src/core/sink.ts'
import { checkLoki } from '../../src/startup/check-loki.ts'
import type { Finding } from '../../src/startup/finding.ts'

const where = 'http://loki.example:3100'

function findingOf(answer: Readiness): Promise<Finding> {
  return checkLoki({ readiness: async () => answer, where }, new AbortController().signal)
}

function notReady(code: ErrorReport['code']): Promise<Finding> {
  return findingOf({ kind: 'not_ready', error: { code, message: 'No.', said: 'their words' } })
}

describe('the check of Loki', () => {
  it('passes where Loki is ready, and says where', async () => {
    expect(await findingOf({ kind: 'ready' })).toEqual({
      kind: 'passed',
      detail: `Loki takes pushes at ${where}.`,
    })
  })

  it.each<ErrorReport['code']>([
    'loki_unreachable',
    'loki_not_ready',
    'loki_server_error',
    'loki_rate_limited',
  ])('finds %s worth waiting for', async (code) => {
    expect(await notReady(code)).toMatchObject({ kind: 'failed', exitCode: 3, isWorthWaiting: true })
  })

  it.each<ErrorReport['code']>(['loki_login_refused', 'loki_blocked'])(
    'fails at once for %s',
    async (code) => {
      expect(await notReady(code)).toMatchObject({ kind: 'failed', exitCode: 3, isWorthWaiting: false })
    },
  )

  it('names the address that was tried and keeps the words of the other side', async () => {
    expect(await notReady('loki_login_refused')).toMatchObject({
      error: { message: `No. Tried: ${where}.`, said: 'their words' },
    })
  })
})
