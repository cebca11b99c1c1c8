// What `spool verify` is shown by a Loki in trouble, or page by page. What a healthy one shows is in
// test/integration/spool-tools.test.ts.

import { expect, it, onTestFinished } from 'vitest'
import { reportOf } from '../../../src/core/errors.ts'
import { endpointOf } from '../../../src/sinks/loki/config.ts'
import { createLokiView, maxPageEntries } from '../../../src/sinks/loki/view.ts'
import { serveHttp } from '../../support/http-server.ts'

type Reply = { readonly status: number; readonly body: string }
type Asked = { readonly fromNs: number; readonly limit: number }

const tooLarge = 'rpc error: code = ResourceExhausted desc = grpc: received message larger than max (9 vs. 8)'

function pageOf(times: readonly number[]): Reply {
  const values = times.map((atNs) => [String(atNs), `row ${atNs}`, {}])
  const result = [{ stream: { job: 'locks' }, values }]
  return { status: 200, body: JSON.stringify({ status: 'success', data: { resultType: 'streams', result } }) }
}

/** Asks for the entries from 1 to 99 with a limit; answers as `reply` says, and does not wait in between. */
async function view(reply: (asked: Asked, tries: number) => Reply, limit = 4) {
  const asked: Asked[] = []
  const { baseUrl } = await serveHttp((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://loki')
    const one = { fromNs: Number(searchParams.get('start')), limit: Number(searchParams.get('limit')) }
    asked.push(one)
    const { status, body } = reply(one, asked.length)
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  const config = {
    endpoint: endpointOf(baseUrl),
    login: { kind: 'none' },
    tls: {},
    sendsMetadata: true,
  } as const
  const loki = createLokiView(config, { sleep: async () => undefined })
  onTestFinished(() => loki.close())
  const question = { stream: '{job="locks"}', fromNs: 1n, untilNs: 100n, limit }
  const shown = await loki.entries(question, new AbortController().signal).then(
    (entries) => entries.map(({ atNs }) => Number(atNs)),
    (error: unknown) => reportOf(error).code,
  )
  return { shown, asked }
}

/** A Loki that has entries at these times. */
function holding(times: readonly number[]) {
  return ({ fromNs, limit }: Asked): Reply => pageOf(times.filter((atNs) => atNs >= fromNs).slice(0, limit))
}

it('is shown all entries, however many pages they take, each once', async () => {
  const times = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const { shown, asked } = await view(holding(times))
  expect(shown).toEqual(times)
  expect(asked.map(({ fromNs }) => fromNs)).toEqual([1, 4, 7])
})

it('is shown entries of one time that a page would cut apart', async () => {
  expect((await view(holding([1, 2, 2, 2, 3]), 3)).shown).toEqual([1, 2, 2, 2, 3])
  expect((await view(holding([2, 2, 2, 2, 3]), 2)).shown).toEqual([2, 2, 2, 2, 3])
})

it('asks for half of a page that is too large for Loki', async () => {
  const { shown, asked } = await view((one) =>
    one.limit > 2 ? { status: 500, body: tooLarge } : holding([1, 2, 3])(one),
  )
  expect(shown).toEqual([1, 2, 3])
  expect(asked.map(({ limit }) => limit)).toEqual([4, 2, 2, 2])
})

it('gives up where Loki cannot show even the entries of one time', async () => {
  const { shown } = await view((one) =>
    one.limit > 2 ? { status: 500, body: tooLarge } : holding([2, 2, 2, 3])(one),
  )
  expect(shown).toBe('loki_server_error')
})

it('never asks for more than Loki gives at once', async () => {
  expect((await view(holding([1]), maxPageEntries + 1)).asked).toMatchObject([{ limit: maxPageEntries }])
})

it('asks a Loki that is busy again, four times at most', async () => {
  const late = await view((one, tries) => (tries < 4 ? { status: 503, body: '' } : holding([1])(one)))
  expect(late.shown).toEqual([1])
  const never = await view(() => ({ status: 429, body: 'too many' }))
  expect(never).toMatchObject({ shown: 'loki_server_error' })
  expect(never.asked).toHaveLength(4)
})

it('says at once what will not change', async () => {
  expect(await view(() => ({ status: 401, body: 'no' }))).toMatchObject({
    shown: 'loki_login_refused',
    asked: [{ limit: 4 }],
  })
  expect((await view(() => ({ status: 404, body: 'no' }))).shown).toBe('loki_server_error')
  expect((await view(() => ({ status: 200, body: '<html>Log in</html>' }))).shown).toBe('loki_server_error')
})
