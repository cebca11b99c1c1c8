import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { LogRecord } from '../../src/core/log-record.ts'
import { createLog } from '../../src/kit/log.ts'
import { createRedactor } from '../../src/kit/secrets.ts'

const record: LogRecord = {
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67),
  level: 'warn',
  metric: 'show_locks',
  event: 'run.failed',
  message: 'failed: 100% of 2\nlines',
  fields: { code: 'query_failed', nested: { rows: 3 } },
}

/** A terminal or pipe that keeps what it was given. */
function screen(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  return { stream, text: () => String(stream.read() ?? '') }
}

describe('the log', () => {
  it('writes one JSON object a line where it is no terminal', async () => {
    const { stream, text } = screen(false)
    const log = await createLog({ level: 'info', format: 'auto' }, { terminal: stream })
    log.write(record)
    log.write({ atMs: record.atMs, level: 'info', event: 'service.ready', message: 'ready', fields: {} })
    await log.close()
    const lines = text().trimEnd().split('\n')
    expect(lines.map(parsed)).toEqual([
      {
        level: 'warn',
        time: '2026-01-02T03:04:05.067Z',
        metric: 'show_locks',
        event: 'run.failed',
        code: 'query_failed',
        nested: { rows: 3 },
        msg: 'failed: 100% of 2\nlines',
      },
      { level: 'info', time: '2026-01-02T03:04:05.067Z', event: 'service.ready', msg: 'ready' },
    ])
  })

  it('is pretty on a terminal, and wherever that was asked for', async () => {
    for (const [isTTY, format] of [
      [true, 'auto'],
      [false, 'pretty'],
    ] as const) {
      const { stream, text } = screen(isTTY)
      const log = await createLog({ level: 'info', format }, { terminal: stream })
      log.write(record)
      await log.close()
      expect(text()).toMatch(
        /^2026-01-0\d \d\d:\d\d:05\.067 \| WARN {5}\| show_locks - failed: 100% of 2 ⏎ lines\n$/,
      )
    }
  })

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('at level %s writes %d of the four levels', async (level, count) => {
    const { stream, text } = screen(false)
    const log = await createLog({ level, format: 'json' }, { terminal: stream })
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log.write({ ...record, level: each })
    await log.close()
    expect(text().trimEnd().split('\n')).toHaveLength(count)
  })

  it('redacts message and fields, and leaves numbers alone', async () => {
    const { stream, text } = screen(false)
    const redact = createRedactor(['12345678'])
    const log = await createLog({ level: 'info', format: 'json' }, { terminal: stream, redact })
    const fields = { rows: 12_345_678, said: 'PWD=12345678', list: ['x12345678'] }
    log.write({ ...record, message: 'PWD=12345678', fields })
    await log.close()
    expect(JSON.parse(text())).toMatchObject({
      msg: 'PWD=***',
      rows: 12_345_678,
      said: 'PWD=***',
      list: ['x***'],
    })
  })

  it('outlives a pipe whose reader has gone', async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const log = await createLog({ level: 'info', format: 'json' }, { terminal: broken })
    log.write(record)
    await vi.waitFor(() => expect(log.counts().terminal).toMatchObject({ leftOut: 1 }))
    log.write(record)
    expect(log.counts().terminal).toMatchObject({ leftOut: 2 })
    await log.close()
  })

  it('holds a bounded amount for a reader that stands still, and closes all the same', async () => {
    const stuck = new Writable({ write: () => undefined })
    const log = await createLog({ level: 'info', format: 'json' }, { terminal: stuck })
    for (let count = 0; count < 10_000; count += 1) log.write(record)
    const { waitingBytes = 0, waitingLines = 0, leftOut = 0 } = log.counts().terminal ?? {}
    expect(waitingBytes).toBeGreaterThanOrEqual(1_048_576)
    expect(waitingBytes).toBeLessThan(1_048_576 + 1_000)
    expect(waitingLines + leftOut).toBe(10_000)
    await log.close()
  })
})

function parsed(text: string): unknown {
  return JSON.parse(text)
}
