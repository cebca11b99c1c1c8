import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PushedEntry } from '../../../src/demo/receiver/push-request.ts'
import { EntryStore, type StoredStream } from '../../../src/demo/receiver/store.ts'

const always = { startNs: 0n, endNs: 2n ** 62n }

function opened(maxBytes: number, file = ':memory:'): EntryStore {
  const store = new EntryStore(file, maxBytes)
  onTestFinished(() => store.close())
  return store
}

function streamIn(store: EntryStore, job = 'x'): StoredStream {
  return store.addStream('fake', { labels: [['job', job]], text: `{job="${job}"}` })
}

/** Of ten bytes, two of which are its metadata. */
function entry(at: number): PushedEntry {
  return { atNs: BigInt(at), line: `${at}`.padStart(8, '-'), lineBytes: 8, metadata: [] }
}

function lines(store: EntryStore, stream: StoredStream): string[] {
  return store.entries(stream, always).map(({ line }) => line.replaceAll('-', ''))
}

describe('what the receiver holds', () => {
  it('stays up to its bound, and loses the oldest taken one past it', () => {
    const store = opened(30)
    const stream = streamIn(store)
    store.append(stream, [entry(3), entry(1), entry(2)])
    expect([lines(store, stream), store.bytes]).toEqual([['1', '2', '3'], 30])
    store.append(stream, [entry(4)])
    expect([lines(store, stream), store.bytes]).toEqual([['1', '2', '4'], 30])
  })

  it('is the newest of a push that is larger than all of it', () => {
    const store = opened(25)
    const stream = streamIn(store)
    store.append(stream, [entry(1), entry(2), entry(3), entry(4)])
    expect([lines(store, stream), store.bytes]).toEqual([['3', '4'], 20])
  })

  it('goes over all streams, oldest first', () => {
    const store = opened(20)
    const [one, two] = [streamIn(store, 'one'), streamIn(store, 'two')]
    store.append(one, [entry(1)])
    store.append(two, [entry(2), entry(3)])
    expect([lines(store, one), lines(store, two)]).toEqual([[], ['2', '3']])
    expect(store.newest(one)).toBeUndefined()
  })

  it('keeps nanoseconds, metadata and repeats', () => {
    const store = opened(1_000)
    const stream = streamIn(store)
    const atNs = 1_790_000_000_123_456_789n
    const one = { ...entry(1), atNs, metadata: [['run_id', 'é"']] } as const
    store.append(stream, [one, one])
    expect(store.entries(stream, { startNs: atNs, endNs: atNs + 1n })).toEqual([one, one])
    expect(store.entries(stream, { startNs: atNs - 1n, endNs: atNs })).toEqual([])
    expect([store.count('fake'), store.count('other')]).toEqual([2, 0])
  })

  it('is there again in the next process', () => {
    const directory = mkdtempSync(join(tmpdir(), 'rowtail-store-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'loki.sqlite')
    const first = new EntryStore(file, 100)
    const stream = streamIn(first)
    first.append(stream, [entry(5), entry(4)])
    first.close()
    const second = opened(100, file)
    expect(second.streams('fake')).toEqual([stream])
    expect(second.newest(stream)).toEqual({ last: entry(4), highestNs: 5n })
    expect(second.bytes).toBe(20)
  })
})
