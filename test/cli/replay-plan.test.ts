import { describe, expect, it } from 'vitest'
import { batchesOf, revive } from '../../src/cli/replay-plan.ts'
import { lokiCodec } from '../../src/sinks/loki/codec.ts'
import type { LetterRecord } from '../../src/spool/reader.ts'
import { maxChunkBytes } from '../../src/spool/types.ts'

const minuteNs = 60n * 1_000_000_000n
const nowNs = 1_764_000_000_000_000_000n

type Given = { line?: string; metadata?: [string, string][]; id?: number }

function letterAt(atNs: bigint, { line = 'x', metadata = [], id = 1 }: Given = {}): LetterRecord {
  const encoder = lokiCodec.encoderOf(metadata)
  const bytes = Buffer.from(line)
  const out = new Uint8Array(encoder.maxEncodedBytes(bytes.length))
  const entry = out.slice(0, encoder.encode(atNs, bytes, out, 0))
  return { id, stream: 1, reason: 'other', said: '', entry }
}

function revived(letters: readonly LetterRecord[], lastNs = nowNs - minuteNs) {
  return revive(letters, { nowNs, lastNs }, lokiCodec).map(({ entry }) => lokiCodec.decode(entry))
}

describe('a dead letter that is put back', () => {
  it('keeps its time and its bytes where Loki takes them', () => {
    const letter = letterAt(nowNs - 5n * minuteNs)
    expect(revive([letter], { nowNs, lastNs: nowNs }, lokiCodec)).toEqual([
      { letter, atNs: nowNs - 5n * minuteNs, entry: letter.entry, isRestamped: false },
    ])
  })

  it('gets a new time, and keeps its first, at 50 minutes behind its stream and not before', () => {
    const lastNs = nowNs - 10n * minuteNs
    const [kept, stamped] = revived(
      [letterAt(lastNs - 50n * minuteNs + 1n), letterAt(lastNs - 50n * minuteNs)],
      lastNs,
    )
    expect(kept).toMatchObject({ atNs: lastNs - 50n * minuteNs + 1n, metadata: [] })
    expect(stamped).toMatchObject({
      atNs: nowNs,
      metadata: [['ts_original', String(lastNs - 50n * minuteNs)]],
    })
  })

  it('gets a new time where it is too old for Loki, or of the future', () => {
    const oldNs = nowNs - (7n * 24n - 1n) * 60n * minuteNs
    expect(revived([letterAt(oldNs), letterAt(oldNs + 1n)], 0n).map(({ atNs }) => atNs)).toEqual([
      oldNs + 1n,
      nowNs,
    ])
    const aheadNs = nowNs + 5n * minuteNs
    expect(revived([letterAt(aheadNs), letterAt(aheadNs - 1n)], 0n).map(({ atNs }) => atNs)).toEqual([
      aheadNs - 1n,
      nowNs,
    ])
  })

  it('has one first time however often it is stamped anew', () => {
    const metadata: [string, string][] = [['ts_original', '5']]
    expect(revived([letterAt(7n, { metadata })])).toMatchObject([{ atNs: nowNs, metadata }])
  })

  it('is stamped behind the newest entry of its stream, each with a time of its own', () => {
    const lastNs = nowNs + minuteNs
    expect(revived([letterAt(9n), letterAt(3n)], lastNs)).toMatchObject([
      { atNs: lastNs + 1n, metadata: [['ts_original', '3']] },
      { atNs: lastNs + 2n, metadata: [['ts_original', '9']] },
    ])
  })
})

describe('chunks of dead letters', () => {
  const chunksOf = (letters: readonly LetterRecord[]) =>
    batchesOf(1, revive(letters, { nowNs, lastNs: 0n }, lokiCodec))

  it('hold 192 KiB and not a byte more', () => {
    const overhead = letterAt(nowNs - 2n).entry.length - 1
    const [half, rest] = [Math.floor(maxChunkBytes / 2), Math.ceil(maxChunkBytes / 2)]
    // A length above 16,383 takes one more byte twice, in the line's frame and in the entry's.
    const lineOf = (bytes: number) => 'x'.repeat(bytes - overhead - 4)
    const both = (extra: number) => [
      letterAt(nowNs - 2n, { line: lineOf(half) }),
      letterAt(nowNs - 1n, { line: lineOf(rest + extra), id: 2 }),
    ]
    const [chunk, ...more] = chunksOf(both(0))
    expect(more).toHaveLength(0)
    expect(chunk?.chunk).toMatchObject({ entries: 2, firstNs: nowNs - 2n, lastNs: nowNs - 1n })
    expect(chunk?.chunk.body.byteLength).toBe(maxChunkBytes)
    expect(chunksOf(both(1)).map(({ letters }) => letters.map(({ id }) => id))).toEqual([[1], [2]])
  })

  it('span 15 minutes and not a nanosecond more', () => {
    const pair = (spanNs: bigint) => [letterAt(nowNs - spanNs), letterAt(nowNs)]
    expect(chunksOf(pair(15n * minuteNs))).toHaveLength(1)
    expect(chunksOf(pair(15n * minuteNs + 1n))).toHaveLength(2)
  })
})
