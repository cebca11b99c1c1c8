// What streams sent before a restart: on a real file, and in a shipper that starts with it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSentMemory } from '../../src/shipper/sent-memory.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { shipperBench } from './shipper-bench.ts'

const pushBytes = 192 * 1024
const heavyBytes = 1_200_000

function memoryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-sent-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'sent.json')
}

describe('a memory of what was sent', () => {
  it('is there after a restart, with its age, and forgets after 15 minutes', async () => {
    const [path, clock] = [memoryFile(), new FakeClock()]
    openSentMemory(path, clock).note('a', pushBytes)
    await clock.advance(900_000)
    expect(openSentMemory(path, clock).recall('a')).toEqual({ bytes: pushBytes, ageMs: 900_000 })
    await clock.advance(1)
    expect(openSentMemory(path, clock).recall('a')).toBeUndefined()
  })

  it('writes once for each push worth of bytes', () => {
    const [path, clock] = [memoryFile(), new FakeClock()]
    const memory = openSentMemory(path, clock)
    memory.note('a', pushBytes - 1)
    expect(openSentMemory(path, clock).recall('a')).toBeUndefined()
    memory.note('a', pushBytes)
    memory.note('a', 2 * pushBytes - 1)
    expect(openSentMemory(path, clock).recall('a')?.bytes).toBe(pushBytes)
    memory.note('a', 2 * pushBytes)
    expect(openSentMemory(path, clock).recall('a')?.bytes).toBe(2 * pushBytes)
  })

  it('is written again after 10 s where the note before tells as much, or of a heavy stream', async () => {
    const [path, clock] = [memoryFile(), new FakeClock()]
    const memory = openSentMemory(path, clock)
    const recalled = () => openSentMemory(path, clock).recall('a')
    memory.note('a', 2 * heavyBytes)
    await clock.advance(9_999)
    memory.note('a', 3 * heavyBytes)
    expect(recalled()).toEqual({ bytes: 2 * heavyBytes, ageMs: 9_999 })
    await clock.advance(1)
    memory.note('a', 3 * heavyBytes)
    expect(recalled()).toEqual({ bytes: 3 * heavyBytes, ageMs: 0 })
    memory.note('a', heavyBytes)
    expect(recalled()).toEqual({ bytes: heavyBytes, ageMs: 0 })
    await clock.advance(10_000)
    memory.note('a', heavyBytes + 1)
    expect(recalled()).toEqual({ bytes: heavyBytes + 1, ageMs: 0 })
  })

  it('begins anew where its file is cut or says something else', () => {
    const [path, clock] = [memoryFile(), new FakeClock()]
    for (const text of ['[["a",{"bytes":1', '{}', '[["a",{"bytes":"many","atMs":1}]]', '[7]']) {
      writeFileSync(path, text)
      const memory = openSentMemory(path, clock)
      expect(memory.recall('a')).toBeUndefined()
    }
    openSentMemory(path, clock).note('a', pushBytes)
    expect(readFileSync(path, 'utf8')).toContain('"a"')
  })

  it('costs nothing else where its file cannot be written', () => {
    const memory = openSentMemory('/proc/no/such/file', new FakeClock())
    expect(() => memory.note('a', pushBytes)).not.toThrow()
  })
})

describe('D-18: a stream that was heavy before this start', () => {
  const remembering = (bytes: number) => ({
    sentMemory: { recall: () => ({ bytes, ageMs: 60_000 }), note: () => {} },
  })

  it('holds what waits since then until 20 s after Loki said that it is ready', async () => {
    const { clock, worker, sentMs } = shipperBench(remembering(heavyBytes + 1))
    worker('heavy', 1_000)
    await clock.advance(19_999)
    expect(sentMs('heavy')).toEqual([])
    await clock.advance(1)
    expect(sentMs('heavy')).toEqual([20_000])
  })

  it('holds it no longer where there are several', async () => {
    const { clock, worker, sentMs } = shipperBench(remembering(heavyBytes + 1))
    worker('heavy', 1_000)
    await clock.advance(500)
    worker('too', 1_000)
    await clock.advance(19_500)
    expect([sentMs('heavy'), sentMs('too')]).toEqual([[20_000], [20_000]])
  })

  it('goes at once where it sent no more than a light one', async () => {
    const { clock, worker, sentMs } = shipperBench(remembering(heavyBytes))
    worker('light', 1_000)
    await clock.advance(1)
    expect(sentMs('light')).toEqual([0])
  })

  it('holds nothing where nothing waited: new rows were never sent', async () => {
    const { clock, worker, sentMs } = shipperBench(remembering(heavyBytes + 1))
    const late = worker('heavy')
    late.tell()
    late.add(1_000)
    await clock.advance(1)
    expect(sentMs('heavy')).toEqual([0])
  })
})
