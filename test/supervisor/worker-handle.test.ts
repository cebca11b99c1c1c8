// Worker handles over real worker threads, with real spools.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ErrorReport } from '../../src/core/errors.ts'
import { defaultRunBounds } from '../../src/core/metric.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import { defaultSpoolBounds } from '../../src/spool/types.ts'
import { type ToSupervisor, WorkerHandle } from '../../src/supervisor/worker-handle.ts'
import { singleEntryChunk } from '../../src/worker/freeze.ts'
import type { WorkerInit } from '../../src/worker/messages.ts'
import type { Seat, SeatClient } from '../../src/worker/seat.ts'
import { openedSpool, temporaryDirectory } from '../spool/support/temporary-spool.ts'
import { FakeClock } from '../support/fake-clock.ts'

vi.setConfig({ testTimeout: 20_000 })

function initOf(spoolPath: string, options: Partial<WorkerInit> = {}): WorkerInit {
  return {
    name: 'locks',
    place: { index: 0, count: 1 },
    spoolPath,
    spoolBounds: defaultSpoolBounds,
    runBounds: defaultRunBounds,
    sink: 'loki',
    labels: { rows: { job: 'locks' }, runs: { job: 'rowtail', metric: 'locks' } },
    isMetadataOn: true,
    showsRows: false,
    ...options,
  }
}

function startWorker(init: WorkerInit) {
  const clock = new FakeClock()
  const story: string[] = []
  const lost: { error: ErrorReport; restartMs: number }[] = []
  const messages: ToSupervisor[] = []
  const clients: SeatClient[] = []
  const pushes: string[] = []
  const join = (client: SeatClient): Seat => {
    clients.push(client)
    const seat = `seat ${clients.length}`
    story.push(`${seat} taken`)
    return {
      backlog: (streams) => {
        for (const { stream } of streams) client.grant(stream, 0)
      },
      push: ({ stream, entries }) => {
        pushes.push(lokiCodec.decode(entries).line)
        client.answer(stream, { outcome: { kind: 'delivered' }, durationMs: 1, wireBytes: 1 })
      },
      pass: () => undefined,
      ask: () => undefined,
      settled: () => undefined,
      gather: () => undefined,
      leave: async () => void story.push(`${seat} left`),
    }
  }
  const handle = new WorkerHandle({
    init,
    clock,
    seats: { join },
    greetings: () => [],
    onMessage: (message) => messages.push(message),
    onStuck: () => story.push('stuck'),
    onLost: (error, restartMs) => {
      story.push('lost')
      lost.push({ error, restartMs })
    },
  })
  onTestFinished(() => handle.leave())
  const events = () => messages.flatMap((message) => (message.type === 'event' ? [message.event.type] : []))
  return { handle, clock, story, lost, messages, pushes, events }
}

function spoolWith(line: string): string {
  const path = join(temporaryDirectory(), 'locks.sqlite')
  const spool = openedSpool(path)
  const stream = spool.streamOf('{job="locks"}', 'rows')
  const chunk = singleEntryChunk(lokiCodec, stream, { atNs: 1n, metadata: [], line: Buffer.from(line) })
  spool.commitRun({ chunks: [chunk], last: new Map([[stream, 1n]]), lastRunMs: 1 })
  spool.close()
  return path
}

describe('a worker', () => {
  it('delivers what its spool holds, without a metric too, and leaves when it is asked to', async () => {
    const { handle, story, pushes, events, lost } = startWorker(initOf(spoolWith('{"a":1}')))
    await expect.poll(events, { timeout: 10_000 }).toContain('metric.drained')
    expect(pushes).toEqual(['{"a":1}'])
    await handle.leave()
    await handle.leave()
    expect(story).toEqual(['seat 1 taken', 'seat 1 left'])
    expect(lost).toEqual([])
  })

  it('that dies is started again with backoff, in a new seat, after its exit', async () => {
    const directory = join(temporaryDirectory(), 'gone')
    const { clock, story, lost, handle, events } = startWorker(initOf(join(directory, 'locks.sqlite')))
    await expect.poll(() => lost, { timeout: 10_000 }).toHaveLength(1)
    expect(lost[0]?.error.code).toBe('spool_write_failed')
    expect(lost[0]?.restartMs).toBeGreaterThanOrEqual(100)
    expect(lost[0]?.restartMs).toBeLessThanOrEqual(200)
    await clock.advance(200)
    await expect.poll(() => lost, { timeout: 10_000 }).toHaveLength(2)
    expect(lost[1]?.restartMs).toBeGreaterThanOrEqual(200)
    expect(story).toEqual(['seat 1 taken', 'seat 1 left', 'lost', 'seat 2 taken', 'seat 2 left', 'lost'])
    mkdirSync(directory)
    await clock.advance(400)
    await expect.poll(events, { timeout: 10_000 }).toContain('metric.draining')
    await handle.leave()
    expect(lost).toHaveLength(2)
  })

  it('that waits to be started again leaves at once', async () => {
    const { story, lost, handle } = startWorker(initOf(join(temporaryDirectory(), 'gone', 'locks.sqlite')))
    await expect.poll(() => lost, { timeout: 10_000 }).toHaveLength(1)
    await handle.leave()
    expect(story.at(-1)).toBe('lost')
  })

  it('that misses three beats is told of as stuck, ended, and started again', async () => {
    const { handle, clock, story, lost, events } = startWorker(initOf(spoolWith('{}')))
    const lookThrice = () => [1, 2, 3].forEach(() => handle.look())
    await expect.poll(events, { timeout: 10_000 }).toContain('metric.drained')
    await clock.advance(15_000)
    lookThrice()
    expect(story).not.toContain('stuck')
    await clock.advance(1)
    lookThrice()
    await expect.poll(() => story, { timeout: 10_000 }).toContain('lost')
    expect(story.slice(1)).toEqual(['stuck', 'seat 1 left', 'lost'])
    expect(lost[0]?.error.code).toBe('worker_stuck')
  })

  it('whose words wait because the main thread stood still is not taken for stuck', async () => {
    const { handle, clock, story, events, messages } = startWorker(initOf(spoolWith('{}')))
    await expect.poll(events, { timeout: 10_000 }).toContain('metric.drained')
    await clock.advance(60_000)
    handle.post({ type: 'evict', bytes: 1, reason: 'disk_low' })
    handle.look()
    handle.look()
    await expect.poll(() => messages.map(({ type }) => type)).toContain('evicted')
    handle.look()
    await clock.advance(15_000)
    handle.look()
    expect(story).not.toContain('stuck')
  })

  it('says after a stop that no run is in flight, and goes on delivering', async () => {
    const { handle, messages } = startWorker(initOf(spoolWith('{}')))
    handle.post({ type: 'stop' })
    await expect.poll(() => messages.map(({ type }) => type), { timeout: 10_000 }).toContain('stopped')
    handle.post({ type: 'evict', bytes: 1_000, reason: 'spool_total' })
    await expect.poll(() => messages.map(({ type }) => type), { timeout: 10_000 }).toContain('evicted')
  })
})
