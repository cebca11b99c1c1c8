import { describe, expect, it } from 'vitest'
import { Gate, type OutletEvents } from '../../src/kit/log-gate.ts'
import { FakeClock } from '../support/fake-clock.ts'

type Opened = { readonly lines: string[]; readonly events: OutletEvents; isClosed: boolean }

/** An outlet that holds its lines until the test takes them, as a slow disk or a Loki that is away does. */
function setUp(settings: { maxWaitingBytes: number; maxSilenceMs?: number }) {
  const clock = new FakeClock()
  const opened: Opened[] = []
  const gate = new Gate({ clock, restMs: 60_000, name: 'Loki', ...settings }, (events) => {
    const outlet: Opened = { lines: [], events, isClosed: false }
    opened.push(outlet)
    return {
      write: (line) => void outlet.lines.push(line),
      close: async () => {
        outlet.isClosed = true
      },
    }
  })
  return { clock, gate, opened }
}

const tenBytes = '{"a": 12}\n'

describe('the gate before a log outlet', () => {
  it('opens its outlet with the first line and passes lines on', () => {
    const { gate, opened } = setUp({ maxWaitingBytes: 100 })
    expect(opened).toHaveLength(0)
    gate.write(tenBytes)
    opened[0]?.events.taken(1)
    expect(opened[0]?.lines).toEqual([tenBytes])
    expect(gate.counts()).toEqual({ waitingLines: 0, waitingBytes: 0, taken: 1, leftOut: 0 })
  })

  it('takes lines up to its bound and leaves out the next one', () => {
    const { gate } = setUp({ maxWaitingBytes: 100 })
    for (let count = 0; count < 10; count += 1) gate.write(tenBytes)
    expect(gate.counts()).toEqual({ waitingLines: 10, waitingBytes: 100, taken: 0, leftOut: 0 })
    gate.write(tenBytes)
    expect(gate.counts()).toEqual({ waitingLines: 10, waitingBytes: 100, taken: 0, leftOut: 1 })
  })

  it('says in one line how many are missing once half of the room is free again', () => {
    const { gate, opened } = setUp({ maxWaitingBytes: 100 })
    for (let count = 0; count < 1_000; count += 1) gate.write(tenBytes)
    opened[0]?.events.taken(5)
    gate.write(tenBytes)
    expect(gate.counts().leftOut).toBe(991)
    opened[0]?.events.taken(1)
    gate.write(tenBytes)
    expect(opened[0]?.lines.slice(10).map(parsed)).toEqual([
      {
        level: 'warn',
        time: '2026-01-02T03:04:05.000Z',
        event: 'log.left_out',
        msg: '991 log lines missing here, for Loki did not take them',
      },
      { a: 12 },
    ])
  })

  it('leaves a failed outlet alone for a minute, counts its lines, and opens a new one', async () => {
    const { clock, gate, opened } = setUp({ maxWaitingBytes: 100 })
    gate.write(tenBytes)
    gate.write(tenBytes)
    opened[0]?.events.failed(new Error('Server returned HTTP 400'))
    expect(opened[0]?.isClosed).toBe(true)
    await clock.advance(59_999)
    gate.write(tenBytes)
    expect(opened).toHaveLength(1)
    await clock.advance(1)
    gate.write(tenBytes)
    expect(opened[1]?.lines[0]).toContain(
      '"3 log lines missing here, for Loki did not take them: Server returned HTTP 400"',
    )
    expect(opened[1]?.lines[1]).toBe(tenBytes)
    expect(gate.counts()).toMatchObject({ waitingLines: 2, taken: 0, leftOut: 3 })
  })

  it('does not listen to an outlet that has failed', () => {
    const { gate, opened } = setUp({ maxWaitingBytes: 100 })
    gate.write(tenBytes)
    opened[0]?.events.failed(new Error('gone'))
    opened[0]?.events.failed(new Error('gone'))
    opened[0]?.events.taken(1)
    expect(gate.counts()).toEqual({ waitingLines: 0, waitingBytes: 0, taken: 0, leftOut: 1 })
  })

  it('holds an outlet that takes nothing for longer than its silence for failed', async () => {
    const { clock, gate, opened } = setUp({ maxWaitingBytes: 100, maxSilenceMs: 60_000 })
    gate.write(tenBytes)
    await clock.advance(60_000)
    gate.write(tenBytes)
    expect(opened[0]?.isClosed).toBe(false)
    await clock.advance(1)
    gate.write(tenBytes)
    expect(opened[0]?.isClosed).toBe(true)
    expect(gate.counts()).toMatchObject({ waitingLines: 0, leftOut: 3 })
  })

  it('does not take quiet hours for silence', async () => {
    const { clock, gate, opened } = setUp({ maxWaitingBytes: 100, maxSilenceMs: 60_000 })
    gate.write(tenBytes)
    opened[0]?.events.taken(1)
    await clock.advance(3_600_000)
    gate.write(tenBytes)
    gate.write(tenBytes)
    expect(gate.counts()).toMatchObject({ waitingLines: 2, leftOut: 0 })
  })

  it('says what is missing before it closes', async () => {
    const { gate, opened } = setUp({ maxWaitingBytes: 10 })
    gate.write(tenBytes)
    gate.write(tenBytes)
    await gate.close(AbortSignal.timeout(1_000))
    expect(opened[0]?.lines[1]).toContain('1 log line missing here')
    expect(opened[0]?.isClosed).toBe(true)
  })
})

function parsed(text: string): unknown {
  return JSON.parse(text)
}
