import { once } from 'node:events'
import { Agent, type ClientRequest, get, type IncomingMessage, request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RowtailEvent } from '../../src/core/events.ts'
import { createStatus } from '../../src/core/status.ts'
import { createRelay } from '../../src/kit/relay.ts'
import { createWeb, type Web } from '../../src/web/server.ts'

const stateDirectory = import.meta.dirname
const bounds = { spoolMetricBytes: 1_000, spoolTotalBytes: 10_000 }
const unasked = { stateDirectory, snapshot: never, events: { listen: () => undefined } }
let open: Web | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

async function start(password?: string) {
  const startedMs = Date.now()
  const status = createStatus([{ name: 'show_locks', intervalMs: 2_000, send: true }], {
    version: '0.1.0',
    target: 'db1',
    startedMs,
    bounds,
  })
  const events = createRelay<RowtailEvent>(100)
  const started = await createWeb({
    listen: { host: '127.0.0.1', port: 0, ...(password === undefined ? {} : { password }) },
    stateDirectory,
    snapshot: () => status.snapshot(startedMs),
    events,
  })
  if (started.kind !== 'listening') throw new Error(started.error.message)
  open = started.web
  return { status, startedMs, events, web: started.web, port: Number(new URL(started.web.address).port) }
}

type Answer = { code: number | undefined; headers: IncomingMessage['headers']; text: string }

async function ask(
  port: number,
  path: string,
  options: { method?: string; host?: string; body?: string; authorization?: string } = {},
) {
  const { method = 'GET', host = `127.0.0.1:${port}`, body, authorization } = options
  const headers = { host, ...(authorization === undefined ? {} : { authorization }) }
  const asked = request({ port, path, method, headers, agent: false })
  asked.end(body)
  const response = await responseTo(asked)
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += String(part)
  return { code: response.statusCode, headers: response.headers, text } satisfies Answer
}

async function responseTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage] // what node documents for the event
  return response
}

describe('the health endpoints', () => {
  it('say that the process is alive', async () => {
    const { port } = await start()
    const answer = await ask(port, '/healthz')
    expect(answer).toMatchObject({ code: 200, text: '{"status":"alive"}' })
    expect(answer.headers['content-type']).toMatch('application/json')
  })

  it('say why it is not ready, and when it is', async () => {
    const { port, status, startedMs } = await start()
    const early = await ask(port, '/readyz')
    expect(early.code).toBe(503)
    expect(JSON.parse(early.text)).toEqual({
      status: 'not ready',
      reasons: [{ code: 'starting', message: 'rowtail is starting' }],
    })
    status.apply({ type: 'service.ready', atMs: startedMs })
    expect(await ask(port, '/readyz')).toMatchObject({ code: 200, text: '{"status":"ready","reasons":[]}' })
  })

  it('give the status, which no cache keeps', async () => {
    const { port, status, startedMs } = await start()
    const answer = await ask(port, '/api/status')
    expect(answer.code).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(JSON.parse(answer.text)).toEqual(status.snapshot(startedMs))
  })

  it('answer HEAD without a body', async () => {
    const { port } = await start()
    expect(await ask(port, '/healthz', { method: 'HEAD' })).toMatchObject({ code: 200, text: '' })
  })
})

describe('the page', () => {
  it.each([
    ['/', 'text/html', '<!doctype html>'],
    ['/page/style.css', 'text/css', ':root'],
    ['/page/main.js', 'text/javascript', 'EventSource'],
    ['/page/icon.svg', 'image/svg+xml', '<svg'],
  ])('has %s', async (path, type, part) => {
    const { port } = await start()
    const answer = await ask(port, path)
    expect(answer).toMatchObject({ code: 200, text: expect.stringContaining(part) })
    expect(answer.headers['content-type']).toMatch(type)
  })

  it('has every file that another of them names', async () => {
    const { port } = await start()
    const named = ['/page/main.js', '/page/header.js', '/page/metric-card.js', '/page/sparkline.js']
    const texts = await Promise.all(named.map(async (path) => (await ask(port, path)).text))
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/from '\.\/([\w-]+\.js)'/g)].map(([, name]) => name),
    )
    expect(imported.length).toBeGreaterThan(6)
    for (const name of imported) expect(await ask(port, `/page/${name}`)).toMatchObject({ code: 200 })
  })

  it('may load nothing from elsewhere and run nothing inline', async () => {
    const { port } = await start()
    const { headers } = await ask(port, '/')
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/)
  })
})

describe('/api/events', () => {
  async function listen(port: number): Promise<{ response: IncomingMessage; leave: () => void }> {
    const asked = get({ port, path: '/api/events', agent: false })
    asked.on('error', () => undefined)
    return { response: await responseTo(asked), leave: () => asked.destroy() }
  }

  it('tells everything at once', async () => {
    const { port } = await start()
    const { response, leave } = await listen(port)
    expect(response.headers['content-type']).toBe('text/event-stream')
    expect(response.headers['cache-control']).toBe('no-store')
    let text = ''
    for await (const part of response.setEncoding('utf8')) {
      text += String(part)
      if (text.includes('data: ')) break
    }
    const [, data = ''] = /data: (.*)\n\n/.exec(text) ?? []
    expect(JSON.parse(data)).toMatchObject({
      isWhole: true,
      isOpen: false,
      status: { v: 1, metrics: [{ name: 'show_locks' }] },
      readiness: { isReady: false },
    })
    leave()
  })

  it('is for twenty pages; one more is told to come again', async () => {
    const { port } = await start()
    const clients = await Promise.all(Array.from({ length: 20 }, () => listen(port)))
    expect(clients.map(({ response }) => response.statusCode)).toEqual(Array.from({ length: 20 }, () => 200))
    const answer = await ask(port, '/api/events')
    expect(answer).toMatchObject({ code: 503, text: '{"error":"too many pages listen already"}' })
    expect(answer.headers['retry-after']).toBe('10')
    for (const { leave } of clients) leave()
  })
})

describe('with a password', () => {
  it.each(['/', '/page/main.js', '/api/status', '/api/events', '/metrics', '/unknown'])(
    '%s is for those who know it',
    async (path) => {
      const { port } = await start('correct-horse')
      const answer = await ask(port, path)
      expect(answer).toMatchObject({ code: 401, text: '{"error":"the password is needed"}' })
      expect(answer.headers['www-authenticate']).toBe('Basic realm="rowtail", charset="UTF-8"')
    },
  )

  it('the status is given to who sends it', async () => {
    const { port } = await start('correct-horse')
    const answer = await ask(port, '/api/status', { authorization: 'Bearer correct-horse' })
    expect(answer.code).toBe(200)
  })

  it('probes get yes or no without it, and the reasons with it', async () => {
    const { port } = await start('correct-horse')
    expect(await ask(port, '/healthz')).toMatchObject({ code: 200 })
    expect(await ask(port, '/readyz')).toMatchObject({ code: 503, text: '{"status":"not ready"}' })
    const told = await ask(port, '/readyz', { authorization: 'Bearer correct-horse' })
    expect(told.text).toContain('rowtail is starting')
  })
})

describe('an address that others reach', () => {
  it.each([
    [undefined, 'Set --listen_password_file, or listen on 127.0.0.1.'],
    ['correct-horse', undefined],
  ])('with the password %s is warned of: %s', async (password, hint) => {
    const started = await createWeb({
      listen: { host: '0.0.0.0', port: 0, ...(password === undefined ? {} : { password }) },
      ...unasked,
    })
    if (started.kind !== 'listening') throw new Error(started.error.message)
    open = started.web
    expect(started.warning?.hint).toBe(hint)
  })
})

describe('anything else', () => {
  it.each([
    '/index.html',
    '/page/',
    '/page/%2e%2e/server.ts',
    '/metrics/',
    '/healthz/x',
    '/api',
    '/%00',
    '/../etc/passwd',
  ])('at %s is not found', async (path) => {
    const { port } = await start()
    expect(await ask(port, path)).toMatchObject({
      code: 404,
      text: '{"error":"not found; there are /, /healthz, /readyz, /api/status, /api/events and /metrics"}',
    })
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('by %s is refused', async (method) => {
    const { port } = await start()
    const answer = await ask(port, '/healthz', { method })
    expect(answer).toMatchObject({ code: 405, text: '{"error":"only GET and HEAD"}' })
    expect(answer.headers.allow).toBe('GET, HEAD')
  })

  it('for another host is refused, also where the path is unknown', async () => {
    const { port } = await start()
    for (const path of ['/api/status', '/unknown']) {
      expect(await ask(port, path, { host: 'evil.example' })).toMatchObject({
        code: 403,
        text: '{"error":"this Host header is not answered"}',
      })
    }
  })

  it('with more than 8 KiB of headers is refused', async () => {
    const { port } = await start()
    const answer = await ask(port, `/healthz?${'x'.repeat(9_000)}`)
    expect(answer.code).toBe(431)
  })

  it('beyond 50 connections is not let in', async () => {
    const { port } = await start()
    const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const surplus = connect(port, '127.0.0.1')
    surplus.on('error', () => undefined)
    await once(surplus, 'close')
    expect(sockets.every((socket) => !socket.destroyed)).toBe(true)
    for (const socket of sockets) socket.destroy()
  })
})

describe('the end', () => {
  async function connected(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  it('is not held up by idle, silent or slow clients', async () => {
    const { port, web } = await start()
    const agent = new Agent({ keepAlive: true })
    const idle = await responseTo(get({ port, path: '/healthz', agent }))
    await once(idle.resume(), 'end')
    const silent = await connected(port)
    const slow = await connected(port)
    slow.write('GET /healthz HTTP/1.1\r\nHost: localh')
    await ask(port, '/healthz')

    const ends = [silent, slow].map((socket) => once(socket, 'close'))
    await web.close() // would wait for these clients, which never end by themselves
    await Promise.all(ends)
    expect([silent, slow].every((socket) => socket.destroyed)).toBe(true)
    agent.destroy()
  })

  it('frees the port', async () => {
    const { port, web } = await start()
    await web.close()
    const next = createServer().listen(port, '127.0.0.1')
    await once(next, 'listening')
    expect(next.address()).toMatchObject({ port })
    await new Promise((resolve) => next.close(resolve))
  })
})

describe('an address that cannot be had', () => {
  it('is told apart: a port that is taken', async () => {
    const { port } = await start()
    expect(await createWeb({ listen: { host: '127.0.0.1', port }, ...unasked })).toMatchObject({
      kind: 'port_taken',
      error: { code: 'port_taken', message: `Port ${port} of 127.0.0.1 is taken by another process.` },
    })
  })

  it('is told apart: an address that is not of this machine', async () => {
    expect(await createWeb({ listen: { host: '192.0.2.1', port: 0 }, ...unasked })).toMatchObject({
      kind: 'unusable',
      error: { code: 'flag_invalid', message: '--listen 192.0.2.1:0 cannot be listened on.' },
    })
  })
})

describe('what answers', () => {
  it('counts what happened before it was loaded', async () => {
    const { port, events } = await start()
    events.tell({ type: 'run.started', metric: 'show_locks', atMs: 1, tickMs: 1, latenessMs: 3 })
    const { text } = await ask(port, '/metrics')
    expect(text).toContain('rowtail_tick_lateness_seconds_count 1')
  })

  it('is loaded a second after the port was bound, though nobody asks', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { promise: listened, resolve } = Promise.withResolvers<void>()
    const started = await createWeb({
      listen: { host: '127.0.0.1', port: 0 },
      ...unasked,
      events: { listen: () => resolve() },
    })
    if (started.kind !== 'listening') throw new Error(started.error.message)
    open = started.web
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(1_000)
    await listened
  })
})

function never(): never {
  throw new Error('nobody can ask')
}
